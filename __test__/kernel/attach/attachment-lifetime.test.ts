// What ends an attachment, and what outlives whom: pins and modes, to the end of workers and processes.
import { mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { PinnedLink, type CgroupSkb } from 'ayajs'
import { holdings, type Ending, type Holding, type Part } from '../../helpers/attach-holdings.ts'
import { attach, counting, idOf, idsOn, optionsFor, ways } from '../../helpers/attachments.ts'
import { bpftool, showLinks, showProgram } from '../../helpers/bpftool.ts'
import { makeCgroup, removeCgroup } from '../../helpers/cgroup.ts'
import { commandOf, startChild, type Child } from '../../helpers/children.ts'
import { openFixture, loaded } from '../../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

const all = Object.keys(holdings) as readonly Holding[]
const pinned = ['pinned-closed', 'pinned-open'] as const
const modes = all.filter((name) => /Single|Allow/.test(name))

test('The end of a process by itself, by `process.exit()`, by an exception or a rejection detaches everything but pinned links', async (t) => {
  for (const ending of ['end', 'exit', 'throw', 'reject'] as const) {
    const { scene, child } = startProcess(t, ending)
    await child.next()
    await child.ended
    t.deepEqual(await whatStays(scene, pinned), pinned, ending)
  }
})

test('`process.exit()` detaches what workers have attached, too', async (t) => {
  const { scene, child } = startProcess(t, 'worker then exit')
  await child.next()
  t.is((await child.ended).code, 7)
  t.deepEqual(await whatStays(scene, pinned), pinned)
})

test('A process that is killed leaves what it attached with a mode; its links are gone, unless they are pinned', async (t) => {
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    const { scene, child } = startProcess(t, 'wait')
    await child.next()
    t.deepEqual(attachedOf(scene), [...all].sort(), 'before')
    child.kill(signal)
    t.is((await child.ended).signal, signal)
    t.deepEqual(await whatStays(scene, [...modes, ...pinned]), [...modes, ...pinned].sort(), signal)
  }
})

test('A process that aborts leaves what one that is killed leaves', async (t) => {
  const { scene, child } = startProcess(t, 'abort')
  await child.next()
  t.is((await child.ended).signal, 'SIGABRT')
  t.deepEqual(await whatStays(scene, [...modes, ...pinned]), [...modes, ...pinned].sort())
})

test('The end of a worker, in whatever way, detaches everything that it attached, but pinned links', async (t) => {
  for (const ending of ['end', 'exit', 'throw', 'wait', 'spin'] as const) {
    const scene = makeScene(t)
    const worker = startWorker(t, scene, ending)
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.on('error', () => undefined) // The one that throws on purpose: `once` of node:events would reject for it.
    await new Promise((resolve) => worker.once('message', resolve))
    if (ending === 'wait' || ending === 'spin') {
      t.deepEqual(attachedOf(scene), [...all].sort(), 'before')
      await worker.terminate()
    }
    await ended
    t.deepEqual(await whatStays(scene, pinned), pinned, ending)
  }
})

test('The garbage collector detaches nothing, whatever holds it attached', async (t) => {
  const { scene, child } = startProcess(t, 'collect')
  await child.next()
  t.deepEqual(attachedOf(scene), [...all].sort())
  child.kill('SIGKILL')
  await child.ended
})

for (const way of ways) {
  test(`A taken link of ${way} holds the program when everything else is closed`, async (t) => {
    const { path } = makeCgroup(t)
    const bpf = openFixture(t, 'cgroup_skb')
    const program = loaded(bpf, 'count_egress')
    const id = idOf(program)
    const link = attach(t, program, path, optionsFor(way))
    bpf.close()
    globalThis.gc?.()
    t.true(link.attached)
    t.deepEqual(idsOn(path), [id])
    link.detach()
    t.deepEqual(idsOn(path), [])
    t.true(await until(() => showProgram(id) === null))
  })

  test(`An attachment by ${way} ends with unload() of the program that owns it`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    program.attach(path, 'Egress', optionsFor(way))
    program.unload()
    t.deepEqual(idsOn(path), [])
  })

  test(`An attachment by ${way} ends with close() of the object that owns it`, (t) => {
    const { path } = makeCgroup(t)
    const bpf = openFixture(t, 'cgroup_skb')
    loaded(bpf, 'count_egress').attach(path, 'Egress', optionsFor(way))
    bpf.close()
    t.deepEqual(idsOn(path), [])
  })

  test(`An attachment by ${way} whose cgroup was removed disturbs neither unload() nor close()`, async (t) => {
    const cgroup = makeCgroup(t)
    const bpf = openFixture(t, 'cgroup_skb')
    const program = loaded(bpf, 'count_egress')
    program.attach(cgroup.path, 'Egress', optionsFor(way))
    const { id } = program.info()
    await removeCgroup(cgroup.path)
    t.notThrows(() => program.unload())
    t.notThrows(() => bpf.close())
    t.true(await until(() => showProgram(id) === null))
  })

  test(`${way} attached and detached 1,000 times leaves no descriptor and no link`, async (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    const [descriptors, files] = [ownDescriptors(), readdirSync('/proc/self/fd').length]
    for (let count = 0; count < 500; count++) {
      program.detach(program.attach(path, 'Egress', optionsFor(way)))
      program.attachLink(path, 'Egress', optionsFor(way)).detach()
    }
    t.deepEqual(ownDescriptors(), descriptors)
    t.is(readdirSync('/proc/self/fd').length, files)
    t.deepEqual(idsOn(path), [])
    t.true(await until(() => showLinks().every(({ prog_id }) => prog_id !== idOf(program))))
  })
}

test('1,000 attachments at once end with the object', async (t) => {
  const cgroups = Array.from({ length: 20 }, () => makeCgroup(t).path)
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  const id = idOf(program)
  for (const cgroup of cgroups) for (let count = 0; count < 50; count++) program.attach(cgroup, 'Egress')
  t.is(showLinks().filter(({ prog_id }) => prog_id === id).length, 1_000)
  bpf.close()
  t.true(await until(() => cgroups.every((cgroup) => idsOn(cgroup).length === 0)))
  t.true(await until(() => showProgram(id) === null))
})

test('A link that was pinned by a process that is gone is opened by its file, and ends with it', async (t) => {
  const { scene, child } = startProcess(t, 'wait')
  await child.next()
  child.kill('SIGKILL')
  await child.ended
  const link = PinnedLink.fromPin(`${scene.pins}/pinned-closed`)
  t.true(link.attached)
  t.is(link.info().cgroupId, statSync(`${scene.cgroup}/pinned-closed`, { bigint: true }).ino)
  link.unpin().detach()
  t.true(await until(() => idsOn(`${scene.cgroup}/pinned-closed`).length === 0))
})

/** A cgroup for each holding, a directory for pins, and what is to be cleaned up when the test ends. */
interface Scene {
  readonly cgroup: string
  readonly pins: string
}

function makeScene(t: ExecutionContext): Scene {
  const cgroup = makeCgroup(t).path
  const pins = makePinDirectory(t)
  for (const name of all) {
    mkdirSync(`${cgroup}/${name}`)
    t.teardown(() => rmdirSync(`${cgroup}/${name}`))
  }
  t.teardown(() => tidyUp({ cgroup, pins }))
  return { cgroup, pins }
}

function startProcess(t: ExecutionContext, ending: Ending): { scene: Scene; child: Child } {
  const scene = makeScene(t)
  const argument = JSON.stringify({ ...scene, ending } satisfies Part)
  return { scene, child: startChild(t, commandOf('./attach-actor.ts', argument)) }
}

function startWorker(t: ExecutionContext, scene: Scene, ending: Ending): Worker {
  const workerData: Part = { ...scene, ending }
  const worker = new Worker(new URL('../../helpers/attach-actor.ts', import.meta.url), { workerData, stderr: true })
  t.teardown(() => worker.terminate())
  return worker
}

/** The holdings whose cgroup has a program attached, in alphabetical order. */
function attachedOf({ cgroup }: Scene): readonly string[] {
  return all.filter((name) => idsOn(`${cgroup}/${name}`).length > 0).sort()
}

/** The kernel detaches some time after the end: what is left when nothing else than `expected` is, or at the deadline. */
async function whatStays(scene: Scene, expected: readonly string[]): Promise<readonly string[]> {
  await until(() => attachedOf(scene).every((name) => expected.includes(name)))
  return attachedOf(scene)
}

/** What a process leaves behind that was killed: pins are removed, programs are detached by somebody else. */
function tidyUp({ cgroup, pins }: Scene): void {
  for (const name of readdirSync(pins)) rmSync(`${pins}/${name}`)
  for (const name of modes) {
    for (const id of idsOn(`${cgroup}/${name}`))
      bpftool('cgroup', 'detach', `${cgroup}/${name}`, 'egress', 'id', `${id}`)
  }
}
