// Maps that hold maps and programs from the start, as the object's source says: `.values = { [2] = &inner }`.
import { join } from 'node:path'
import test from 'ava'
import { EbpfError, type Ebpf, type LoadOptions } from 'ayajs'
import { bpftool, showMap } from '../helpers/bpftool.ts'
import { loaded, mapOf, openFixture, u32Key, u64 } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'
import { makePinDirectory } from '../helpers/pins.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

const verdict = (index: number): LoadOptions => ({ globals: { verdict: index } })

for (const door of doors) {
  test(`${door.name} puts into maps of maps what they hold from the start`, async (t) => {
    const bpf = await door.open(t, 'map_initial')
    const id = (name: string): number => mapOf(bpf, name).info().id
    t.deepEqual(held(bpf, 'by_index'), { 1: id('first'), 3: id('second') })
    t.deepEqual(held(bpf, 'by_key'), { 2: id('second') })
    t.deepEqual(held(bpf, 'hidden_outer'), { 0: id('hidden') })
    t.deepEqual(held(bpf, 'verdicts'), {})
  })
}

test('a program finds the maps that are held, static ones too', (t) => {
  const bpf = openFixture(t, 'map_initial')
  loaded(bpf, 'dispatch').testRun({ packet, repeat: 4 })
  t.is(u64(mapOf(bpf, 'first').get(u32Key(0))), 4n)
  t.is(u64(mapOf(bpf, 'second').get(u32Key(0))), 0n)
})

test('a program takes its place in an array of programs when it is loaded, and not before', (t) => {
  const bpf = openFixture(t, 'map_initial', verdict(2))
  const dispatch = loaded(bpf, 'dispatch')
  t.is(dispatch.testRun({ packet }).returnValue, 3)
  const drop = loaded(bpf, 'drop')
  t.deepEqual(held(bpf, 'verdicts'), { 2: drop.info().id })
  t.is(dispatch.testRun({ packet }).returnValue, 0)
  loaded(bpf, 'let_pass')
  t.deepEqual(Object.keys(held(bpf, 'verdicts')), ['0', '2'])
})

test('a program that is loaded on another thread takes its place, too', async (t) => {
  const bpf = openFixture(t, 'map_initial', verdict(0))
  const dispatch = loaded(bpf, 'dispatch')
  await bpf.program('let_pass')?.loadAsync()
  t.is(dispatch.testRun({ packet }).returnValue, 1)
})

test('an inner map that is given is held in place of the own one', (t) => {
  const one = openFixture(t, 'map_initial')
  const other = openFixture(t, 'map_initial', { maps: { first: mapOf(one, 'first') } })
  t.is(held(other, 'by_index')[1], mapOf(one, 'first').info().id)
})

test('a map of maps that is given, or pinned already, keeps what it holds', (t) => {
  const one = openFixture(t, 'map_initial')
  const first = mapOf(one, 'first').info().id
  const path = join(makePinDirectory(t), 'outer')
  mapOf(one, 'by_index').pin(path)
  for (const options of [{ maps: { by_index: mapOf(one, 'by_index') } }, { mapPinPath: { by_index: path } }]) {
    const other = openFixture(t, 'map_initial', options)
    t.not(mapOf(other, 'first').info().id, first)
    t.is(held(other, 'by_index')[1], first)
  }
})

test('a slot behind the end of its map is refused by name', (t) => {
  const options = { mapMaxEntries: { by_index: 3 } }
  const error = t.throws(() => openFixture(t, 'map_initial', options), { instanceOf: EbpfError })
  t.like(error, { code: 'ERR_EBPF_MAP', map: 'by_index', syscall: 'BPF_MAP_UPDATE_ELEM', errnoName: 'E2BIG' })
  t.regex(error?.message ?? '', /cannot put map "second" into slot 3 of map "by_index"/i)
})

test('a program whose place does not exist stays unloaded, and can be loaded into another object', (t) => {
  const bpf = openFixture(t, 'map_initial', { mapMaxEntries: { verdicts: 1 } })
  const drop = bpf.program('drop')
  const error = t.throws(() => drop?.load(), { instanceOf: EbpfError })
  t.like(error, { code: 'ERR_EBPF_MAP', map: 'verdicts', program: 'drop', errnoName: 'E2BIG' })
  t.throws(() => drop?.fd(), { code: 'ERR_EBPF_NOT_LOADED' })
  t.notThrows(() => bpf.program('let_pass')?.load())
})

const layouts = [
  { fixture: 'legacy_maps', outer: 'of_hashes', type: 'array_of_maps', bytes_key: 4, max_entries: 3 },
  { fixture: 'legacy_maps', outer: 'hash_of_arrays', type: 'hash_of_maps', bytes_key: 2, max_entries: 5, flags: 1 },
  { fixture: 'legacy_iproute2', outer: 'outside', type: 'array_of_maps', bytes_key: 4, max_entries: 3 },
] as const

for (const { fixture, outer, ...shape } of layouts) {
  test(`the map of maps ${outer} in the layout of ${fixture} is what it says`, (t) => {
    const bpf = openFixture(t, fixture)
    t.like(showMap(mapOf(bpf, outer).info().id), { ...shape, name: outer, bytes_value: 4 })
  })

  test(`the map of maps ${outer} in the layout of ${fixture} can be given to another object`, (t) => {
    const one = openFixture(t, fixture)
    const other = openFixture(t, fixture, { maps: { [outer]: mapOf(one, outer) } })
    t.is(mapOf(other, outer).info().id, mapOf(one, outer).info().id)
    const wrong = { [outer]: mapOf(openFixture(t, 'maps'), 'array') }
    t.throws(() => openFixture(t, fixture, { maps: wrong }), { code: 'ERR_EBPF_MAP', message: /it is an Array map/ })
  })
}

test('a program looks into maps of maps in the layout of the samples', (t) => {
  const bpf = openFixture(t, 'legacy_maps')
  const program = loaded(bpf, 'look_twice')
  t.is(program.testRun({ packet }).returnValue, 0)
  const inner = mapOf(bpf, 'inner_hash')
  inner.set(u32Key(7), Uint8Array.of(1, 0))
  const slot = ['key', '0', '0', '0', '0', 'value', 'id', `${inner.info().id}`]
  bpftool('map', 'update', 'id', `${mapOf(bpf, 'of_hashes').info().id}`, ...slot)
  t.is(program.testRun({ packet }).returnValue, 1)
  t.is(u64(mapOf(bpf, 'counter').get(u32Key(0))), 2n)
})

test('iproute2 puts a map at the position that it names', (t) => {
  const bpf = openFixture(t, 'legacy_iproute2')
  t.deepEqual(held(bpf, 'outside'), { 2: mapOf(bpf, 'inside').info().id })
  loaded(bpf, 'count_inside').testRun({ packet, repeat: 5 })
  t.is(u64(mapOf(bpf, 'inside').get(u32Key(0))), 5n)
})

/** The ids that a map of maps or programs holds, by key. */
function held(bpf: Ebpf, name: string): Record<number, number> {
  const map = mapOf(bpf, name)
  const ids: Record<number, number> = {}
  for (let key = 0; key < map.info().maxEntries; key++) {
    const value = map.get(u32Key(key))
    if (value !== undefined) ids[key] = new DataView(value.buffer, value.byteOffset).getUint32(0, true)
  }
  return ids
}
