// The example interrupted: at any moment, by any means, and nothing is left behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { killEach } from '../../examples/lib/cgroup.ts'
import { makeCgroup, removeCgroup } from '../helpers/cgroup.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { until } from '../helpers/poll.ts'
import { attachedTo, leftOf, processesIn, startExample, tableOf, type Example } from './example.ts'

leaveNothingBehind(test)

/** A command that says when it runs, and then does not end by itself. */
const waits = ['sh', '-c', 'echo running; exec sleep 1000']

/** One that is deaf to requests, and hides a child in a cgroup below. */
const resists = [
  'sh',
  '-c',
  `trap '' INT TERM HUP
  mount=$(while read -r _ point type _; do [ "$type" = cgroup2 ] && echo "$point" && break; done < /proc/self/mounts)
  inner="$mount$(sed -n 's/^0:://p' /proc/self/cgroup)/inner"
  mkdir "$inner"
  sleep 1000 &
  echo $! > "$inner/cgroup.procs"
  echo running
  sleep 1000`,
]

interface Moment {
  readonly title: string
  readonly args: readonly string[]
  readonly hasCome: (example: Example) => boolean
}

const isRunning = ({ stdoutSoFar }: Example): boolean => stdoutSoFar().includes('running')

/** In the order in which they come. */
const moments: readonly Moment[] = [
  { title: 'the cgroup has been made', args: waits, hasCome: ({ cgroup }) => cgroup() !== undefined },
  { title: 'a program is attached', args: waits, hasCome: (example) => attachedTo(example).length > 0 },
  { title: 'the programs are attached', args: waits, hasCome: (example) => /attached/.test(example.stdoutSoFar()) },
  { title: 'the command has been started', args: waits, hasCome: ({ processes }) => processes().length > 1 },
  { title: 'the command is in the cgroup', args: waits, hasCome: (example) => processesIn(example).length > 0 },
  { title: 'the command runs', args: waits, hasCome: isRunning },
  { title: 'the default command is in the cgroup', args: [], hasCome: (example) => processesIn(example).length > 0 },
  { title: 'a deaf command runs', args: resists, hasCome: isRunning },
]

for (const { title, args, hasCome } of moments) {
  test(`Ctrl-C when ${title} leaves nothing behind`, async (t) => {
    const example = startExample(t, args)
    t.true(await isReached(example, hasCome))
    const programs = attachedTo(example)
    example.signal('SIGINT', 'group')
    const { status, stderr } = await example.ended
    t.deepEqual([status, stderr], [130, ''])
    t.deepEqual(await leftOf(example, programs), [])
  })
}

test('Ctrl-C when the table is being printed leaves nothing behind', async (t) => {
  const example = startExample(t, ['true'])
  t.true(await isReached(example, ({ stdoutSoFar }) => stdoutSoFar().includes('┌')))
  signalIfThere(example)
  // Too late for the status, or just in time.
  t.true([0, 130].includes((await example.ended).status))
  t.deepEqual(await leftOf(example), [])
})

test('Ctrl-C at each tenth of a run leaves nothing behind', async (t) => {
  const begin = performance.now()
  await startExample(t, []).ended
  const lastedMs = performance.now() - begin
  for (let tenth = 0; tenth < 10; tenth++) {
    const example = startExample(t, [])
    await sleep((lastedMs * tenth) / 10)
    signalIfThere(example)
    const { status, stderr } = await example.ended
    t.true(status === 130 || status === 0, `${tenth}: ${status}`)
    t.is(stderr, '')
    t.deepEqual(await leftOf(example), [])
  }
})

for (const [signal, status] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} to the example alone ends the command too, with ${status}`, async (t) => {
    const example = startExample(t, waits)
    t.true(await isReached(example, isRunning))
    const programs = attachedTo(example)
    t.is(programs.length, 2)
    example.signal(signal)
    const { stdout, ...ending } = await example.ended
    t.deepEqual(ending, { status, stderr: '' })
    t.deepEqual(await leftOf(example, programs), [])
    t.deepEqual(tableOf(stdout), { egress: [0, 0, 0, 0], ingress: [0, 0, 0, 0] })
  })
}

test('Ctrl-C again and again, and other signals, end it with the status of one of them', async (t) => {
  const example = startExample(t, resists)
  t.true(await isReached(example, isRunning))
  const timer = setInterval(() => signalIfThere(example, 'SIGTERM'), 5)
  signalIfThere(example, 'SIGINT')
  const { status } = await example.ended
  clearInterval(timer)
  t.true([130, 143].includes(status), `${status}`)
  t.deepEqual(await leftOf(example), [])
})

test('a reader that goes away ends the command, with the status of SIGPIPE', async (t) => {
  const example = startExample(t, waits)
  example.closeStdout()
  t.is((await example.ended).status, 141)
  t.deepEqual(await leftOf(example), [])
})

test('what a killed example leaves is removed by the next one', async (t) => {
  const killed = startExample(t, resists)
  t.true(await isReached(killed, isRunning))
  const programs = attachedTo(killed)
  killed.signal('SIGKILL')
  t.true(await until(() => !killed.processes().includes(killed.pid)))
  t.truthy(killed.cgroup())
  t.true(killed.processes().length > 0)
  const next = startExample(t, ['true'])
  t.deepEqual(await next.ended.then(({ status, stderr }) => ({ status, stderr })), { status: 0, stderr: '' })
  t.is((await killed.ended).status, 137)
  t.deepEqual(await leftOf(killed, programs), [])
  t.deepEqual(await leftOf(next), [])
})

test('two examples at a time do not disturb each other', async (t) => {
  const first = startExample(t, waits)
  t.true(await isReached(first, isRunning))
  const second = startExample(t, [])
  t.is((await second.ended).status, 0)
  t.is(processesIn(first).length, 1)
  first.signal('SIGINT')
  t.is((await first.ended).status, 130)
  t.deepEqual(await leftOf(first), [])
  t.deepEqual(await leftOf(second), [])
})

test('processes are killed one by one where the kernel lacks cgroup.kill', async (t) => {
  const cgroup = makeCgroup(t)
  const inner = join(cgroup.path, 'inner')
  mkdirSync(inner)
  t.teardown(() => removeCgroup(inner))
  const children = [cgroup.path, inner, inner].map((path) => {
    const child = spawn('sleep', ['1000'])
    writeFileSync(join(path, 'cgroup.procs'), `${child.pid}`)
    return child
  })
  const ends = children.map((child) => once(child, 'exit'))
  killEach(cgroup.path)
  for (const end of ends) t.deepEqual(await end, [null, 'SIGKILL'])
  killEach(join(cgroup.path, 'no such cgroup'))
})

/** Waits for a moment; false when the example ends without it. It may have ended right after it. */
async function isReached(example: Example, hasCome: (example: Example) => boolean): Promise<boolean> {
  let ended = false
  let came = false
  example.ended.then(
    () => (ended = true),
    () => (ended = true),
  )
  await until(() => (came ||= hasCome(example)) || ended)
  return came
}

function signalIfThere(example: Example, name: NodeJS.Signals = 'SIGINT'): void {
  if (example.processes().includes(example.pid)) example.signal(name)
}
