// The first object that a process opens: what is in the way at that moment must not stay in the way.
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { commandOf, startChild } from '../helpers/children.ts'
import type { Hindrance } from '../helpers/first-open-actor.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

/** In each process it is a matter of luck whether a signal hits the moment that counts. */
const processes = 10

test('a process in a storm of signals opens and loads an object with global variables', async (t) => {
  for (let turn = 0; turn < processes; turn++) t.deepEqual(await outcomesInStorm(t), ['loaded', 'loaded'])
})

test('a process that is being profiled opens and loads an object with global variables', async (t) => {
  for (let turn = 0; turn < processes / 2; turn++) {
    const [node = '', ...rest] = actor('signals')
    const profiler = ['--cpu-prof', '--cpu-prof-interval=50', '--cpu-prof-dir=/dev/null/nowhere']
    const child = startChild(t, [node, ...profiler, ...rest])
    await child.next()
    t.deepEqual(await child.ask('go'), ['loaded', 'loaded'])
  }
})

test('a process that gets its privileges after it has failed to open an object opens it whole', async (t) => {
  const outcomes = await startChild(t, actor('privileges')).next()
  t.deepEqual(outcomes, ['ERR_EBPF_PERMISSION BPF_MAP_CREATE EPERM', 'loaded'])
})

test('a process that had no descriptors left when it first opened an object opens it whole later', async (t) => {
  const outcomes = await startChild(t, ['prlimit', '--nofile=128:128', ...actor('descriptors')]).next()
  t.deepEqual(outcomes, ['ERR_EBPF_SYSCALL BPF_MAP_CREATE EMFILE', 'loaded'])
})

function actor(hindrance: Hindrance): readonly string[] {
  return commandOf('./first-open-actor.ts', hindrance)
}

/** What came of it while signals arrive faster than they are handled. */
async function outcomesInStorm(t: ExecutionContext): Promise<unknown> {
  const child = startChild(t, actor('signals'))
  await child.next()
  // It ends with the child.
  const loop = `while kill -USR2 ${child.pid}; do :; done`
  const storm = spawn('sh', ['-c', loop], { stdio: 'ignore' })
  t.teardown(() => storm.kill('SIGKILL'))
  await setTimeout(20)
  return child.ask('go')
}
