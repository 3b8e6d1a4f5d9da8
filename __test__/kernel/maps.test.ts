// Maps as bytes: what is read is what the program wrote; and maps that are taken out of their object.
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import test from 'ava'
import { CgroupSkb, type Ebpf, EbpfError, HashMap } from 'ayajs'
import { idBehind, showMap } from '../helpers/bpftool.ts'
import { counted, counters, loaded, mapOf, openFixture, takenFrom, u32Key, u64 } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { until } from '../helpers/poll.ts'

leaveNothingBehind(test)

/** What maps.bpf.o declares. The ring buffer is rounded up to whole pages, a power of two of them. */
const shapes = [
  { name: 'array', mapType: 'Array', bpftool: 'array', keySize: 4, valueSize: 8, maxEntries: 2 },
  { name: 'hash', mapType: 'Hash', bpftool: 'hash', keySize: 4, valueSize: 8, maxEntries: 64 },
  { name: 'lru_hash', mapType: 'LruHash', bpftool: 'lru_hash', keySize: 4, valueSize: 8, maxEntries: 64 },
  { name: 'percpu_array', mapType: 'PerCpuArray', bpftool: 'percpu_array', keySize: 4, valueSize: 8, maxEntries: 2 },
  { name: 'ringbuf', mapType: 'RingBuf', bpftool: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: pagesFor(5000) },
  { name: '.data', mapType: 'Array', bpftool: 'array', keySize: 4, valueSize: 8, maxEntries: 1 },
  { name: '.bss', mapType: 'Array', bpftool: 'array', keySize: 4, valueSize: 16, maxEntries: 1 },
]

for (const { bpftool, ...shape } of shapes) {
  test(`MapBase.info of ${shape.name} says what the object declares and bpftool shows`, (t) => {
    const map = mapOf(openFixture(t, 'maps'), shape.name)
    const { id, mapFlags, mapExtra, name, btfId, btfKeyTypeId, btfValueTypeId, frozen, ...info } = map.info()
    const shown = showMap(id)
    t.deepEqual({ ...info, name: map.name }, shape)
    t.is(map.mapType, shape.mapType)
    t.is(shown?.type, bpftool)
    t.is(shown?.name, name)
    t.is(shown?.bytes_key, shape.keySize)
    t.is(shown?.bytes_value, shape.valueSize)
    t.is(shown?.max_entries, shape.maxEntries)
    t.is(shown?.flags, mapFlags)
    t.is(mapExtra, 0n)
    t.is(btfId, shown?.btf_id ?? 0)
    t.is(btfKeyTypeId > 0, btfId > 0)
    t.is(btfValueTypeId > 0, btfId > 0)
    t.is(frozen, shown?.frozen === 1)
  })
}

test('MapBase.fd is an open descriptor of the map', (t) => {
  const map = mapOf(openFixture(t, 'maps'), 'hash')
  t.is(idBehind(map.fd()), map.info().id)
})

test('BytesMap.get reads what the program wrote into an array, a per-CPU array, hashes and globals', (t) => {
  const bpf = openFixture(t, 'maps')
  run(bpf, { times: 3, length: 40 })
  run(bpf, { times: 2, length: 60 })
  t.is(u64(mapOf(bpf, 'array').get(u32Key(0))), 5n)
  t.is(u64(mapOf(bpf, 'array').get(u32Key(1))), 0n)
  for (const name of ['hash', 'lru_hash']) {
    t.is(u64(mapOf(bpf, name).get(u32Key(40))), 2n, name)
    t.is(u64(mapOf(bpf, name).get(u32Key(60))), 2n, name)
    t.is(mapOf(bpf, name).get(u32Key(41)), undefined, name)
  }
  t.is(u64(mapOf(bpf, '.data').get(u32Key(0))), 2n)
  const [dropped, total] = [0, 1].map((index) => u64(mapOf(bpf, '.bss').get(u32Key(0)), index)).sort(byValue)
  t.deepEqual([dropped, total], [0n, 10n])
})

test('BytesMap.get of a per-CPU array gives 8 bytes for every possible CPU, which add up', (t) => {
  const bpf = openFixture(t, 'maps')
  run(bpf, { times: 4, length: 40 })
  const value = mapOf(bpf, 'percpu_array').get(u32Key(0))
  t.is(value?.length, possibleCpus() * 8)
  const sums = Array.from({ length: possibleCpus() }, (_, cpu) => u64(value, cpu))
  t.is(
    sums.reduce((sum, one) => sum + one),
    4n,
  )
})

test('BytesMap.get gives undefined for an index behind the end of an array', (t) => {
  const bpf = openFixture(t, 'maps')
  for (const name of ['array', 'percpu_array']) t.is(mapOf(bpf, name).get(u32Key(2)), undefined, name)
})

test('BytesMap.get returns a copy', (t) => {
  const bpf = openFixture(t, 'maps')
  const map = mapOf(bpf, 'array')
  const before = map.get(u32Key(0))
  run(bpf, { times: 1, length: 40 })
  t.is(u64(before), 0n)
  before?.fill(0xff)
  t.is(u64(map.get(u32Key(0))), 1n)
})

for (const length of [0, 3, 5, 8]) {
  test(`BytesMap.get throws a RangeError for a key of ${length} bytes where 4 are wanted`, (t) => {
    const map = mapOf(openFixture(t, 'maps'), 'hash')
    const error = t.throws(() => map.get(new Uint8Array(length)), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
    t.regex(error?.message ?? '', new RegExp(`key of map "hash" must be 4 bytes large. Received ${length} bytes`))
  })
}

for (const key of [undefined, null, 'abcd', 0, [0, 0, 0, 0], {}]) {
  test(`BytesMap.get throws a TypeError for the key ${inspect(key)}`, (t) => {
    const map = mapOf(openFixture(t, 'maps'), 'hash')
    t.throws(() => map.get(key as Uint8Array), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  })
}

test('BytesMap.get and BytesMap.keys throw ERR_EBPF_UNSUPPORTED for a ring buffer, which has no entries', (t) => {
  const map = mapOf(openFixture(t, 'maps'), 'ringbuf')
  const error = t.throws(() => map.get(new Uint8Array(0)), { instanceOf: EbpfError, code: 'ERR_EBPF_UNSUPPORTED' })
  t.like(error, { map: 'ringbuf', syscall: 'BPF_MAP_LOOKUP_ELEM', feature: 'BPF_MAP_LOOKUP_ELEM' })
  t.throws(() => [...map.keys()], { code: 'ERR_EBPF_UNSUPPORTED' })
})

test('BytesMap.keys walks every key of a hash once', (t) => {
  const bpf = openFixture(t, 'maps')
  t.deepEqual([...mapOf(bpf, 'hash').keys()], [])
  for (let length = 40; length < 70; length++) run(bpf, { times: 1, length })
  const keys = [...mapOf(bpf, 'hash').keys()].map((key) => new DataView(key.buffer, key.byteOffset).getUint32(0, true))
  t.deepEqual(
    keys.sort(),
    Array.from({ length: 30 }, (_, index) => 40 + index),
  )
})

test('BytesMap.keys walks the indexes of an array, and can be left early', (t) => {
  const map = mapOf(openFixture(t, 'cgroup_skb'), 'packets')
  t.deepEqual([...map.keys()], [0, 1, 2, 3].map(u32Key))
  for (const key of map.keys()) {
    t.deepEqual(key, u32Key(0))
    break
  }
})

test('inspect and String of a map show its type and name, not its entries', (t) => {
  const bpf = openFixture(t, 'maps')
  const map = HashMap.tryFrom(bpf.map('hash'))
  const { id } = map.info()
  t.is(String(map), 'Hash(hash)')
  t.is(
    inspect(map, { breakLength: Infinity, compact: true }),
    `HashMap { name: 'hash', mapType: 'Hash', id: ${id}, keySize: 4, valueSize: 8, maxEntries: 64 }`,
  )
  bpf.close()
  t.is(
    inspect(map, { breakLength: Infinity, compact: true }),
    "HashMap { name: 'hash', mapType: 'Hash', state: 'closed' }",
  )
})

test('Ebpf.takeMap takes the map out: it is not there any more, and outlives close', async (t) => {
  const bpf = openFixture(t, 'maps')
  const map = takenFrom(bpf, 'hash')
  t.false(bpf.hasMap('hash'))
  t.is(bpf.map('hash'), null)
  t.is(bpf.takeMap('hash'), null)
  t.false(bpf.maps().some(([name]) => name === 'hash'))
  run(bpf, { times: 1, length: 40 })
  const { id } = map.info()
  bpf.close()
  t.false(map.closed)
  t.is(u64(map.get(u32Key(40))), 2n)
  t.is(showMap(id)?.type, 'hash')
  map.close()
  t.true(map.closed)
  t.throws(() => map.get(u32Key(40)), { code: 'ERR_EBPF_CLOSED' })
  t.true(await until(() => showMap(id) === null))
  t.notThrows(() => map.close())
})

test('Ebpf.takeMap gives the handle that Ebpf.map gave before', (t) => {
  const bpf = openFixture(t, 'maps')
  const map = bpf.map('hash')
  t.is(bpf.takeMap('hash'), map)
  map?.close()
})

test('MapBase.close does nothing to a map that its object owns', (t) => {
  const bpf = openFixture(t, 'maps')
  const map = mapOf(bpf, 'hash')
  map.close()
  t.false(map.closed)
  t.is(map.get(u32Key(1)), undefined)
})

test('a map that was taken and closed is still the one that programs use which are loaded later', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const map = takenFrom(bpf, 'packets')
  const { id } = map.info()
  map.close()
  // Had the descriptor gone with the handle, these would get its number, and the program one of their maps.
  const others = [openFixture(t, 'maps'), openFixture(t, 'maps')]
  const program = loaded(bpf, 'count_egress')
  t.deepEqual(program.info().mapIds, [id])
  t.is(program.testRun({ packet: ipv4Packet(40) }).returnValue, 1)
  t.is(others.length, 2)
})

test('a map that was taken counts on while a program of the object runs', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const map = takenFrom(bpf, 'packets')
  const program = loaded(bpf, 'count_egress')
  program.testRun({ packet: ipv4Packet(40), repeat: 6 })
  t.is(u64(map.get(u32Key(counters.count_egress))), 6n)
  bpf.close()
  t.is(u64(map.get(u32Key(counters.count_egress))), 6n)
  map.close()
})

test('maps of one object are not those of another', (t) => {
  const [one, other] = [openFixture(t, 'cgroup_skb'), openFixture(t, 'cgroup_skb')]
  loaded(one, 'count_egress').testRun({ packet: ipv4Packet(40), repeat: 3 })
  t.is(counted(one, 'count_egress'), 3)
  t.is(counted(other, 'count_egress'), 0)
})

/** Runs `use_maps` of maps.bpf.o on packets of a length, which it counts under that length. */
function run(bpf: Ebpf, { times, length }: { times: number; length: number }): void {
  const program = CgroupSkb.tryFrom(bpf.program('use_maps'))
  if (program.asRawFd() === null) program.load()
  program.testRun({ packet: ipv4Packet(length), repeat: times })
}

function ipv4Packet(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index === 0 ? 0x45 : 0))
}

function possibleCpus(): number {
  const ranges = readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim().split(',')
  return ranges
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0)
}

/** Bytes of a ring buffer that was asked for this size. Pages have 4 KiB on x64, and 4 or 64 on arm64. */
function pagesFor(bytes: number): number {
  const page = Number(/^KernelPageSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps', 'utf8'))?.[1]) * 1024
  return 2 ** Math.ceil(Math.log2(Math.ceil(bytes / page))) * page
}

function byValue(a: bigint, b: bigint): number {
  return Number(a - b)
}
