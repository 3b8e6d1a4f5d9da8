// The sentences of docs/lifetime.md about garbage collection and the end of a process: each is the title of one test.
import { execFileSync } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkbAttachType } from 'ayajs'
import { attachedIds, bpftool } from '../helpers/bpftool.ts'
import { makeCgroup, type TestCgroup } from '../helpers/cgroup.ts'
import { commandOf, startChild, type Child } from '../helpers/children.ts'
import { counters, loaded, openFixture } from '../helpers/fixtures.ts'
import { stillThere, whatStays, type Held } from '../helpers/held.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import type { Ending } from '../helpers/lifetime-actor.ts'
import { startTraffic } from '../helpers/traffic.ts'

leaveNothingBehind(test)

/** Starts a child that attaches, and waits until it has reported. */
async function actor(t: ExecutionContext, cgroup: TestCgroup, ending: Ending): Promise<{ child: Child; held: Held }> {
  const child = startChild(t, commandOf('./lifetime-actor.ts', JSON.stringify({ cgroup: cgroup.path, ending })))
  return { child, held: await child.next<Held>() }
}

test('The garbage collector detaches, unloads and closes nothing when it takes the handles of object, program, links and maps', async (t) => {
  const cgroup = makeCgroup(t)
  const { child, held } = await actor(t, cgroup, 'collect')
  t.deepEqual(stillThere(held), held)
  await startTraffic(t, cgroup).udp(5)
  const dump = held.maps.flatMap((id) => bpftool('map', 'dump', 'id', `${id}`) as { formatted?: { key: number } }[])
  t.true(dump.some(({ formatted }) => JSON.stringify(formatted) === `{"key":${counters.count_any},"value":10}`))
  child.kill('SIGKILL')
  t.deepEqual(await whatStays(held), [])
})

test('An attachment does not keep the process alive', async (t) => {
  const { child } = await actor(t, makeCgroup(t), 'end')
  t.deepEqual(await child.ended, { code: 0, signal: null, stderr: '' })
})

test('A process that ends by itself releases everything that it still holds', async (t) => {
  const cgroup = makeCgroup(t)
  const { child, held } = await actor(t, cgroup, 'end')
  t.is((await child.ended).code, 0)
  t.deepEqual(attachedIds(cgroup.path), [])
  t.deepEqual(await whatStays(held), [])
})

test('A process that ends by `process.exit()` releases everything that it still holds', async (t) => {
  const { child, held } = await actor(t, makeCgroup(t), 'exit')
  t.deepEqual(await child.ended, { code: 7, signal: null, stderr: '' })
  t.deepEqual(await whatStays(held), [])
})

test('A process that ends by `process.exit()` while loads are running releases everything that it still holds', async (t) => {
  const { child, held } = await actor(t, makeCgroup(t), 'exit while loading')
  t.deepEqual(await child.ended, { code: 7, signal: null, stderr: '' })
  t.deepEqual(await whatStays(held), [])
})

test('A process that ends by an uncaught exception releases everything that it still holds', async (t) => {
  const { child, held } = await actor(t, makeCgroup(t), 'throw')
  const { code, stderr } = await child.ended
  t.is(code, 1)
  t.regex(stderr, /on purpose/)
  t.deepEqual(await whatStays(held), [])
})

test('A process that ends by `kill -9` holds nothing any more: the kernel closes its descriptors', async (t) => {
  const cgroup = makeCgroup(t)
  const { child, held } = await actor(t, cgroup, 'wait')
  t.deepEqual(stillThere(held), held)
  t.is(attachedIds(cgroup.path).length, 1)
  child.kill('SIGKILL')
  t.is((await child.ended).signal, 'SIGKILL')
  t.deepEqual(await whatStays(held), [])
  t.deepEqual(attachedIds(cgroup.path), [])
})

test('A child process does not inherit the descriptors', (t) => {
  loaded(openFixture(t, 'cgroup_skb'), 'count_egress').attach(makeCgroup(t).path, CgroupSkbAttachType.Egress)
  t.true(ownDescriptors().length > 0)
  const inherited = execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' })
  t.regex(inherited, /\b0 -> /)
  t.notRegex(inherited, /bpf|btf/)
})
