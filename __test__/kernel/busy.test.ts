// While an object is being loaded on another thread: what is refused, what goes on, what waits for its turn.
import { inspect } from 'node:util'
import test from 'ava'
import { CgroupSkb, CgroupSkbAttachType, type Ebpf, type EbpfError } from 'ayajs'
import { attachedIds, showProgram } from '../helpers/bpftool.ts'
import { makeCgroup } from '../helpers/cgroup.ts'
import { loaded, mapOf, openFixture, u32Key } from '../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import { until } from '../helpers/poll.ts'
import { isCaught, openSlow, refusedWhileLoading, whileLoading } from '../helpers/slow-load.ts'

leaveNothingBehind(test)

const { Ingress } = CgroupSkbAttachType
const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

test('Program.load throws ERR_EBPF_BUSY while loadAsync of the same program runs, and says what to do', async (t) => {
  const object = openSlow(t)
  const { slow } = object
  const error = await refusedWhileLoading(
    object,
    () => slow.load(),
    () => slow.unload(),
  )
  t.is(error.code, 'ERR_EBPF_BUSY')
  t.regex(error.message, /Await the promise of loadAsync\(\) first/)
})

test('Program.load throws ERR_EBPF_BUSY while loadAsync of another program of the object runs', async (t) => {
  const object = openSlow(t)
  const { quick } = object
  const error = await refusedWhileLoading(
    object,
    () => quick.load(),
    () => quick.unload(),
  )
  t.is(error.code, 'ERR_EBPF_BUSY')
  t.is(quick.asRawFd(), null)
  quick.load()
})

test('Program.unload throws ERR_EBPF_BUSY while loadAsync of another program runs, and leaves all as it is', async (t) => {
  const { path } = makeCgroup(t)
  const object = openSlow(t)
  const { quick } = object
  const prepare = (): void => {
    quick.load()
    quick.attach(path, Ingress)
  }
  prepare()
  const error = await refusedWhileLoading(object, () => quick.unload(), prepare)
  t.is(error.code, 'ERR_EBPF_BUSY')
  t.deepEqual(attachedIds(path, 'ingress'), [quick.info().id])
  quick.unload()
})

/** What nobody has to wait for; `quick` is loaded, and attached under `linkId`. */
const free: Readonly<Record<string, (bpf: Ebpf, quick: CgroupSkb, cgroup: string) => unknown>> = {
  'Program.fd': (_, quick) => quick.fd(),
  'Program.asRawFd': (_, quick) => quick.asRawFd(),
  'Program.info': (_, quick) => quick.info().id,
  'CgroupSkb.attach and CgroupSkb.detach': (_, quick, cgroup) => quick.detach(quick.attach(cgroup, Ingress)),
  'CgroupSkb.attachLink': (_, quick, cgroup) => quick.attachLink(cgroup, Ingress).detach(),
  'CgroupSkb.testRun': (_, quick) => quick.testRun({ packet }),
  'CgroupSkb.expectedAttachType': (_, quick) => quick.expectedAttachType(),
  'inspect of a program': (_, quick) => inspect(quick),
  'inspect of an Ebpf': (bpf) => inspect(bpf),
  'Ebpf.program': (bpf) => bpf.program('egress_filter'),
  'Ebpf.programs': (bpf) => bpf.programs(),
  'Ebpf.map': (bpf) => bpf.map('traffic'),
  'Ebpf.maps': (bpf) => bpf.maps(),
  'BytesMap.get': (bpf) => mapOf(bpf, 'traffic').get(u32Key(0)),
  'MapBase.info': (bpf) => mapOf(bpf, 'traffic').info(),
}

for (const [name, call] of Object.entries(free)) {
  test(`${name} does not wait for a loadAsync of another program of the object`, async (t) => {
    const { path } = makeCgroup(t)
    const object = openSlow(t)
    object.quick.load()
    await t.notThrowsAsync(whileLoading(object, () => call(object.bpf, object.quick, path)))
  })
}

test('Program.load of another object does not wait', async (t) => {
  const object = openSlow(t)
  const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
  await whileLoading(object, () => {
    if (program.asRawFd() === null) program.load()
  })
  t.not(program.asRawFd(), null)
})

test('Program.loadAsync of several programs of one object queues, and finishes in the order of the calls', async (t) => {
  const programs = openFixture(t, 'cgroup_skb')
    .programs()
    .map(([, program]) => program)
  const order: string[] = []
  await Promise.all(programs.map((program) => program.loadAsync().then(() => order.push(program.name))))
  t.deepEqual(
    order,
    programs.map(({ name }) => name),
  )
  t.is(new Set(programs.map((program) => program.info().id)).size, programs.length)
})

test('Program.loadAsync called twice at once loads once, and the second call fails with ERR_EBPF_ALREADY_LOADED', async (t) => {
  const { slow } = openSlow(t)
  const [first, second] = await Promise.allSettled([slow.loadAsync(), slow.loadAsync()])
  t.is(first.status, 'fulfilled')
  t.like(second, { status: 'rejected', reason: { code: 'ERR_EBPF_ALREADY_LOADED' } })
})

test('Program.loadAsync goes on after one in the queue has failed', async (t) => {
  const bpf = openFixture(t, 'refused')
  const names = ['bad_access', 'fine', 'bad_return', 'endless_loop']
  const outcomes = await Promise.allSettled(names.map((name) => CgroupSkb.tryFrom(bpf.program(name)).loadAsync()))
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled', 'rejected', 'rejected'],
  )
})

test('Program.loadAsync has the stack of its caller when it fails, also from the queue', async (t) => {
  const bpf = openFixture(t, 'refused')
  async function callerOfLoadAsync(name: string): Promise<void> {
    await CgroupSkb.tryFrom(bpf.program(name)).loadAsync()
  }
  const outcomes = await Promise.allSettled(['bad_access', 'bad_return'].map(callerOfLoadAsync))
  for (const outcome of outcomes) {
    t.regex(outcome.status === 'rejected' ? ((outcome.reason as Error).stack ?? '') : '', /at .*callerOfLoadAsync/)
  }
})

test('Ebpf.close while a loadAsync runs lets it finish, rejects it with ERR_EBPF_CLOSED, and leaves nothing', async (t) => {
  const { path } = makeCgroup(t)
  let rejected = 0
  for (let attempt = 0; attempt < 200 && rejected < 3; attempt++) {
    const { bpf, slow, quick } = openSlow(t)
    quick.load()
    quick.attach(path, Ingress)
    const { id } = quick.info()
    const loading = slow.loadAsync()
    const caught = isCaught(slow)
    bpf.close()
    t.true(bpf.closed)
    t.deepEqual(attachedIds(path, 'ingress'), [], 'links end at once')
    const [outcome] = await Promise.allSettled([loading])
    // A load that ended right before close() was in time.
    if (outcome.status === 'fulfilled') continue
    t.is((outcome.reason as EbpfError).code, 'ERR_EBPF_CLOSED')
    if (caught) rejected++
    t.true(await until(() => showProgram(id) === null))
    t.deepEqual(ownDescriptors(), [])
  }
  t.is(rejected, 3)
})

test('Ebpf.close rejects what is queued, too, with ERR_EBPF_CLOSED', async (t) => {
  const { bpf, slow, quick } = openSlow(t)
  const loads = [slow.loadAsync(), quick.loadAsync(), slow.loadAsync()]
  bpf.close()
  // The first one has begun, and may have been in time.
  const [, ...queued] = await Promise.allSettled(loads)
  for (const outcome of queued) t.like(outcome, { status: 'rejected', reason: { code: 'ERR_EBPF_CLOSED' } })
  t.deepEqual(ownDescriptors(), [])
})

test('Ebpf.close at any moment of a loadAsync leaves no descriptor, program or map', async (t) => {
  for (let turn = 0; turn < 60; turn++) {
    const { bpf, slow, quick } = openSlow(t)
    const loads = [slow.loadAsync(), quick.loadAsync()]
    const end = performance.now() + (turn % 20) / 10
    while (performance.now() < end) slow.asRawFd()
    if (turn % 3 === 0) await new Promise(setImmediate)
    bpf.close()
    for (const outcome of await Promise.allSettled(loads)) {
      if (outcome.status === 'rejected') t.is((outcome.reason as EbpfError).code, 'ERR_EBPF_CLOSED')
    }
  }
  t.deepEqual(ownDescriptors(), [])
})

test('many loads at once, of many objects, more than there are threads for them, all finish', async (t) => {
  const programs = Array.from({ length: 12 }, () => openFixture(t, 'cgroup_skb').programs()).flat()
  await Promise.all(programs.map(([, program]) => program.loadAsync()))
  t.is(new Set(programs.map(([, program]) => program.info().id)).size, programs.length)
  loaded(openFixture(t, 'refused'), 'fine')
})
