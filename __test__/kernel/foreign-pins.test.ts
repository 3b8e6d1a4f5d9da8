// Pins that objects for other loaders ask for: what has a meaning here is done, and the option mapPinPath settles the rest.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Ebpf, EbpfError, type LoadOptions } from 'ayajs'
import { bpftool } from '../helpers/bpftool.ts'
import { fixturePath, mapOf, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { root } from '../helpers/sources.ts'

leaveNothingBehind(test)

/** Where `inside` of legacy_iproute2 says how it is pinned, and `outside`, behind it (`struct bpf_elf_map`). */
const pinning = { inside: 24, outside: 36 + 24 } as const

const PIN_OBJECT_NS = 1
const PIN_GLOBAL_NS = 2

for (const [fixture, outer] of [
  ['legacy_maps', 'of_hashes'],
  ['legacy_maps', 'hash_of_arrays'],
  ['legacy_iproute2', 'outside'],
] as const) {
  test(`the map of maps ${outer} in the layout of ${fixture} is pinned at its mapPinPath, and used again`, (t) => {
    const path = join(makePinDirectory(t), 'outer')
    const options = { mapPinPath: { [outer]: path } }
    const { id } = mapOf(openFixture(t, fixture, options), outer).info()
    t.is((bpftool('map', 'show', 'pinned', path) as { id: number }).id, id)
    t.is(mapOf(openFixture(t, fixture, options), outer).info().id, id)
  })
}

test('a map of another shape that is pinned where a map of maps is wanted is refused, and stays', (t) => {
  const path = join(makePinDirectory(t), 'outer')
  const { id } = mapOf(openFixture(t, 'maps', { mapPinPath: { array: path } }), 'array').info()
  const options = { mapPinPath: { of_hashes: path } }
  const error = t.throws(() => openFixture(t, 'legacy_maps', options), { instanceOf: EbpfError })
  t.like(error, { code: 'ERR_EBPF_MAP', map: 'of_hashes', path })
  t.regex(error?.message ?? '', /it is an Array map .*the object wants an? ArrayOfMaps map/)
  t.is((bpftool('map', 'show', 'pinned', path) as { id: number }).id, id)
})

test('maps that iproute2 would share among all objects are pinned by their names, maps of maps too', (t) => {
  const directory = makePinDirectory(t)
  const options = { defaultMapPinDirectory: directory }
  const pins = { inside: PIN_GLOBAL_NS, outside: PIN_GLOBAL_NS }
  const one = openPinned(t, pins, options)
  t.deepEqual(readdirSync(directory).sort(), ['inside', 'outside'])
  const other = openPinned(t, pins, options)
  for (const name of ['inside', 'outside']) t.is(mapOf(other, name).info().id, mapOf(one, name).info().id)
})

test('maps that iproute2 would share within an object alone want a path of their own', (t) => {
  const pins = { inside: PIN_OBJECT_NS }
  const error = t.throws(() => openPinned(t, pins), { instanceOf: EbpfError, code: 'ERR_EBPF_UNSUPPORTED' })
  t.regex(error?.message ?? '', /"inside".*PIN_OBJECT_NS.*mapPinPath/)
  const directory = makePinDirectory(t)
  openPinned(t, pins, { mapPinPath: { inside: join(directory, 'there') } })
  t.deepEqual(readdirSync(directory), ['there'])
})

for (const name of ['refused_pinning', 'refused_legacy_namespace', 'map_legacy_gobpf']) {
  const map = name === 'map_legacy_gobpf' ? 'flows' : 'counters'
  test(`a mapPinPath counts before what ${name} says of pinning`, (t) => {
    const path = join(makePinDirectory(t), 'there')
    const object = join(root, '__test__/corpus/clang-16', `${name}.bpf.o`)
    const bpf = Ebpf.loadFile(object, { mapPinPath: { [map]: path } })
    t.teardown(() => bpf.close())
    t.is((bpftool('map', 'show', 'pinned', path) as { id: number }).id, mapOf(bpf, map).info().id)
  })
}

/** Opens legacy_iproute2 with other words on pinning. */
function openPinned(
  t: ExecutionContext,
  pins: Partial<Record<keyof typeof pinning, number>>,
  options: LoadOptions = {},
): Ebpf {
  const data = readFileSync(fixturePath('legacy_iproute2'))
  const definitions = data.indexOf(Buffer.from(Uint32Array.of(2, 4, 8, 1, 0, 42).buffer))
  for (const [map, value] of Object.entries(pins)) {
    data.writeUInt32LE(value, definitions + pinning[map as keyof typeof pinning])
  }
  const bpf = Ebpf.load(data, options)
  t.teardown(() => bpf.close())
  return bpf
}
