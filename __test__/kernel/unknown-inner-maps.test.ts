// Maps of maps of which an object does not say what maps they hold: made by us and given, or pinned before; else refused.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ArrayMap, ArrayOfMaps, EbpfError, HashOfMaps, describeObject, type MapBase } from 'ayajs'
import { showMap } from '../helpers/bpftool.ts'
import { fixturePath, loaded, mapOf, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'
import type { Owner } from '../helpers/owner.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { packet } from '../helpers/rings.ts'

leaveNothingBehind(test)

function closedAtTheEnd<M extends MapBase>(t: Owner, map: M): M {
  t.teardown(() => map.close())
  return map
}

const counters = (t: Owner): ArrayMap => closedAtTheEnd(t, ArrayMap.create({ valueSize: 8, maxEntries: 1 }))

const byKey = (t: Owner, inner: MapBase, maxEntries = 4): HashOfMaps =>
  closedAtTheEnd(t, HashOfMaps.create({ keySize: 4, maxEntries, inner }))

const byIndex = (t: Owner, inner: MapBase): ArrayOfMaps =>
  closedAtTheEnd(t, ArrayOfMaps.create({ maxEntries: 2, inner }))

for (const door of doors) {
  test(`${door.name} uses maps of maps that are given and pinned before where the object cannot make them`, async (t) => {
    const defaultMapPinDirectory = makePinDirectory(t)
    const [counted, given] = [counters(t), byKey(t, counters(t))]
    byIndex(t, counted).pin(join(defaultMapPinDirectory, 'by_index'))
    const bpf = await door.open(t, 'unknown_inner', { defaultMapPinDirectory, maps: { by_key: given } })
    const program = loaded(bpf, 'count')
    const ids = ['by_key', 'by_index'].map((name) => mapOf(bpf, name).info().id)
    t.deepEqual([...program.info().mapIds].sort(), [...ids].sort())
    t.is(ids[0], given.info().id)
    t.is(showMap(ids[1] ?? 0)?.type, 'array_of_maps')

    program.testRun({ packet, repeat: 2 })
    const outer = bpf.map('by_index')
    if (!(outer instanceof ArrayOfMaps)) return t.fail('it is no ArrayOfMaps')
    outer.set(0, counted)
    program.testRun({ packet, repeat: 3 })
    t.deepEqual(counted.get(0), Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0))
  })

  test(`${door.name} refuses such maps that nobody has made, says how to make them, and makes nothing`, async (t) => {
    const defaultMapPinDirectory = makePinDirectory(t)
    const maps = { by_key: byKey(t, counters(t)) }
    const before = ownDescriptors()
    const error = await t.throwsAsync(door.open(t, 'unknown_inner', { defaultMapPinDirectory, maps }), {
      instanceOf: EbpfError,
      code: 'ERR_EBPF_MAP',
    })
    t.is(error?.map, 'by_index')
    t.regex(error?.message ?? '', /is a map of maps, and the object does not say of which maps/)
    const pin = join(defaultMapPinDirectory, 'by_index')
    t.regex(
      error?.message ?? '',
      new RegExp(`Make one by ArrayOfMaps\\.create, with its option inner, and pin it at ${pin}`),
    )
    await t.throwsAsync(door.open(t, 'unknown_inner'), {
      code: 'ERR_EBPF_MAP',
      message: /Make one by HashOfMaps\.create, with its option inner, and give it by the option maps: \{ by_key \}/,
    })
    t.deepEqual(ownDescriptors(), before)
  })
}

test('such a map that is given must have the shape of the definition', (t) => {
  const inner = counters(t)
  const open = (by_key: MapBase): unknown => openFixture(t, 'unknown_inner', { maps: { by_key } })
  const wanted = 'the object wants a HashOfMaps map (key 4 bytes, value 4 bytes, 4 entries, flags 0x0)'
  for (const map of [byKey(t, inner, 5), byIndex(t, inner), inner]) {
    const error = t.throws(() => open(map), { code: 'ERR_EBPF_MAP' })
    t.true(error?.message.includes(wanted), error?.message)
  }
})

test('mapMaxEntries and mapPinPath count for such a map', (t) => {
  const directory = makePinDirectory(t)
  const mapPinPath = { by_key: join(directory, 'keys'), by_index: join(directory, 'indices') }
  byKey(t, counters(t), 9).pin(mapPinPath.by_key)
  byIndex(t, counters(t)).pin(mapPinPath.by_index)
  const bpf = openFixture(t, 'unknown_inner', { mapMaxEntries: { by_key: 9 }, mapPinPath })
  t.is(mapOf(bpf, 'by_key').info().maxEntries, 9)
  t.notThrows(() => loaded(bpf, 'count'))
})

test('describeObject lists such maps with their classes, and no inner map', (t) => {
  const { maps } = describeObject(readFileSync(fixturePath('unknown_inner')))
  t.deepEqual(
    maps.map(({ name, mapType, inner, pinned }) => ({ name, mapType, inner, pinned })),
    [
      { name: 'by_key', mapType: 'HashOfMaps', inner: null, pinned: false },
      { name: 'by_index', mapType: 'ArrayOfMaps', inner: null, pinned: true },
    ],
  )
})
