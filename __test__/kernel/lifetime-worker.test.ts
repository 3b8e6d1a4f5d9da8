// The sentences of docs/lifetime.md about the end of a worker: each is the title of one test.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, CgroupSkbAttachType } from 'ayajs'
import { attachedIds } from '../helpers/bpftool.ts'
import { makeCgroup, type TestCgroup } from '../helpers/cgroup.ts'
import { loaded, openFixture } from '../helpers/fixtures.ts'
import { heldBy, stillThere, whatStays, type Held } from '../helpers/held.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import type { Ending, Part } from '../helpers/lifetime-actor.ts'
import { until } from '../helpers/poll.ts'

leaveNothingBehind(test)

interface Actor {
  readonly worker: Worker
  readonly held: Held
  readonly ended: Promise<unknown[]>
}

/** Starts a worker that attaches, and waits until it has reported. */
async function actor(t: ExecutionContext, cgroup: TestCgroup, ending: Ending): Promise<Actor> {
  const workerData: Part = { cgroup: cgroup.path, ending }
  const worker = new Worker(new URL('../helpers/lifetime-actor.ts', import.meta.url), { workerData })
  t.teardown(() => worker.terminate())
  const ended = once(worker, 'exit')
  // Rejects with the error of a worker that throws. Whoever waits for it, sees it.
  ended.catch(() => undefined)
  // Not by `once`, which rejects when the error of a worker that throws overtakes its message.
  const held = await new Promise<Held>((resolve) => worker.once('message', resolve))
  return { worker, held, ended }
}

async function isReleased(t: ExecutionContext, { held }: Pick<Actor, 'held'>, cgroup: TestCgroup): Promise<void> {
  t.deepEqual(await whatStays(held), [])
  t.deepEqual(attachedIds(cgroup.path), [])
  t.true(await until(() => ownDescriptors().length === 0))
}

test('A worker that ends by itself releases everything that it still holds', async (t) => {
  const cgroup = makeCgroup(t)
  const { held, ended } = await actor(t, cgroup, 'end')
  t.deepEqual(await ended, [0])
  await isReleased(t, { held }, cgroup)
})

test('A worker that ends by `process.exit()` releases everything that it still holds', async (t) => {
  const cgroup = makeCgroup(t)
  const { held, ended } = await actor(t, cgroup, 'exit')
  t.deepEqual(await ended, [7])
  await isReleased(t, { held }, cgroup)
})

test('A worker that ends by `process.exit()` while loads are running releases everything that it still holds', async (t) => {
  const cgroup = makeCgroup(t)
  const { held, ended } = await actor(t, cgroup, 'exit while loading')
  t.deepEqual(await ended, [7])
  await isReleased(t, { held }, cgroup)
})

test('A worker that ends by an uncaught exception releases everything that it still holds', async (t) => {
  const cgroup = makeCgroup(t)
  const { held, ended } = await actor(t, cgroup, 'throw')
  // An error of another thread is no instance of our Error.
  await t.throwsAsync(ended, { any: true, message: 'on purpose' })
  await isReleased(t, { held }, cgroup)
})

test('A worker that is terminated releases everything that it still holds', async (t) => {
  const cgroup = makeCgroup(t)
  const { worker, held } = await actor(t, cgroup, 'wait')
  t.deepEqual(stillThere(held), held)
  await worker.terminate()
  await isReleased(t, { held }, cgroup)
})

test('A worker that is terminated while loads are running releases everything that it still holds', async (t) => {
  const cgroup = makeCgroup(t)
  for (let attempt = 0; attempt < 5; attempt++) {
    const { worker, held } = await actor(t, cgroup, 'wait while loading')
    await once(worker, 'message')
    await worker.terminate()
    await isReleased(t, { held }, cgroup)
  }
})

test('The end of a worker releases nothing of another thread', async (t) => {
  const cgroup = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  loaded(bpf, 'count_egress').attach(cgroup.path, CgroupSkbAttachType.Egress)
  const ours = heldBy(bpf, 1)
  const descriptors = ownDescriptors()
  const [one, other] = await Promise.all([actor(t, cgroup, 'wait'), actor(t, cgroup, 'wait')])
  await one.worker.terminate()
  t.deepEqual(await whatStays(one.held), [])
  t.deepEqual([ours, other.held].map(stillThere), [ours, other.held])
  await other.worker.terminate()
  t.deepEqual(await whatStays(other.held), [])
  t.deepEqual(stillThere(ours), ours)
  t.deepEqual(ownDescriptors(), descriptors)
})

test('Twenty workers that load the package at once, attach, and end without closing release everything', async (t) => {
  const cgroup = makeCgroup(t)
  const actors = await Promise.all(Array.from({ length: 20 }, () => actor(t, cgroup, 'end')))
  await Promise.all(actors.map(({ ended }) => ended))
  t.is(new Set(actors.flatMap(({ held }) => held.programs)).size, actors.length)
  t.deepEqual(await whatStays(...actors.map(({ held }) => held)), [])
  t.deepEqual(attachedIds(cgroup.path), [])
  t.true(await until(() => ownDescriptors().length === 0))
})

test('A handle cannot be sent to another thread: what arrives there is none', (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  // The same copy that postMessage() makes.
  const arrived = structuredClone(program)
  t.false(arrived instanceof CgroupSkb)
  t.throws(() => CgroupSkb.tryFrom(arrived), { code: 'ERR_INVALID_ARG_TYPE' })
})
