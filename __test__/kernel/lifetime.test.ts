// The sentences of docs/lifetime.md about objects, programs, links and maps: each is the title of one test.
import test from 'ava'
import { CgroupSkb, CgroupSkbAttachType, Ebpf } from 'ayajs'
import { attachedIds, showLink, showProgram } from '../helpers/bpftool.ts'
import { makeCgroup } from '../helpers/cgroup.ts'
import { fixturePath, loaded, mapOf, openFixture, takenFrom, u32Key, u64 } from '../helpers/fixtures.ts'
import { heldBy, stillThere, whatStays } from '../helpers/held.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import { otherLines, sentences, titles } from '../helpers/lifetime-titles.ts'
import { until } from '../helpers/poll.ts'
import { isCaught, openSlow } from '../helpers/slow-load.ts'

leaveNothingBehind(test)

const { Egress, Ingress } = CgroupSkbAttachType

test.serial('every sentence of docs/lifetime.md is the title of a test', (t) => {
  t.deepEqual([...sentences()].sort(), [...titles()].sort())
  t.is(new Set(titles()).size, titles().length)
  t.deepEqual(otherLines(), [])
})

test('An `Ebpf` holds its maps, the programs that are loaded and their links until `close()` or the end of its environment', async (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  loaded(bpf, 'count_egress').attach(makeCgroup(t).path, Egress)
  const held = heldBy(bpf, 1)
  t.deepEqual(stillThere(held), held)
  t.is(held.programs.length, 1)
  t.is(held.maps.length, 2)
  bpf.close()
  t.deepEqual(await whatStays(held), [])
})

test('`close()` detaches the links that the programs own, unloads the programs and closes the maps, before it returns', (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_any')
  program.attach(path, Egress)
  program.attach(path, Ingress)
  bpf.close()
  t.deepEqual([...attachedIds(path, 'egress'), ...attachedIds(path, 'ingress')], [])
  t.deepEqual(ownDescriptors(), [])
})

test('`close()` does nothing the second time', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  bpf.close()
  // A descriptor that was closed twice would be one of these.
  const other = openFixture(t, 'cgroup_skb')
  const descriptors = ownDescriptors()
  t.notThrows(() => bpf.close())
  t.deepEqual(ownDescriptors(), descriptors)
  t.notThrows(() => loaded(other, 'count_egress'))
})

test('`using bpf = …` closes the object at the end of its block, also when the block throws', (t) => {
  const opened: Ebpf[] = []
  const block = (fails: boolean): void => {
    using bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
    opened.push(bpf)
    loaded(bpf, 'count_egress')
    if (fails) throw new Error('on purpose')
  }
  block(false)
  t.throws(() => block(true), { message: 'on purpose' })
  t.deepEqual(
    opened.map(({ closed }) => closed),
    [true, true],
  )
  t.deepEqual(ownDescriptors(), [])
})

test('A load that runs while `close()` is called ends first, and is rejected with `ERR_EBPF_CLOSED`', async (t) => {
  let rejected = 0
  for (let attempt = 0; attempt < 200 && rejected === 0; attempt++) {
    const { bpf, slow } = openSlow(t)
    const loading = slow.loadAsync()
    const caught = isCaught(slow)
    bpf.close()
    const [outcome] = await Promise.allSettled([loading])
    if (!caught || outcome.status === 'fulfilled') continue
    rejected++
    t.like(outcome.reason, { code: 'ERR_EBPF_CLOSED' })
    t.deepEqual(ownDescriptors(), [])
  }
  t.is(rejected, 1)
})

test('Every handle of a closed object throws `ERR_EBPF_CLOSED`, except links and maps that were taken', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  const linkId = program.attach(makeCgroup(t).path, Egress)
  const link = program.attachLink(makeCgroup(t).path, Egress)
  const map = mapOf(bpf, '.rodata')
  const taken = takenFrom(bpf, 'packets')
  bpf.close()
  const calls = [
    () => bpf.programs(),
    () => program.load(),
    () => program.info(),
    () => program.detach(linkId),
    () => map.get(u32Key(0)),
  ]
  for (const call of calls) t.throws(call, { code: 'ERR_EBPF_CLOSED' }, String(call))
  t.is(link.info().attachType, Egress)
  t.is(u64(taken.get(u32Key(0))), 0n)
  link.detach()
  taken.close()
})

test('A program stays loaded until `unload()` or the end of its object', async (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const ids = ['count_egress', 'count_ingress'].map((name) => loaded(bpf, name).info().id)
  const [unloaded = 0, kept = 0] = ids
  CgroupSkb.tryFrom(bpf.program('count_egress')).unload()
  t.true(await until(() => showProgram(unloaded) === null))
  t.not(showProgram(kept), null)
  bpf.close()
  t.true(await until(() => showProgram(kept) === null))
})

test('`unload()` detaches the links that the program owns, and leaves those that were taken', (t) => {
  const [one, other] = [makeCgroup(t), makeCgroup(t)]
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  program.attach(one.path, Egress)
  const link = program.attachLink(other.path, Egress)
  program.unload()
  t.deepEqual(
    [one, other].map(({ path }) => attachedIds(path).length),
    [0, 1],
  )
  link.detach()
})

test('The kernel keeps a program that was unloaded for as long as a taken link holds it attached', async (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const link = program.attachLink(makeCgroup(t).path, Egress)
  const { id } = program.info()
  program.unload()
  t.is(showProgram(id)?.name, 'count_egress')
  link.detach()
  t.true(await until(() => showProgram(id) === null))
})

test('Another object of the same file has programs, maps and links of its own', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = [openFixture(t, 'cgroup_skb'), openFixture(t, 'cgroup_skb')]
  for (const bpf of [one, other]) loaded(bpf, 'count_egress').attach(path, Egress)
  const held = heldBy(other, 1)
  one.close()
  t.deepEqual(stillThere(held), held)
  t.deepEqual(attachedIds(path), held.programs)
})

test('A link belongs to its program until `takeLink()`, and its id names it until then', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const link = program.takeLink(program.attach(path, Egress))
  const linkId = program.attach(path, Egress)
  program.detach(linkId)
  t.is(attachedIds(path).length, 1)
  program.unload()
  t.is(attachedIds(path).length, 1)
  link.detach()
  t.is(attachedIds(path).length, 0)
})

test('A link id that was used, or whose program was unloaded, names nothing ever again', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const [detached, taken, ended] = [1, 2, 3].map(() => program.attach(path, Egress)) as [never, never, never]
  program.detach(detached)
  program.takeLink(taken).detach()
  program.unload()
  program.load()
  for (let count = 0; count < 3; count++) program.attach(path, Egress)
  for (const linkId of [detached, taken, ended]) {
    t.throws(() => program.detach(linkId), { code: 'ERR_EBPF_NOT_ATTACHED' })
    t.throws(() => program.takeLink(linkId), { code: 'ERR_EBPF_NOT_ATTACHED' })
  }
  t.is(attachedIds(path).length, 3)
})

test('A taken link stays attached after `unload()` of its program and after `close()` of its object', (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  const link = program.attachLink(path, Egress)
  const { programId } = link.info()
  program.unload()
  t.deepEqual(attachedIds(path), [programId])
  bpf.close()
  t.deepEqual(attachedIds(path), [programId])
  link.detach()
})

test('A taken link ends with `detach()`', async (t) => {
  const { path } = makeCgroup(t)
  const link = loaded(openFixture(t, 'cgroup_skb'), 'count_egress').attachLink(path, Egress)
  const { id } = link.info()
  link.detach()
  t.deepEqual(attachedIds(path), [])
  t.true(await until(() => showLink(Number(id)) === null))
})
