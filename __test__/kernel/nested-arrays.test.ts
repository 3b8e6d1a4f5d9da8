// Keys and values that are arrays of arrays: aya takes the inner dimension for the whole, libbpf and the kernel do not.
import test from 'ava'
import { bpftool } from '../helpers/bpftool.ts'
import { loaded, mapOf, openFixture, u32Key } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

const sizes: readonly { map: string; keySize: number; valueSize: number }[] = [
  { map: 'bytes', keySize: 4, valueSize: 6 },
  { map: 'by_table', keySize: 64, valueSize: 12 },
  { map: 'inner', keySize: 4, valueSize: 560 },
  { map: 'outer', keySize: 4, valueSize: 4 },
]

for (const door of doors) {
  test(`${door.name} makes maps of nested arrays in their true size`, async (t) => {
    const bpf = await door.open(t, 'nested_arrays')
    for (const { map, ...size } of sizes) t.like(mapOf(bpf, map).info(), size, map)
  })
}

test('a program writes a nested array, user space reads all of it, and the kernel knows its type', (t) => {
  const bpf = openFixture(t, 'nested_arrays')
  loaded(bpf, 'fill_bytes').testRun({ packet })
  const map = mapOf(bpf, 'bytes')
  t.deepEqual(map.get(u32Key(0)), Uint8Array.of(0, 1, 2, 10, 11, 12))
  const [first] = bpftool('map', 'dump', 'id', `${map.info().id}`) as { formatted: { value: unknown } }[]
  const rows = [
    [0, 1, 2],
    [10, 11, 12],
  ]
  t.deepEqual(first?.formatted.value, rows)
})

test('a map of maps takes inner maps of nested arrays', (t) => {
  const bpf = openFixture(t, 'nested_arrays')
  const [outer, inner] = [mapOf(bpf, 'outer'), mapOf(bpf, 'inner')]
  const slot = ['key', '1', '0', '0', '0', 'value', 'id', `${inner.info().id}`]
  t.notThrows(() => bpftool('map', 'update', 'id', `${outer.info().id}`, ...slot))
})

test('maps of nested arrays can be given to other objects, and have their numbers of entries set', (t) => {
  const one = openFixture(t, 'nested_arrays', { mapMaxEntries: { by_table: 3 } })
  const maps = { by_table: mapOf(one, 'by_table'), outer: mapOf(one, 'outer') }
  const other = openFixture(t, 'nested_arrays', { mapMaxEntries: { by_table: 3 }, maps })
  t.is(mapOf(other, 'by_table').info().id, mapOf(one, 'by_table').info().id)
  t.is(mapOf(other, 'by_table').info().maxEntries, 3)
  t.is(mapOf(other, 'outer').info().id, mapOf(one, 'outer').info().id)
})
