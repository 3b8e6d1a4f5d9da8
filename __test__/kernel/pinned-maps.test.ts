// Maps that are pinned: made where nothing is, used again where one of the same shape is, refused where anything else is.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { CgroupSkb, EbpfError, type LoadOptions } from 'ayajs'
import { bpftool, showMap } from '../helpers/bpftool.ts'
import { loaded, mapOf, openFixture, u32Key, u64 } from '../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'
import { makePinDirectory } from '../helpers/pins.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

for (const door of doors) {
  test(`${door.name} pins a map by its name in defaultMapPinDirectory, and uses it again`, async (t) => {
    const directory = makePinDirectory(t)
    const options = { defaultMapPinDirectory: directory }
    const one = await door.open(t, 'pinned', options)
    t.deepEqual(readdirSync(directory), ['shared'])
    const other = await door.open(t, 'pinned', options)
    t.is(mapOf(other, 'shared').info().id, mapOf(one, 'shared').info().id)
    t.deepEqual(loaded(other, 'count_shared').info().mapIds, [mapOf(one, 'shared').info().id])
  })

  test(`${door.name} pins a map at its mapPinPath, and uses it again`, async (t) => {
    const path = join(makePinDirectory(t), 'counters')
    const one = await door.open(t, 'cgroup_skb', { mapPinPath: { packets: path } })
    loaded(one, 'count_egress').testRun({ packet, repeat: 3 })
    const { id } = mapOf(one, 'packets').info()
    one.close()
    t.is(showMap(id)?.type, 'array', 'the pin keeps it')
    const other = await door.open(t, 'cgroup_skb', { mapPinPath: { packets: path } })
    t.is(mapOf(other, 'packets').info().id, id)
    t.is(u64(mapOf(other, 'packets').get(u32Key(0))), 3n)
  })

  test(`${door.name} refuses a pinned map of another shape, with both shapes named`, async (t) => {
    const directory = makePinDirectory(t)
    const options = { defaultMapPinDirectory: directory }
    const { id } = mapOf(await door.open(t, 'pinned', options), 'shared').info()
    const before = ownDescriptors()
    const error = await t.throwsAsync(door.open(t, 'pinned_wide', options), { instanceOf: EbpfError })
    t.like(error, { code: 'ERR_EBPF_MAP', map: 'shared', path: join(directory, 'shared') })
    t.regex(error?.message ?? '', /it is a Hash map \(key 4 bytes, value 8 bytes, 8 entries, flags 0x0\)/)
    t.regex(error?.message ?? '', /the object wants a Hash map \(key 4 bytes, value 64 bytes, 8 entries, flags 0x0\)/)
    t.deepEqual(ownDescriptors(), before)
    t.is((bpftool('map', 'show', 'pinned', join(directory, 'shared')) as { id: number }).id, id)
  })
}

/** What of a pinned map must be the same, as far as options can change it. */
const changes: readonly { what: string; options: LoadOptions; says: RegExp }[] = [
  { what: 'of another size', options: { mapMaxEntries: { hash: 65 } }, says: /64 entries.*wants.*65 entries/ },
  { what: 'of another type', options: { mapPinPath: {} }, says: /is a Hash map.*wants a LruHash map/ },
]

for (const { what, options, says } of changes) {
  test(`a pinned map ${what} is refused`, (t) => {
    const path = join(makePinDirectory(t), 'map')
    openFixture(t, 'maps', { mapPinPath: { hash: path } })
    const name = options.mapMaxEntries === undefined ? 'lru_hash' : 'hash'
    const open = (): unknown => openFixture(t, 'maps', { ...options, mapPinPath: { [name]: path } })
    t.throws(open, { code: 'ERR_EBPF_MAP', message: says })
  })
}

test('a pinned map of another shape keeps its data: no initial values of globals are written into it', (t) => {
  const path = join(makePinDirectory(t), 'data')
  const one = openFixture(t, 'maps', { mapPinPath: { '.data': path } })
  t.is(u64(mapOf(one, '.data').get(u32Key(0))), 2n)
  const open = (): unknown => openFixture(t, 'cgroup_skb', { mapPinPath: { '.rodata': path } })
  t.throws(open, { code: 'ERR_EBPF_MAP', message: /value 8 bytes.*wants.*value 12 bytes/ })
  t.is(u64(mapOf(one, '.data').get(u32Key(0))), 2n)
})

test('a ring buffer that is pinned is used again, though its size was rounded up', (t) => {
  const path = join(makePinDirectory(t), 'ringbuf')
  const one = openFixture(t, 'maps', { mapPinPath: { ringbuf: path } })
  const other = openFixture(t, 'maps', { mapPinPath: { ringbuf: path } })
  t.is(mapOf(other, 'ringbuf').info().id, mapOf(one, 'ringbuf').info().id)
})

test('a program that is pinned where a map is wanted is refused as no map, and stays pinned', (t) => {
  const path = join(makePinDirectory(t), 'shared')
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  bpftool('prog', 'pin', 'id', `${program.info().id}`, path)
  const error = t.throws(() => openFixture(t, 'pinned', { mapPinPath: { shared: path } }), { code: 'ERR_EBPF_MAP' })
  t.regex(error?.message ?? '', /it is not a map/)
  t.is((bpftool('prog', 'show', 'pinned', path) as { id: number }).id, program.info().id)
})

test('mapPinPath goes before the name that the object pins by', (t) => {
  const directory = makePinDirectory(t)
  const mapPinPath = { shared: pathToFileURL(join(directory, 'elsewhere')) }
  openFixture(t, 'pinned', { defaultMapPinDirectory: directory, mapPinPath })
  t.deepEqual(readdirSync(directory), ['elsewhere'])
})

test('a directory for pins that is not there is an error, and nothing is left open', (t) => {
  const directory = join(makePinDirectory(t), 'absent')
  const open = (): unknown => openFixture(t, 'pinned', { defaultMapPinDirectory: directory })
  t.throws(open, {
    instanceOf: EbpfError,
    code: 'ERR_EBPF_PIN',
    message: /map "shared" at .*No such file or directory/,
  })
  t.deepEqual(ownDescriptors(), [])
})

test('a path for pins outside the BPF file system is an error, and nothing is left there', (t) => {
  const directory = '/proc'
  const open = (): unknown => openFixture(t, 'pinned', { defaultMapPinDirectory: directory })
  t.throws(open, { instanceOf: EbpfError, code: 'ERR_EBPF_PIN' })
  t.deepEqual(ownDescriptors(), [])
})

test('takeMap of a pinned map leaves the pin, and so does close', (t) => {
  const directory = makePinDirectory(t)
  const bpf = openFixture(t, 'pinned', { defaultMapPinDirectory: directory })
  bpf.takeMap('shared')?.close()
  bpf.close()
  t.deepEqual(readdirSync(directory), ['shared'])
})

test('a program counts in a map that another object made and pinned', (t) => {
  const path = join(makePinDirectory(t), 'packets')
  const one = openFixture(t, 'cgroup_skb', { mapPinPath: { packets: path } })
  const other = openFixture(t, 'cgroup_skb', { mapPinPath: { packets: path } })
  CgroupSkb.tryFrom(other.program('count_egress')).load()
  CgroupSkb.tryFrom(other.program('count_egress')).testRun({ packet, repeat: 4 })
  t.is(u64(mapOf(one, 'packets').get(u32Key(0))), 4n)
})

// The object is open, its maps are made and pinned, before the names are looked at; close() leaves pins.
test('Ebpf.loadFile that refuses a misspelled name pins none of the maps', (t) => {
  const directory = makePinDirectory(t)
  const mapPinPath = { packets: join(directory, 'packets'), packet: join(directory, 'packet') }
  t.throws(() => openFixture(t, 'cgroup_skb', { mapPinPath }), { code: 'ERR_EBPF_NOT_FOUND' })
  t.deepEqual(readdirSync(directory), [])
})

test('opening an object whose variables are pinned leaves them as its programs have made them', (t) => {
  const directory = makePinDirectory(t)
  const mapPinPath = Object.fromEntries(
    ['.bss', '.data', '.rodata'].map((name) => [name, join(directory, name.slice(1))]),
  )
  const first = openFixture(t, 'globals', { mapPinPath })
  const variables = first.globals as Record<string, unknown>
  const before = { ...variables }
  const changed = Object.keys(before).filter((name) => typeof before[name] === 'bigint' && canBeSet(variables, name))
  t.true(changed.length > 1)
  for (const name of changed) variables[name] = 41n
  const second = openFixture(t, 'globals', { mapPinPath }).globals as Record<string, unknown>
  for (const name of changed) t.is(second[name], 41n, name)
  for (const [name, value] of Object.entries(before))
    if (!changed.includes(name)) t.deepEqual(second[name], value, name)
})

function canBeSet(variables: Record<string, unknown>, name: string): boolean {
  try {
    variables[name] = 1n
    return true
  } catch {
    return false
  }
}

test('a map of an object knows where it is pinned: unpin removes that file, and a second pin is refused', (t) => {
  const directory = makePinDirectory(t)
  for (const what of ['made', 'found']) {
    const map = mapOf(openFixture(t, 'pinned', { defaultMapPinDirectory: directory }), 'shared')
    t.throws(() => map.pin(join(directory, 'again')), { code: 'ERR_EBPF_PIN' }, what)
  }
  mapOf(openFixture(t, 'pinned', { defaultMapPinDirectory: directory }), 'shared').unpin()
  t.deepEqual(readdirSync(directory), [])
})

test('an object that cannot be opened leaves no pins behind, and those that were there', (t) => {
  const directory = makePinDirectory(t)
  openFixture(t, 'pinned', { defaultMapPinDirectory: directory })
  const paths = { bytes: join(directory, 'bytes'), counters: '/proc/counters' }
  const open = (): unknown => openFixture(t, 'maps', { mapPinPath: { array: paths.bytes, hash: paths.counters } })
  t.throws(open, { code: 'ERR_EBPF_PIN', message: /map "hash" at \/proc\/counters/ })
  t.deepEqual(readdirSync(directory), ['shared'])
})

test('a name with a dot is told as what a bpf file system does not take', (t) => {
  const mapPinPath = { shared: join(makePinDirectory(t), 'a.b') }
  const message = /Operation not permitted \(EPERM\); a bpf file system takes no names with a dot\./
  t.throws(() => openFixture(t, 'pinned', { mapPinPath }), { code: 'ERR_EBPF_PIN', message })
})
