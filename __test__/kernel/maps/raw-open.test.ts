// Maps that no object of ours has made: by pin, id and descriptor, and new ones; their pins, types and freezing.
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import * as native from 'ayajs/native'
import type { RawMap } from '../../../dist/maps/raw/raw-map.js'
import { native as door } from '../../../dist/native.js'
import { bpftool, showMap } from '../../helpers/bpftool.ts'
import { commandOf, startChild } from '../../helpers/children.ts'
import { fixturePath } from '../../helpers/fixtures.ts'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { pinMap } from '../../helpers/pin-places.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { makeRawMap, put, rawMapOf, read, setKey, thrownBy } from '../../helpers/raw-maps.ts'

leaveNothingBehind(test)

const { MapData } = door()

function opened(t: ExecutionContext, map: native.MapData): native.MapData {
  t.teardown(() => map.close())
  return map
}

test('MapData.create makes the map that bpftool shows', (t) => {
  const settings = {
    mapType: 'LpmTrie',
    keySize: 8,
    valueSize: 12,
    maxEntries: 5,
    mapFlags: 1,
    name: 'a_name.of_20_chars_',
  }
  const map = opened(t, MapData.create(settings))
  t.is(map.name, 'a_name.of_20_chars_')
  const { id, name } = map.info()
  t.is(name, 'a_name.of_20_ch')
  t.like(showMap(id), { type: 'lpm_trie', bytes_key: 8, bytes_value: 12, max_entries: 5, flags: 1, name })
})

testIf('bloom-filter')('MapData.create makes Bloom filters with the number of hashes that is asked for', (t) => {
  const settings = { mapType: 'BloomFilter', keySize: 0, valueSize: 4, maxEntries: 5, mapExtra: 3n }
  t.is(opened(t, MapData.create(settings)).info().mapExtra, 3n)
})

/** Puts a map into a map of maps. */
function hold(outer: RawMap, inner: RawMap): void {
  setKey(outer, 1)
  outer.elements.value.view.setUint32(0, inner.native.fd(), true)
  outer.elements.update()
}

for (const create of ['create', 'createAsync'] as const) {
  test(`MapData.${create} makes a map of maps like another one`, async (t) => {
    const inner = makeRawMap(t)
    const settings = { mapType: 'HashOfMaps', keySize: 4, valueSize: 4, maxEntries: 2, innerFd: inner.native.fd() }
    const outer = rawMapOf(t, await MapData[create](settings))
    hold(outer, inner)
    t.true(outer.elements.lookup())
    t.is(outer.elements.value.view.getUint32(0, true), inner.native.info().id)
    const other = makeRawMap(t, { valueSize: 16 })
    const error = thrownBy(t, () => hold(outer, other))
    t.is(error.errnoName, 'EINVAL')
  })
}

test('MapData.createAsync makes a map while its model is closed', async (t) => {
  const inner = makeRawMap(t)
  const settings = { mapType: 'ArrayOfMaps', keySize: 4, valueSize: 4, maxEntries: 2, innerFd: inner.native.fd() }
  const making = MapData.createAsync(settings)
  inner.native.close()
  t.is(opened(t, await making).info().mapType, 'ArrayOfMaps')
})

const wrong: readonly { what: string; settings: Partial<Record<keyof native.MapSettings, unknown>>; code: string }[] = [
  { what: 'no type', settings: { mapType: 'Unspecified' }, code: 'ERR_INVALID_ARG_VALUE' },
  { what: "the kernel's spelling", settings: { mapType: 'hash' }, code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a name with a space', settings: { name: 'a b' }, code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a name with a NUL byte', settings: { name: 'a\0b' }, code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a name in Greek', settings: { name: 'χάρτης' }, code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a negative size', settings: { keySize: -1 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'half a byte', settings: { valueSize: 0.5 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'NaN entries', settings: { maxEntries: NaN }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'flags beyond 32 bits', settings: { mapFlags: 2 ** 32 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'extra beyond 64 bits', settings: { mapExtra: 2n ** 64n }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'a negative descriptor', settings: { innerFd: -1 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'a descriptor that is not open', settings: { innerFd: 2 ** 31 - 1 }, code: 'ERR_EBPF_MAP' },
  { what: 'a size that the kernel refuses', settings: { keySize: 0 }, code: 'ERR_EBPF_MAP' },
  { what: 'more memory than there is', settings: { maxEntries: 2 ** 31, valueSize: 2 ** 16 }, code: 'ERR_EBPF_MAP' },
]

for (const { what, settings, code } of wrong) {
  test(`MapData.create throws ${code} for ${what}, and so does createAsync`, async (t) => {
    const all = { mapType: 'Hash', keySize: 4, valueSize: 4, maxEntries: 1, ...settings } as native.MapSettings
    t.throws(() => MapData.create(all), { code })
    await t.throwsAsync(async () => MapData.createAsync(all), { code })
    t.deepEqual(ownDescriptors(), [])
  })
}

test('what the kernel refuses to create is described', (t) => {
  const settings = { mapType: 'Array', keySize: 8, valueSize: 4, maxEntries: 7, mapFlags: 2, name: 'wide' }
  const error = thrownBy(t, () => MapData.create(settings))
  t.like(error, { code: 'ERR_EBPF_MAP', syscall: 'BPF_MAP_CREATE', errnoName: 'EINVAL', map: 'wide' })
  t.regex(error.message, /"wide" \(type Array, key 8 bytes, value 4 bytes, 7 entries, flags 0x2\)/)
})

test('MapData.fromId, fromFd and fromPin open the same map, each with a descriptor of its own', (t) => {
  const path = `${makePinDirectory(t)}/map`
  const raw = makeRawMap(t)
  raw.native.pin(path)
  const { id } = raw.native.info()
  const others = [MapData.fromId(id), MapData.fromFd(raw.native.fd()), MapData.fromPin(path)]
  const maps = others.map((map) => rawMapOf(t, map))
  put(raw, 1, 11n)
  for (const other of maps) {
    t.is(other.name, 'raw')
    t.is(other.native.info().id, id)
    t.not(other.native.fd(), raw.native.fd())
    t.is(read(other, 1), 11n)
    other.native.close()
    t.true(other.native.closed)
  }
  t.is(read(raw, 1), 11n)
})

test('MapData.fromId throws ERR_EBPF_NOT_FOUND for a map that has gone', (t) => {
  const raw = makeRawMap(t)
  const { id } = raw.native.info()
  raw.native.close()
  const error = thrownBy(t, () => {
    for (;;) MapData.fromId(id).close() // The kernel takes a moment to free it.
  })
  t.like(error, { code: 'ERR_EBPF_NOT_FOUND', syscall: 'BPF_MAP_GET_FD_BY_ID', errnoName: 'ENOENT' })
})

test('MapData.fromFd refuses what is no map, and leaves the descriptor open', (t) => {
  const file = openSync('/dev/null', 'r')
  t.throws(() => MapData.fromFd(file), { code: 'ERR_EBPF_MAP', message: /is not that of a map/ })
  closeSync(file)
  const ebpf = new native.EbpfLoader().load(readFileSync(fixturePath('cgroup_skb')))
  t.teardown(() => ebpf.close())
  const program = ebpf.program('count_egress')
  program?.load()
  const fd = program?.fd() ?? -1
  t.throws(() => MapData.fromFd(fd), { code: 'ERR_EBPF_MAP', message: /is a program, not a map/ })
  t.is(program?.fd(), fd)
  const error = thrownBy(t, () => MapData.fromFd(2 ** 31 - 1))
  t.like(error, { code: 'ERR_EBPF_MAP', errnoName: 'EBADF' })
  for (const bad of [-1, 2 ** 31, NaN]) t.throws(() => MapData.fromFd(bad), { code: 'ERR_OUT_OF_RANGE' })
})

test('MapData.fromPin opens what bpftool has pinned', (t) => {
  const map = opened(t, MapData.fromPin(pinMap(`${makePinDirectory(t)}/map`)))
  t.like(map.info(), { mapType: 'Array', name: 'ayajs_test', keySize: 4, valueSize: 4 })
})

test('MapData.unpin removes the pin that the map came from, and nothing twice', (t) => {
  const path = pinMap(`${makePinDirectory(t)}/map`)
  const map = opened(t, MapData.fromPin(path))
  map.unpin()
  t.false(existsSync(path))
  t.throws(() => map.unpin(), { code: 'ERR_EBPF_PIN', message: /is not pinned/ })
  map.pin(path)
  t.is((bpftool('map', 'show', 'pinned', path) as { id: number }).id, map.info().id)
})

test('MapData.pin that fails is not remembered, and a map is pinned at one place', (t) => {
  const directory = makePinDirectory(t)
  const { native: map } = makeRawMap(t)
  t.throws(() => map.pin(`${directory}/no/pin`), { code: 'ERR_EBPF_PIN' })
  t.throws(() => map.unpin(), { code: 'ERR_EBPF_PIN', message: /is not pinned/ })
  map.pin(`${directory}/one`)
  t.throws(() => map.pin(`${directory}/two`), { code: 'ERR_EBPF_PIN', message: /is pinned at .*one already/ })
  t.false(existsSync(`${directory}/two`))
})

test('MapData.unpin leaves alone what somebody else has pinned at its path', (t) => {
  const path = `${makePinDirectory(t)}/map`
  const { native: map } = makeRawMap(t)
  map.pin(path)
  rmSync(path)
  pinMap(path)
  t.throws(() => map.unpin(), { code: 'ERR_EBPF_PIN', message: /is another one now, and is left alone/ })
  t.true(existsSync(path))
})

test('MapData.freeze is seen in info, and is done once', (t) => {
  const { native: map } = makeRawMap(t)
  t.false(map.info().frozen)
  map.freeze()
  t.true(map.info().frozen)
  const error = thrownBy(t, () => map.freeze())
  t.like(error, { code: 'ERR_EBPF_MAP', syscall: 'BPF_MAP_FREEZE' })
  t.regex(error.message, /it is frozen already/)
})

test('MapData.btf gives the types that the object was compiled with, and null where there are none', (t) => {
  const ebpf = new native.EbpfLoader().load(readFileSync(fixturePath('maps')))
  t.teardown(() => ebpf.close())
  const map = ebpf.map('hash')
  const { btfId, btfKeyTypeId, btfValueTypeId } = map?.info() ?? { btfId: 0, btfKeyTypeId: 0, btfValueTypeId: 0 }
  t.true(btfId > 0 && btfKeyTypeId > 0 && btfValueTypeId > 0)
  const btf = map?.btf() ?? new Uint8Array(0)
  t.is(new Uint16Array(btf.slice(0, 2).buffer)[0], 0xeb9f)
  t.true(btf.length > 100)
  const plain = makeRawMap(t).native
  t.is(plain.btf(), null)
  t.like(plain.info(), { btfId: 0, btfKeyTypeId: 0, btfValueTypeId: 0 })
})

/** What a process without capabilities is told, and one that has those for maps. */
const unprivileged: readonly { what: string; who: string; outcome: Record<string, readonly string[] | null> }[] = [
  {
    what: 'no capabilities',
    who: '-all',
    outcome: { create: ['CAP_BPF'], 'create for the network': ['CAP_BPF', 'CAP_NET_ADMIN'], fromId: ['CAP_SYS_ADMIN'] },
  },
  {
    what: 'CAP_BPF alone',
    who: '-all,+bpf',
    outcome: { create: null, 'create for the network': ['CAP_NET_ADMIN'], fromId: ['CAP_SYS_ADMIN'] },
  },
]

for (const { what, who, outcome } of unprivileged) {
  test(`a process with ${what} is told which of them it lacks for maps`, async (t) => {
    const { native: map } = makeRawMap(t)
    const command = commandOf('./map-opener.ts', `${map.info().id}`)
    const child = startChild(t, ['setpriv', '--inh-caps=-all', `--bounding-set=${who}`, '--', ...command])
    t.deepEqual(await child.next(), outcome)
  })
}
