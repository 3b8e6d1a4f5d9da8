// How a failure of the addon becomes an error: class, names of errnos, the chain of causes, the advice.
import test from 'ava'
import { EbpfError } from 'ayajs'
import { nameOfErrno, toError, type Failure } from '../../dist/failure.js'

const names: [errno: number, name: string][] = [
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [9, 'EBADF'],
  [22, 'EINVAL'],
  [95, 'EOPNOTSUPP'],
  [512, 'ERESTARTSYS'],
  [524, 'ENOTSUPP'],
  [9999, 'errno 9999'],
]

for (const [errno, name] of names) {
  test(`errno ${errno} is called ${name}`, (t) => {
    t.is(nameOfErrno(errno), name)
  })
}

test('errno 11 is called EAGAIN, for which Node has a second name', (t) => {
  t.is(nameOfErrno(11), 'EAGAIN')
})

test('codes of Node become its classes, with the message as it is', (t) => {
  const range = toError({ code: 'ERR_OUT_OF_RANGE', message: 'The key must be 4 bytes large' })
  const value = toError({ code: 'ERR_INVALID_ARG_VALUE', message: 'must not be empty' })
  t.deepEqual(
    [range, value].map((error) => [error.constructor, (error as NodeJS.ErrnoException).code, error.message]),
    [
      [RangeError, 'ERR_OUT_OF_RANGE', 'The key must be 4 bytes large'],
      [TypeError, 'ERR_INVALID_ARG_VALUE', 'must not be empty'],
    ],
  )
})

test('an EbpfError has all that the addon tells, errno negative and named', (t) => {
  const error = fail({
    code: 'ERR_EBPF_MAP',
    message: 'cannot look up in map "ring": Unknown error 524 (os error 524)',
    syscall: 'BPF_MAP_LOOKUP_ELEM',
    errno: -524,
    map: 'ring',
  })
  const { code, syscall, errno, errnoName, map } = error
  t.deepEqual([code, syscall, errno, errnoName, map], ['ERR_EBPF_MAP', 'BPF_MAP_LOOKUP_ELEM', -524, 'ENOTSUPP', 'ring'])
  t.true(error.message.startsWith('Cannot look up in map "ring": Operation is not supported (ENOTSUPP). '))
  t.false('cause' in error)
  t.false('path' in error)
})

test('an errno that the C library does not know is said the same with each of them', (t) => {
  for (const text of ['Unknown error 524', 'No error information'])
    t.regex(
      fail({ code: 'ERR_EBPF_MAP', message: `no: ${text} (os error 524)` }).message,
      /^No: Operation is not supported \(ENOTSUPP\)/,
    )
})

test('causes become a chain, without the one that ends the message', (t) => {
  const error = fail({
    code: 'ERR_EBPF_MAP',
    message: 'cannot open x: map error: failed to create map: Invalid argument (os error 22)',
    causes: ['map error', 'failed to create map', 'Invalid argument (os error 22)'],
  })
  t.deepEqual(chain(error), ['map error', 'failed to create map'])
})

test('names of errnos replace numbers in causes, too', (t) => {
  const error = fail({ code: 'ERR_EBPF_LOAD', message: 'refused', causes: ['Permission denied (os error 13)'] })
  t.deepEqual(chain(error), ['Permission denied (EACCES)'])
})

/** The ends of messages: what to do next. */
const remedies: [title: string, failure: Partial<Failure>, end: string][] = [
  [
    'capabilities that are missing are named',
    { code: 'ERR_EBPF_PERMISSION', errno: -1, missingCapabilities: ['CAP_BPF', 'CAP_NET_ADMIN'] },
    'This process lacks CAP_BPF and CAP_NET_ADMIN: run it as root, or give it the capabilities.',
  ],
  [
    'EPERM on attaching, with the capabilities, points at other programs',
    { code: 'ERR_EBPF_ATTACH', errno: -1 },
    'The process has the capabilities: what is attached to this cgroup, or above it, forbids it (single programs forbid all others below; links and AllowMultiple exclude the other modes). See: bpftool cgroup tree.',
  ],
  [
    'EINVAL on attaching points at verdicts and old kernels',
    { code: 'ERR_EBPF_ATTACH', errno: -22 },
    'Known reasons: a program that may return more than 0 and 1 attached as Ingress; the same program attached twice in one mode; an anchor of the other kind, or not attached here; preorder beside an anchor without it.',
  ],
  [
    'another errno on attaching gets the advice of the table',
    { code: 'ERR_EBPF_ATTACH', errno: -12 },
    'Look at `errnoName`, and at what is attached already: bpftool cgroup tree.',
  ],
  [
    'E2BIG on attaching tells the limit',
    { code: 'ERR_EBPF_ATTACH', errno: -7 },
    'A cgroup takes at most 64 programs for one direction.',
  ],
  [
    'ENOENT on attaching tells that the cgroup has gone',
    { code: 'ERR_EBPF_ATTACH', errno: -2 },
    'The cgroup has been removed.',
  ],
  [
    'a refusal without a log tells why there is none',
    { code: 'ERR_EBPF_LOAD', errno: -22 },
    'There is no verifier log: with verifierLogLevel 0 the kernel gives no reason, and EINVAL for whatever it is.',
  ],
  [
    'EPERM on loading, with the capabilities and without a log, points at the kernel',
    { code: 'ERR_EBPF_LOAD', errno: -1 },
    'The process has the capabilities: the kernel itself forbids this kind of program here (how it was built, lockdown, an LSM, or a user namespace).',
  ],
  [
    'EPERM of the verifier points at its log',
    { code: 'ERR_EBPF_LOAD', errno: -1, verifierLog: 'not allowed\n' },
    'Read `verifierLog`: its last lines tell the reason.',
  ],
  [
    'an object that is being loaded points at the promise',
    { code: 'ERR_EBPF_BUSY' },
    'Await the promise of loadAsync() first.',
  ],
  [
    'a ring buffer that has a reader points at that, whose loop may have been left',
    { code: 'ERR_EBPF_BUSY', map: 'events' },
    'Read with the object that reads already, or close() that: it stays the reader when its loop has been left.',
  ],
  [
    'an id that the kernel does not have may never have been one',
    { code: 'ERR_EBPF_NOT_FOUND', errno: -2, syscall: 'BPF_MAP_GET_FD_BY_ID' },
    'There is none, or not any more: bpftool map show, bpftool prog show and bpftool link show list what there is.',
  ],
  ...(['ERR_EBPF_FILE', 'ERR_EBPF_MAP', 'ERR_EBPF_SYSCALL'] as const).map(
    (code): [string, Partial<Failure>, string] => [
      `${code} for want of descriptors tells the limit`,
      { code, errno: -24 },
      'The process has as many descriptors as it may have: close what is not needed any more, or raise the limit (ulimit -n).',
    ],
  ),
  [
    'a system without descriptors tells its limit',
    { code: 'ERR_EBPF_MAP', errno: -23, syscall: 'BPF_MAP_CREATE' },
    'The system has as many open files as it may have: close what is not needed any more, or raise the limit (sysctl fs.file-max).',
  ],
  [
    'a code without more exact knowledge gets the advice of the table',
    { code: 'ERR_EBPF_CLOSED' },
    'It can be used no more: keep it open for as long as it is needed.',
  ],
]

for (const [title, failure, end] of remedies) {
  test(title, (t) => {
    const { message } = fail({ code: '', message: 'the fact', ...failure })
    t.true(message.startsWith('The fact'), message)
    t.true(message.endsWith(`. ${end}`), message)
  })
}

const reasons: [title: string, failure: Partial<Failure>, fact: string][] = [
  ['the errno and the reason', { errno: -13, verifierLog: 'R1 is wrong\nprocessed 2 insns\n' }, 'EACCES: R1 is wrong'],
  ['the errno alone where there is no log', { errno: -7 }, 'E2BIG'],
  ['the reason alone where there is no errno', { verifierLog: 'R1 is wrong' }, 'R1 is wrong'],
  ['one full stop after a reason that has its own', { verifierLog: 'R1 is wrong.' }, 'R1 is wrong'],
]

for (const [title, failure, fact] of reasons) {
  test(`the message of a refused program has ${title}`, (t) => {
    const { message } = fail({ code: 'ERR_EBPF_LOAD', message: 'the kernel refused program "p"', ...failure })
    t.true(message.startsWith(`The kernel refused program "p": ${fact}. `), message)
  })
}

function fail(failure: Failure): EbpfError {
  const error = toError(failure)
  if (!(error instanceof EbpfError)) throw error
  return error
}

function chain(error: Error): string[] {
  return error.cause instanceof Error ? [error.cause.message, ...chain(error.cause)] : []
}
