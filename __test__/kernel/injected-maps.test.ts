// Maps that are given to an object by name, in place of its own: shared, compared before anything is made, and nobody's loss.
import { join } from 'node:path'
import test from 'ava'
import { ArrayMap, ArrayOfMaps, EbpfError, EbpfLoader, type Ebpf, type LoadOptions } from 'ayajs'
import { showMap, showMaps } from '../helpers/bpftool.ts'
import { fixturePath, loaded, mapOf, openFixture, takenFrom, u32Key, u64 } from '../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { until } from '../helpers/poll.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

for (const door of doors) {
  test(`${door.name} uses the map that maps gives, and both objects count in it`, async (t) => {
    const one = openFixture(t, 'cgroup_skb')
    const other = await door.open(t, 'cgroup_skb', { maps: { packets: mapOf(one, 'packets') } })
    const { id } = mapOf(one, 'packets').info()
    t.is(mapOf(other, 'packets').info().id, id)
    t.not(mapOf(other, 'packets').fd(), mapOf(one, 'packets').fd())
    for (const [bpf, repeat] of [
      [one, 2],
      [other, 3],
    ] as const) {
      const program = loaded(bpf, 'count_egress')
      t.deepEqual(program.info().mapIds, [id])
      program.testRun({ packet, repeat })
    }
    t.is(counted(one), 5n)
    t.is(counted(other), 5n)
  })

  test(`${door.name} refuses a given map of another shape, with both shapes named, and makes nothing`, async (t) => {
    const maps = { packets: mapOf(openFixture(t, 'maps'), 'array') }
    const before = ownDescriptors()
    const error = await t.throwsAsync(door.open(t, 'cgroup_skb', { maps }), { instanceOf: EbpfError })
    t.like(error, { code: 'ERR_EBPF_MAP', map: 'packets' })
    t.regex(error?.message ?? '', /it is an Array map \(key 4 bytes, value 8 bytes, 2 entries, flags 0x0\)/)
    t.regex(error?.message ?? '', /the object wants an Array map \(key 4 bytes, value 8 bytes, 4 entries, flags 0x0\)/)
    t.deepEqual(ownDescriptors(), before)
  })

  test(`${door.name} throws ERR_EBPF_CLOSED for a given map that is closed`, async (t) => {
    const map = takenFrom(openFixture(t, 'cgroup_skb'), 'packets')
    map.close()
    await t.throwsAsync(door.open(t, 'cgroup_skb', { maps: { packets: map } }), { code: 'ERR_EBPF_CLOSED' })
  })
}

test('the map that an object would have made is freed when another one is given', async (t) => {
  const one = openFixture(t, 'cgroup_skb')
  const before = new Set(showMaps().map(({ id }) => id))
  const other = openFixture(t, 'cgroup_skb', { maps: { packets: mapOf(one, 'packets') } })
  const made = (): unknown[] => showMaps().filter(({ id, name }) => name === 'packets' && !before.has(id))
  t.true(await until(() => made().length === 0))
  const descriptors = ownDescriptors().filter((line) => line.includes('bpf-map'))
  t.is(descriptors.length, 4, 'of either object .rodata and packets')
  other.close()
})

test('a program that is loaded after the giver was closed uses the given map', async (t) => {
  const one = openFixture(t, 'cgroup_skb')
  const { id } = mapOf(one, 'packets').info()
  const other = openFixture(t, 'cgroup_skb', { maps: { packets: mapOf(one, 'packets') } })
  loaded(one, 'count_egress').testRun({ packet, repeat: 2 })
  one.close()
  const program = loaded(other, 'count_egress')
  t.deepEqual(program.info().mapIds, [id])
  program.testRun({ packet })
  t.is(counted(other), 3n)
  other.close()
  t.true(await until(() => showMap(id) === null))
})

test('closing the object that was given a map leaves that map to its giver', (t) => {
  const one = openFixture(t, 'cgroup_skb')
  const other = openFixture(t, 'cgroup_skb', { maps: { packets: mapOf(one, 'packets') } })
  loaded(other, 'count_egress').testRun({ packet })
  other.close()
  t.is(counted(one), 1n)
})

test('maps of every kind can be given: hash, LRU, per CPU, ring buffer, and several at once', (t) => {
  const one = openFixture(t, 'maps')
  const names = ['array', 'percpu_array', 'hash', 'lru_hash', 'ringbuf'] as const
  const maps = Object.fromEntries(names.map((name) => [name, mapOf(one, name)]))
  const other = openFixture(t, 'maps', { maps })
  t.deepEqual(
    names.map((name) => mapOf(other, name).info().id),
    names.map((name) => mapOf(one, name).info().id),
  )
  loaded(other, 'use_maps').testRun({ packet })
  t.is([...mapOf(one, 'hash').keys()].length, 1)
})

test('a given map fits a definition that mapMaxEntries makes as large', (t) => {
  const one = openFixture(t, 'maps', { mapMaxEntries: { hash: 7 } })
  const maps = { hash: mapOf(one, 'hash') }
  t.is(mapOf(openFixture(t, 'maps', { mapMaxEntries: { hash: 7 }, maps }), 'hash').info().maxEntries, 7)
  t.throws(() => openFixture(t, 'maps', { maps }), { code: 'ERR_EBPF_MAP', message: /7 entries.*wants.*64 entries/ })
})

interface Refusal {
  readonly what: string
  readonly options: (one: Ebpf) => LoadOptions
  readonly code: string
  readonly says: RegExp
}

const refusals: readonly Refusal[] = [
  {
    what: 'for a section of global variables',
    options: (one) => ({ maps: { '.data': mapOf(one, '.data') } }),
    code: 'ERR_EBPF_MAP',
    says: /".data" cannot be the given one: it holds the global variables/,
  },
  {
    what: 'of another type',
    options: (one) => ({ maps: { lru_hash: mapOf(one, 'hash') } }),
    code: 'ERR_EBPF_MAP',
    says: /it is a Hash map.*the object wants a LruHash map/,
  },
  {
    what: 'under a name that the object does not have',
    options: (one) => ({ maps: { hashes: mapOf(one, 'hash') } }),
    code: 'ERR_EBPF_NOT_FOUND',
    says: /no map "hashes".*Did you mean "hash"/,
  },
  {
    what: 'that is to be pinned too',
    options: (one) => ({ maps: { hash: mapOf(one, 'hash') }, mapPinPath: { hash: '/sys/fs/bpf/never' } }),
    code: 'ERR_INVALID_ARG_VALUE',
    says: /"options.maps.hash" must not be in mapPinPath too/,
  },
  {
    what: 'that is none',
    options: () => ({ maps: { hash: {} } }) as unknown as LoadOptions,
    code: 'ERR_INVALID_ARG_TYPE',
    says: /"options.maps.hash" argument must be an instance of MapBase. Received an instance of Object/,
  },
]

for (const { what, options, code, says } of refusals) {
  test(`a given map ${what} is refused`, (t) => {
    const one = openFixture(t, 'maps')
    const before = ownDescriptors()
    const error = t.throws(() => openFixture(t, 'maps', options(one)), { message: says })
    t.is((error as NodeJS.ErrnoException).code, code)
    t.deepEqual(ownDescriptors(), before)
  })
}

test('a given map for one that the object pins by its name is refused, and nothing is pinned', (t) => {
  const defaultMapPinDirectory = makePinDirectory(t)
  const one = openFixture(t, 'pinned', { defaultMapPinDirectory })
  const elsewhere = makePinDirectory(t)
  const maps = { shared: mapOf(one, 'shared') }
  const open = (): unknown => openFixture(t, 'pinned', { defaultMapPinDirectory: elsewhere, maps })
  t.throws(open, { code: 'ERR_EBPF_MAP', message: new RegExp(`it is pinned, at ${join(elsewhere, 'shared')}`) })
})

test('a given map of maps is refused when it holds maps of another shape, and taken when it holds none', (t) => {
  const inner = ArrayMap.create({ valueSize: 8, maxEntries: 2 })
  t.teardown(() => inner.close())
  const outer = ArrayOfMaps.create({ maxEntries: 3, inner })
  t.teardown(() => outer.close())
  const open = (): Ebpf => openFixture(t, 'nested_arrays', { maps: { outer } })
  t.is(mapOf(open(), 'outer').info().id, outer.info().id)
  outer.set(2, inner)
  const says = /it holds an Array map \(key 4 bytes, value 8 bytes.*wants it to hold an Array map \(.*value 560 bytes/
  t.throws(open, { code: 'ERR_EBPF_MAP', message: says })
})

test('a builder that was given a map twice uses the later one', (t) => {
  const [one, two] = [openFixture(t, 'cgroup_skb'), openFixture(t, 'cgroup_skb')]
  const loader = new EbpfLoader().useMap('packets', mapOf(one, 'packets')).useMap('packets', mapOf(two, 'packets'))
  const bpf = loader.loadFile(fixturePath('cgroup_skb'))
  t.is(mapOf(bpf, 'packets').info().id, mapOf(two, 'packets').info().id)
  bpf.close()
})

function counted(bpf: Ebpf): bigint {
  return u64(mapOf(bpf, 'packets').get(u32Key(0)))
}
