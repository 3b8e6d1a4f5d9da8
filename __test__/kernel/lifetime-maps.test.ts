// The sentences of docs/lifetime.md about links that end by themselves, and about maps: each is the title of one test.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ArrayMap, ArrayOfMaps, CgroupSkbAttachType, MapBase, type Ebpf } from 'ayajs'
import { attachedIds, bpftool, showMap } from '../helpers/bpftool.ts'
import { makeCgroup, removeCgroup } from '../helpers/cgroup.ts'
import { loaded, mapOf, openFixture, takenFrom, u32Key, u64 } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { until } from '../helpers/poll.ts'
import { startTraffic } from '../helpers/traffic.ts'

leaveNothingBehind(test)

const { Egress } = CgroupSkbAttachType

test('`using link = …` detaches the link at the end of its block, unless that has been done', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const block = (detach: boolean): void => {
    using link = program.attachLink(path, Egress)
    t.is(attachedIds(path).length, 1)
    if (detach) link.detach()
  }
  block(false)
  t.is(attachedIds(path).length, 0)
  t.notThrows(() => block(true))
})

test('A link whose cgroup is removed attaches nothing any more, and is ours to detach all the same', async (t) => {
  const { path } = makeCgroup(t)
  const link = loaded(openFixture(t, 'cgroup_skb'), 'count_egress').attachLink(path, Egress)
  await removeCgroup(path)
  t.true(await until(() => link.info().cgroupId === 0n))
  t.notThrows(() => link.detach())
})

test('A map belongs to its object until `takeMap()`: until then its own `close()` does nothing', (t) => {
  const bpf = openFixture(t, 'maps')
  const map = mapOf(bpf, 'hash')
  map.close()
  t.false(map.closed)
  t.is(takenFrom(bpf, 'hash'), map)
  map.close()
  t.true(map.closed)
})

test('A taken map stays open after `close()` of its object, until its own `close()`, which does nothing the second time', async (t) => {
  const bpf = openFixture(t, 'maps')
  const map = takenFrom(bpf, 'array')
  const { id } = map.info()
  bpf.close()
  t.is(u64(map.get(u32Key(0))), 0n)
  t.is(showMap(id)?.type, 'array')
  map.close()
  t.true(await until(() => showMap(id) === null))
  t.notThrows(() => map.close())
})

test('A program that is loaded after its map was taken and closed uses that map all the same', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const map = takenFrom(bpf, 'packets')
  const { id } = map.info()
  map.close()
  t.deepEqual(loaded(bpf, 'count_egress').info().mapIds, [id])
})

test('The kernel keeps a map that was closed for as long as an attached program uses it', async (t) => {
  const cgroup = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const { id } = mapOf(bpf, 'packets').info()
  const link = loaded(bpf, 'count_egress').attachLink(cgroup.path, Egress)
  bpf.close()
  await startTraffic(t, cgroup).udp(4)
  const [first] = bpftool('map', 'dump', 'id', `${id}`) as { formatted: { value: number } }[]
  t.is(first?.formatted.value, 4)
  link.detach()
  t.true(await until(() => showMap(id) === null))
})

test('A pinned map outlives its object, and every process', async (t) => {
  const directory = makePinDirectory(t)
  const bpf = openFixture(t, 'maps', { mapPinPath: { hash: join(directory, 'hash') } })
  const { id } = mapOf(bpf, 'hash').info()
  const other = mapOf(bpf, 'array').info().id
  bpf.close()
  t.true(await until(() => showMap(other) === null))
  t.is(showMap(id)?.type, 'hash')
  t.deepEqual(readdirSync(directory), ['hash'])
})

test('A map that was given to an object stays open in either object when the other one is closed', (t) => {
  const [one, two] = [openFixture(t, 'cgroup_skb'), openFixture(t, 'cgroup_skb')]
  const receivers = [one, two].map((giver) => {
    return openFixture(t, 'cgroup_skb', { maps: { packets: mapOf(giver, 'packets') } })
  })
  const { id } = mapOf(one, 'packets').info()
  one.close()
  t.is(u64(mapOf(receivers[0] as Ebpf, 'packets').get(u32Key(0))), 0n)
  t.is(mapOf(receivers[0] as Ebpf, 'packets').info().id, id)
  receivers[1]?.close()
  t.is(u64(mapOf(two, 'packets').get(u32Key(0))), 0n)
})

test('A program that is loaded after the giver of a map was closed uses that map all the same', async (t) => {
  const giver = openFixture(t, 'cgroup_skb')
  const { id } = mapOf(giver, 'packets').info()
  const bpf = openFixture(t, 'cgroup_skb', { maps: { packets: mapOf(giver, 'packets') } })
  giver.close()
  t.deepEqual(loaded(bpf, 'count_egress').info().mapIds, [id])
  bpf.close()
  t.true(await until(() => showMap(id) === null))
})

test('A map that was opened by its id, from a pin or from a descriptor is a handle of its own: closing it closes no other, and removes no pin', async (t) => {
  const path = join(makePinDirectory(t), 'hash')
  const bpf = openFixture(t, 'maps', { mapPinPath: { hash: path } })
  const map = mapOf(bpf, 'hash')
  const { id } = map.info()
  for (const other of [MapBase.fromId(id), MapBase.fromPin(path), MapBase.fromFd(map.fd())]) {
    t.is(other.info().id, id)
    other.close()
    t.true(other.closed)
    t.false(map.closed)
  }
  const last = MapBase.fromPin(path)
  bpf.close()
  t.is(last.info().id, id)
  last.close()
  t.true(existsSync(path))
  rmSync(path)
  t.true(await until(() => showMap(id) === null))
})

test('A map that was made by `create` stays open until its own `close()`, or for as long as something in the kernel uses it', async (t) => {
  const map = ArrayMap.create({ valueSize: 8, maxEntries: 4 })
  const { id } = map.info()
  const bpf = openFixture(t, 'cgroup_skb', { maps: { packets: map } })
  const program = loaded(bpf, 'count_egress')
  t.deepEqual(program.info().mapIds, [id])
  map.close()
  t.true(map.closed)
  t.is(showMap(id)?.type, 'array')
  bpf.close()
  t.true(await until(() => showMap(id) === null))
})

test('A map that a map holds stays for as long as it is held, whoever closes it', async (t) => {
  const bpf = openFixture(t, 'nested_arrays')
  const outer = ArrayOfMaps.tryFrom(bpf.map('outer'))
  const inner = ArrayMap.create({ valueSize: 560, maxEntries: 2 })
  const { id } = inner.info()
  outer.set(0, inner)
  inner.close()
  const held = outer.get(0)
  t.is(held?.info().id, id)
  held?.close()
  t.is(outer.mapId(0), id)
  outer.delete(0)
  t.true(await until(() => showMap(id) === null))
})
