// `ayajs/native` used alone, without the checks and the error factory of the TypeScript layer: it is safe all the same.
import { closeSync, openSync, readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import * as native from 'ayajs/native'
import { makeCgroup } from '../helpers/cgroup.ts'
import { commandOf, startChild } from '../helpers/children.ts'
import { fixturePath } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import type { Report } from '../helpers/native-abuse.ts'
import { pageSize } from '../helpers/page-size.ts'

leaveNothingBehind(test)

function open(t: ExecutionContext, fixture: string): native.Ebpf {
  const ebpf = new native.EbpfLoader().load(readFileSync(fixturePath(fixture)))
  t.teardown(() => ebpf.close())
  return ebpf
}

function programOf(ebpf: native.Ebpf, name: string): native.CgroupSkb {
  const program = ebpf.program(name)
  if (program === null) throw new Error(`the object has no program ${name}`)
  return native.CgroupSkb.tryFrom(program)
}

test('every export of ayajs/native survives every wrong argument and every wrong receiver', async (t) => {
  const child = startChild(t, commandOf('./native-abuse.ts'))
  const { calls, called, odd } = await child.next<Report>()
  t.deepEqual(await child.ended, { code: 0, signal: null, stderr: '' })
  t.deepEqual(odd, [])
  t.log(`${calls} calls of ${called.length} functions`)
  for (const name of [
    'EbpfLoader.prototype.load',
    'EbpfLoader.prototype.mapPinPath',
    'MapData.prototype.element',
    'elementFunctions',
    'elements.lookup',
    'RingReader.prototype.drain',
    'setRingWaker',
    'new Program',
  ]) {
    t.true(called.includes(name), name)
  }
})

/** Where the stack ends, napi-rs makes errors of errors, each deeper in the stack, until the process is ended. */
/** A fourth of Node's own: an error factory that fails is called at every depth from every depth. */
const shortStackKiB = 256

const deep = [
  { what: 'a call of ayajs that gives a class', declare: test },
  { what: 'a call of ayajs/native that refuses its argument', declare: test },
  { what: 'a failing call of ayajs', declare: test },
  { what: 'a failing call of ayajs/native alone', declare: test },
  { what: 'an error factory that fails itself', declare: test },
  { what: 'an error factory whose error is its own cause', declare: test },
]

for (const { what, declare } of deep) {
  declare(`${what} does not end the process at the end of the stack`, async (t) => {
    const [node = '', ...args] = commandOf('./deep-stack.ts', what)
    const child = startChild(t, [node, `--stack-size=${shortStackKiB}`, ...args])
    const { code, signal } = await child.ended
    t.deepEqual({ code, signal }, { code: 0, signal: null })
  })
}

const numbers = [NaN, -1, 3.9, 4294967299, Infinity, -Infinity, 2 ** 53]

const takesNumbers: readonly { what: string; call: (program: native.CgroupSkb, value: number) => unknown }[] = [
  { what: 'the descriptor of CgroupSkb.attach', call: (program, value) => program.attach(value, 'Egress') },
  { what: 'the repeat of CgroupSkb.testRun', call: (program, value) => program.testRun(new Uint8Array(60), value) },
  {
    what: 'the count of EbpfLoader.mapMaxEntries',
    call: (_, value) => new native.EbpfLoader().mapMaxEntries('m', value),
  },
  {
    what: 'the level of EbpfLoader.verifierLogLevel',
    call: (_, value) => new native.EbpfLoader().verifierLogLevel(value),
  },
  { what: 'the id of MapData.fromId', call: (_, value) => native.MapData.fromId(value) },
  { what: 'the descriptor of MapData.fromFd', call: (_, value) => native.MapData.fromFd(value) },
  { what: 'a size of MapData.create', call: (_, value) => native.MapData.create({ ...hash, keySize: value }) },
]

const hash = { mapType: 'Hash', keySize: 4, valueSize: 4, maxEntries: 1 }

for (const { what, call } of takesNumbers) {
  test(`ayajs/native throws a RangeError for wrong numbers as ${what}, and cuts none to size`, (t) => {
    const program = programOf(open(t, 'cgroup_skb'), 'count_egress')
    program.load()
    for (const value of numbers) {
      const error = t.throws(
        () => call(program, value),
        { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' },
        `${value}`,
      )
      t.regex(error?.message ?? '', /must be an integer >= \d+ && <= \d+\. Received/)
    }
  })
}

test('ayajs/native does not take descriptor 2^32 + n for descriptor n', (t) => {
  const fd = openSync(makeCgroup(t).path, 'r')
  t.teardown(() => closeSync(fd))
  const program = programOf(open(t, 'cgroup_skb'), 'count_egress')
  program.load()
  t.throws(() => program.attach(2 ** 32 + fd, 'Egress'), { code: 'ERR_OUT_OF_RANGE' })
  t.is(program.linkCount(), 0)
})

const takesText: Readonly<Record<string, (loader: native.EbpfLoader, text: string) => unknown>> = {
  readObject: (_, text) => native.readObject(text),
  'readObject with bytes': (_, text) => native.readObject(Buffer.from(text)),
  readObjectAsync: (_, text) => native.readObjectAsync(text),
  objectNames: (_, text) => native.objectNames(new Uint8Array(), text),
  'Btf.parseFile': (_, text) => native.Btf.parseFile(text),
  'EbpfLoader.load': (loader, text) => loader.load(new Uint8Array(), text),
  'EbpfLoader.loadAsync': (loader, text) => loader.loadAsync(new Uint8Array(), text),
  'EbpfLoader.defaultMapPinDirectory': (loader, text) => loader.defaultMapPinDirectory(text),
  'EbpfLoader.mapPinPath, the name': (loader, text) => loader.mapPinPath(text, '/sys/fs/bpf/x'),
  'EbpfLoader.mapPinPath, the path': (loader, text) => loader.mapPinPath('packets', text),
  'EbpfLoader.mapMaxEntries': (loader, text) => loader.mapMaxEntries(text, 1),
  'EbpfLoader.overrideGlobal': (loader, text) => loader.overrideGlobal(text, new Uint8Array(8), true),
  'MapData.fromPin': (_, text) => native.MapData.fromPin(text),
  'MapData.create, the name': (_, text) => native.MapData.create({ ...hash, name: text }),
  'EbpfLoader.extension': (loader, text) => loader.extension(text),
}

for (const [what, call] of Object.entries(takesText)) {
  test(`ayajs/native throws a TypeError for a NUL byte in ${what}`, (t) => {
    for (const text of ['\0', 'a\0', '\0a', 'a\0b']) {
      t.throws(() => call(new native.EbpfLoader(), text), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' })
    }
  })
}

test('ayajs/native finds nothing under a name with a NUL byte', (t) => {
  const ebpf = open(t, 'cgroup_skb')
  t.is(ebpf.program('count_egress\0'), null)
  t.is(ebpf.map('packets\0'), null)
  t.is(ebpf.takeMap('packets\0'), null)
})

interface Failing {
  readonly what: string
  readonly expected: { readonly code: string; readonly errno?: number; readonly syscall?: string }
  readonly fail: (t: ExecutionContext) => unknown
}

const failing: readonly Failing[] = [
  {
    what: 'a file that is not there',
    expected: { code: 'ERR_EBPF_FILE', errno: -2, syscall: 'open' },
    fail: () => native.readObject('/nonexistent'),
  },
  {
    what: 'a file that is not there, on another thread',
    expected: { code: 'ERR_EBPF_FILE', errno: -2, syscall: 'open' },
    fail: () => native.readObjectAsync('/nonexistent'),
  },
  {
    what: 'bytes that are no object',
    expected: { code: 'ERR_EBPF_PARSE' },
    fail: () => new native.EbpfLoader().load(new Uint8Array(100)),
  },
  {
    what: 'a descriptor that is not open',
    expected: { code: 'ERR_EBPF_ATTACH', errno: -9, syscall: 'BPF_LINK_CREATE' },
    fail: (t) => {
      const program = programOf(open(t, 'cgroup_skb'), 'count_egress')
      program.load()
      program.attach(2 ** 31 - 1, 'Egress')
    },
  },
  {
    what: 'a program that the verifier refuses',
    expected: { code: 'ERR_EBPF_LOAD', errno: -13, syscall: 'BPF_PROG_LOAD' },
    fail: (t) => programOf(open(t, 'refused'), 'bad_access').load(),
  },
  {
    what: 'a program that the verifier refuses, on another thread',
    expected: { code: 'ERR_EBPF_LOAD', errno: -13, syscall: 'BPF_PROG_LOAD' },
    fail: (t) => programOf(open(t, 'refused'), 'bad_access').loadAsync(),
  },
  {
    what: 'a packet that the kernel refuses',
    expected: { code: 'ERR_EBPF_TEST_RUN', errno: -22, syscall: 'BPF_PROG_TEST_RUN' },
    fail: (t) => {
      const program = programOf(open(t, 'cgroup_skb'), 'count_egress')
      program.load()
      program.testRun(new Uint8Array(13), 1)
    },
  },
  {
    what: 'a program that is not loaded',
    expected: { code: 'ERR_EBPF_NOT_LOADED' },
    fail: (t) => programOf(open(t, 'cgroup_skb'), 'count_egress').attach(0, 'Egress'),
  },
  {
    what: 'an object that is closed',
    expected: { code: 'ERR_EBPF_CLOSED' },
    fail: (t) => {
      const ebpf = open(t, 'cgroup_skb')
      ebpf.close()
      ebpf.programNames()
    },
  },
]

for (const { what, expected, fail } of failing) {
  test(`ayajs/native alone throws a plain Error with code, errno and syscall for ${what}`, async (t) => {
    const error = await t.throwsAsync(async () => fail(t))
    t.is(error?.constructor, Error)
    const { code, errno, syscall } = error as NodeJS.ErrnoException
    t.deepEqual({ code, errno, syscall }, { errno: undefined, syscall: undefined, ...expected })
  })
}

test('ayajs/native refuses an index that shares memory with the records', (t) => {
  const ring = native.MapData.create({ mapType: 'RingBuf', keySize: 0, valueSize: 0, maxEntries: pageSize })
  t.teardown(() => ring.close())
  const reader = native.RingReader.open(ring)
  const memory = new ArrayBuffer(64)
  const error = { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' }
  t.throws(() => reader.drain(new Uint8Array(memory, 0, 40), 1, new Uint32Array(memory, 36)), error)
  t.is(reader.drain(new Uint8Array(memory, 0, 40), 1, new Uint32Array(memory, 40)), 0)
})
