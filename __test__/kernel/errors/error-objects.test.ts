// Errors as objects: stacks that lead to the caller, causes, what is printed, and errors of another copy of the package.
import { cpSync, copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type * as Package from 'ayajs'
import { Btf, CgroupSkb, Ebpf, EbpfError, EbpfLoader } from 'ayajs'
import { loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { bindingPath } from '../../helpers/package.ts'
import { root } from '../../helpers/sources.ts'
import { complaints, failureOf, temporaryFolder } from './reports.ts'

leaveNothingBehind(test)

const absent = '/nowhere/ayajs.bpf.o'
const notElf = Buffer.from('#!/bin/sh\n')

const calls: Record<string, (t: ExecutionContext) => unknown> = {
  'Ebpf.load': () => Ebpf.load(notElf),
  'Ebpf.loadFile': () => Ebpf.loadFile(absent),
  'Ebpf.loadAsync': () => Ebpf.loadAsync(notElf),
  'Ebpf.loadFileAsync': () => Ebpf.loadFileAsync(absent),
  'EbpfLoader.load': () => new EbpfLoader().load(notElf),
  'EbpfLoader.loadFile': () => new EbpfLoader().loadFile(absent),
  'EbpfLoader.loadAsync': () => new EbpfLoader().loadAsync(notElf),
  'EbpfLoader.loadFileAsync': () => new EbpfLoader().loadFileAsync(absent),
  'Btf.parseFile': () => Btf.parseFile(absent),
  'Program.load': (t) => openFixture(t, 'refused').program('bad_return')?.load(),
  'Program.loadAsync': (t) => openFixture(t, 'refused').program('bad_return')?.loadAsync(),
  'CgroupSkb.attach': (t) => loaded(openFixture(t, 'cgroup_skb'), 'count_any').attach('/nowhere', 'Egress'),
  'CgroupSkb.tryFrom': (t) => CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('absent')),
}

for (const [call, run] of Object.entries(calls)) {
  test(`the stack of an error of ${call} leads to who called it`, async (t) => {
    const error = await failureOf(t, async function theCallerInThisTest() {
      await run(t)
    })
    const head = `${error.name}: ${error.message}\n`
    t.true(error.stack?.startsWith(head), error.stack)
    const frames = (error.stack ?? '').slice(head.length).split('\n')
    t.true(
      frames.some((frame) => frame.includes('theCallerInThisTest')),
      error.stack,
    )
    t.false(
      frames.some((frame) => /createError|withStackOf|promises\.js/.test(frame)),
      error.stack,
    )
    t.deepEqual(complaints(error as EbpfError), [])
  })
}

test('an error of a second load that waited for the first leads to its own caller', async (t) => {
  const bpf = openFixture(t, 'refused')
  const first = bpf.program('fine')?.loadAsync()
  const error = await failureOf(t, async function theSecondCaller() {
    await bpf.program('bad_return')?.loadAsync()
  })
  await first
  t.regex(error.stack ?? '', /theSecondCaller/)
})

test('the cause of an error from the file system is the error of Node', async (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_any')
  const { cause, errno } = (await failureOf(t, () => program.attach('/nowhere', 'Egress'))) as EbpfError
  const { code, syscall, errno: same } = cause as NodeJS.ErrnoException
  t.deepEqual([code, syscall, same], ['ENOENT', 'open', errno])
})

test('the cause of "no cgroup" is what the kernel said', async (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_any')
  const { cause } = await failureOf(t, () => program.attach(root, 'Egress'))
  t.true(EbpfError.isEbpfError(cause))
  const { code, syscall, errno, errnoName } = cause as EbpfError
  t.deepEqual([code, syscall, errno, errnoName], ['ERR_EBPF_ATTACH', 'BPF_LINK_CREATE', -9, 'EBADF'])
})

test('the verifier log is not printed with the error, but can be read from it', async (t) => {
  const error = (await failureOf(t, () => loaded(openFixture(t, 'refused'), 'bad_access'))) as EbpfError
  t.false(inspect(error).includes('processed'), inspect(error))
  t.regex(inspect(error), /code: 'ERR_EBPF_LOAD'/)
  t.regex(error.verifierLog ?? '', /^processed \d+ insns/m)
})

test('isEbpfError knows the errors of another copy of the package, which are of another class', async (t) => {
  const copy = requireCopy(t)
  const error = await failureOf(t, () => copy.Ebpf.loadFile(absent))
  t.not(copy.EbpfError, EbpfError)
  t.false(error instanceof EbpfError)
  t.true(error instanceof copy.EbpfError)
  t.true(EbpfError.isEbpfError(error))
  t.is((error as EbpfError).code, 'ERR_EBPF_FILE')
  const own = await failureOf(t, () => Ebpf.loadFile(absent))
  t.true(own instanceof EbpfError, 'the second copy did not take over the errors of the first')
  t.true(copy.EbpfError.isEbpfError(own))
})

test('isEbpfError takes anything, and refuses what only looks like one', (t) => {
  const lookalike = Object.assign(new Error('closed'), { name: 'EbpfError', code: 'ERR_EBPF_CLOSED' })
  for (const value of [undefined, null, 0, 'EbpfError', Symbol('x'), {}, () => {}, new Error('x'), lookalike]) {
    t.false(EbpfError.isEbpfError(value), inspect(value))
  }
})

/** A copy of the package with an addon of its own. */
function requireCopy(t: ExecutionContext): typeof Package {
  const folder = temporaryFolder(t)
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  for (const file of [join(root, 'package.json'), join(root, 'index.js'), bindingPath()])
    copyFileSync(file, join(folder, basename(file)))
  return createRequire(join(folder, 'main.js'))('./dist/index.js') as typeof Package
}
