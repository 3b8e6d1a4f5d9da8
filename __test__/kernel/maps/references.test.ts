// Maps that hold other things of the kernel: maps, programs, cgroups.
import test from 'ava'
import {
  ArrayMap,
  ArrayOfMaps,
  CgroupArray,
  HashMap,
  HashOfMaps,
  type MapBase,
  type MapOfMaps,
  ProgramArray,
  Queue,
} from 'ayajs'
import { bpftool, showMap } from '../../helpers/bpftool.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { loaded, openFixture, u32Key } from '../../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { closing, makeHash } from '../../helpers/map-kit.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

type Bytes = HashMap<Uint8Array, Uint8Array>

test('an array of maps holds maps, which can be closed then, and opens them anew', async (t) => {
  const inner = makeHash(t)
  const outer = closing(t, ArrayOfMaps.create({ maxEntries: 3, inner }))
  const held = makeHash(t, { name: 'held' }).set(u32Key(1), new Uint8Array(8).fill(5))
  const { id } = held.info()
  t.is(outer.length, 3)
  t.is(outer.set(1, held), outer)
  held.close()
  t.is(outer.mapId(1), id)
  t.deepEqual([outer.has(0), outer.has(1), outer.has(2)], [false, true, false])
  t.deepEqual([...outer.keys()], [1])
  const opened = closing(t, outer.get(1) as Bytes)
  t.true(opened instanceof HashMap)
  t.is(opened.info().id, id)
  t.deepEqual(opened.get(u32Key(1)), new Uint8Array(8).fill(5))
  opened.close()
  t.true(outer.delete(1))
  t.false(outer.delete(1))
  t.is(outer.get(1), undefined)
  t.true(await until(() => showMap(id) === null))
})

test('a hash of maps holds maps under keys', (t) => {
  const inner = closing(t, ArrayMap.create({ valueSize: 4, maxEntries: 2 }))
  const outer = closing(t, HashOfMaps.create({ keySize: 4, maxEntries: 3, inner }))
  const other = closing(t, ArrayMap.create({ valueSize: 4, maxEntries: 2 }))
  outer.set(u32Key(7), inner).set(u32Key(8), other)
  t.deepEqual([...outer.keys()].map(String).sort(), ['7,0,0,0', '8,0,0,0'])
  t.is(outer.mapId(u32Key(8)), other.info().id)
  t.is(outer.mapId(u32Key(9)), undefined)
  closing(t, outer.get(u32Key(7)) as ArrayMap<Uint8Array>).set(1, u32Key(99))
  t.deepEqual(inner.get(1), u32Key(99))
  t.like(
    t.throws(() => outer.set(u32Key(7), other, { noExist: true })),
    { errnoName: 'EEXIST' },
  )
  t.true(outer.delete(u32Key(7)))
  t.false(outer.has(u32Key(7)))
})

test('a map that is not like inner is refused, and so is what is no map', (t) => {
  const inner = makeHash(t)
  const outers: MapOfMaps<unknown, MapBase>[] = [
    closing(t, ArrayOfMaps.create<MapBase>({ maxEntries: 1, inner })),
    closing(t, HashOfMaps.create<unknown, MapBase>({ keySize: 4, maxEntries: 1, inner })),
  ]
  for (const [index, outer] of outers.entries()) {
    const key = index === 0 ? 0 : u32Key(0)
    const queue = closing(t, Queue.create({ valueSize: 4, maxEntries: 1 }))
    t.like(
      t.throws(() => outer.set(key, queue), { message: /is no map like the one that it was made for/ }),
      { code: 'ERR_EBPF_MAP', errnoName: 'EINVAL' },
    )
    for (const none of [null, undefined, 3, {}, inner.fd()]) {
      t.throws(() => outer.set(key, none as never), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
    }
    t.false(outer.has(key))
  }
})

test('a map of maps cannot be made without inner, nor with what is no map or closed', (t) => {
  const before = ownDescriptors()
  for (const inner of [undefined, null, {}, 7]) {
    const options = { maxEntries: 1, keySize: 4, inner: inner as never }
    t.throws(() => HashOfMaps.create(options), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
    const arrayOptions = { maxEntries: 1, inner: inner as never }
    t.throws(() => ArrayOfMaps.create(arrayOptions), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  }
  const closed = makeHash(t)
  closed.close()
  t.throws(() => ArrayOfMaps.create({ maxEntries: 1, inner: closed }), { code: 'ERR_EBPF_CLOSED' })
  t.deepEqual(ownDescriptors(), before)
})

test('a program array holds programs, as bpftool shows', (t) => {
  const array = closing(t, ProgramArray.create({ maxEntries: 4 }))
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  t.is(array.set(2, program), array)
  t.is(array.programId(2), program.info().id)
  t.deepEqual([array.has(1), array.has(2)], [false, true])
  t.deepEqual([...array.keys()], [2])
  t.is(JSON.stringify(bpftool('map', 'dump', 'id', `${array.info().id}`)).includes('"key":["0x02"'), true)
  t.true(array.delete(2))
  t.false(array.delete(2))
  t.is(array.programId(2), undefined)
  t.throws(() => array.set(0, {} as never), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  const other = bpf.program('drop_egress')
  t.throws(() => array.set(0, other as never), { code: 'ERR_EBPF_NOT_LOADED' })
})

test('a cgroup array takes a path or a descriptor, and refuses what is no cgroup', (t) => {
  const array = closing(t, CgroupArray.create({ maxEntries: 2 }))
  const { path } = makeCgroup(t)
  t.is(array.set(0, path), array)
  t.true(array.delete(0))
  t.false(array.delete(0))
  t.throws(() => array.set(0, '/proc'), { code: 'ERR_EBPF_NOT_CGROUP' })
  t.throws(() => array.set(0, '/absent'), { code: 'ERR_EBPF_FILE' })
  t.throws(() => array.set(0, null as never), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
})

test('slots behind the end are empty to read and a RangeError to write, and what is no index is one always', (t) => {
  const inner = makeHash(t)
  const maps = closing(t, ArrayOfMaps.create({ maxEntries: 2, inner }))
  const programs = closing(t, ProgramArray.create({ maxEntries: 2 }))
  const cgroups = closing(t, CgroupArray.create({ maxEntries: 2 }))
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const { path } = makeCgroup(t)
  for (const index of [2, 2 ** 32, -1, 0.5, NaN, Infinity]) {
    const calls = [
      () => maps.set(index, inner),
      () => maps.delete(index),
      () => programs.set(index, program),
      () => programs.delete(index),
      () => cgroups.set(index, path),
      () => cgroups.delete(index),
    ]
    for (const call of calls) t.throws(call, { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' }, String(call))
  }
  for (const index of [2 ** 32, -1, 0.5, NaN, Infinity]) {
    for (const call of [() => maps.get(index), () => programs.programId(index), () => programs.has(index)]) {
      t.throws(call, { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' }, String(call))
    }
  }
  t.deepEqual([maps.get(2), maps.mapId(2), programs.programId(2)], [undefined, undefined, undefined])
  t.deepEqual([maps.has(2), programs.has(2)], [false, false])
})
