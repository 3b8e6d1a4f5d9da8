// What an object says about the types of its own maps: read on first use, refused when generated types are of another version.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { ArrayMap, ArrayOfMaps, Ebpf, EbpfError, HashMap, type ObjectType } from 'ayajs'
import { fixturePath, loaded, mapOf, openFixture, u32Key, u64 } from '../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import { doors, isStrict } from '../helpers/open.ts'
import { TypedMaps } from '../types/generated/typed_maps.bpf.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

for (const door of doors) {
  test(`maps that ${door.name} opens have the types of the object`, async (t) => {
    const bpf = await door.open(t, 'cgroup_skb')
    loaded(bpf, 'count_egress').testRun({ packet, repeat: 3 })
    const packets = ArrayMap.tryFrom(bpf.map('packets')) as ArrayMap<bigint>
    t.is(packets.get(0), 3n)
  })
}

test('nested arrays are arrays of arrays, as keys and as values', (t) => {
  const bpf = openFixture(t, 'nested_arrays')
  loaded(bpf, 'fill_bytes').testRun({ packet })
  const rows = ArrayMap.tryFrom(bpf.map('bytes')) as ArrayMap<unknown>
  t.deepEqual(rows.get(0), [Uint8Array.of(0, 1, 2), Uint8Array.of(10, 11, 12)])
  const table = HashMap.tryFrom(bpf.map('by_table')) as HashMap<number[][], number[][]>
  const key = [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => 4 * row + column))
  const value = [
    [1, 2, 3],
    [4, 5, 6],
  ]
  table.set(key, value)
  t.deepEqual([...table], [[key, value]])
})

test('maps inside of a map have the types of their definition', (t) => {
  const bpf = openFixture(t, 'nested_arrays')
  const outer = ArrayOfMaps.tryFrom(bpf.map('outer')) as ArrayOfMaps<ArrayMap<unknown[]>>
  outer.set(1, bpf.map('inner') as unknown as ArrayMap<unknown[]>)
  const inner = outer.get(1)
  t.is(inner?.get(0)?.length, 5)
  inner?.close()
})

test('a map that is given to an object has the types that this object says', (t) => {
  const one = openFixture(t, 'cgroup_skb')
  const other = openFixture(t, 'cgroup_skb', { maps: { packets: mapOf(one, 'packets') } })
  loaded(other, 'count_egress').testRun({ packet })
  t.is((ArrayMap.tryFrom(other.map('packets')) as ArrayMap<bigint>).get(0), 1n)
})

test('without BTF of their own, maps are read as bytes; and so are sections of global variables', (t) => {
  const bpf = openFixture(t, 'maps')
  t.is(u64((ArrayMap.tryFrom(bpf.map('.data')) as ArrayMap<Uint8Array>).get(0)), 2n)
  t.deepEqual(mapOf(bpf, '.data').get(u32Key(0))?.length, 8)
})

test('keys and values of types that have no values in JavaScript are bytes, for whoever opens the map', (t) => {
  const bpf = openFixture(t, 'no_values')
  const crowds = HashMap.tryFrom<Uint8Array, Uint8Array>(bpf.map('crowds'))
  const [key, value] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)]
  t.deepEqual(crowds.set(key, value).get(key), value)
  const byId = HashMap.fromId<Uint8Array, Uint8Array>(crowds.info().id)
  t.teardown(() => byId.close())
  t.deepEqual([...byId], [[key, value]])
  const outer = ArrayOfMaps.tryFrom<ArrayMap>(bpf.map('outer'))
  outer.set(0, ArrayMap.tryFrom(bpf.map('inner')))
  const inner = outer.get(0)
  t.deepEqual(inner?.get(0), new Uint8Array(8))
  inner?.close()
})

test('bytes that are changed after Ebpf.load do not change the types', (t) => {
  const bytes = readFileSync(fixturePath('cgroup_skb'))
  const bpf = Ebpf.load(bytes)
  t.teardown(() => bpf.close())
  bytes.fill(0)
  t.is((ArrayMap.tryFrom(bpf.map('packets')) as ArrayMap<bigint>).get(0), 0n)
})

test('nothing of btf is loaded before the types of a map are asked for', (t) => {
  const script = `
    const { Ebpf } = require('ayajs')
    const engine = () => Object.keys(require.cache).filter((path) => path.endsWith("parts/btf-engine.js")).length
    const bpf = Ebpf.loadFile(${JSON.stringify(fixturePath('cgroup_skb'))})
    const map = bpf.map('packets')
    map.info()
    map.asBytes().get(new Uint8Array(4))
    const before = engine()
    const value = map.get(0)
    console.log(JSON.stringify([before, String(value), engine()]))
    bpf.close()`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  t.is(stderr, '')
  t.deepEqual(JSON.parse(stdout), [0, '0', 1])
})

test('Ebpf.loadFile takes types that were generated from the object, and its maps have them', (t) => {
  const bpf = Ebpf.loadFile(fixturePath('typed_maps'), { as: TypedMaps })
  t.teardown(() => bpf.close())
  const flows = bpf.map('flows')
  const key = { saddr: 1, daddr: 0x0a000001, sport: 2, dport: 443, protocol: 6, _pad: Uint8Array.of(0, 0, 0) }
  const value = { packets: 7n, bytes: 8n, verdict: 1, comm: 'curl', mac: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const
  flows.set(key, value)
  t.deepEqual([...flows], [[key, value]])
  t.throws(() => bpf.map('flowz' as 'flows'), { code: 'ERR_EBPF_NOT_FOUND', message: /Did you mean "flows"/ })
})

const stale: ObjectType<never> = { fingerprint: '0123456789abcdef0123456789abcdef' }

for (const door of doors.filter(isStrict)) {
  test(`${door.name} refuses types of another version of the object, and makes nothing`, async (t) => {
    const error = await t.throwsAsync(door.open(t, 'cgroup_skb', { as: stale }), { instanceOf: EbpfError })
    t.is(error?.code, 'ERR_EBPF_TYPES_STALE')
    t.regex(error?.message ?? '', /has changed since they were generated.*npx ayajs types/)
    t.deepEqual(ownDescriptors(), [])
  })

  test(`${door.name} takes types of the same version of the object, and those without a fingerprint`, async (t) => {
    const error = await t.throwsAsync(door.open(t, 'cgroup_skb', { as: stale }), { instanceOf: EbpfError })
    const [, fingerprint = ''] = /\((\w{32}) is its fingerprint/.exec(error?.message ?? '') ?? []
    const types: ObjectType<never> = { fingerprint }
    t.is((await door.open(t, 'cgroup_skb', { as: types })).programs().length, 6)
    t.is((await door.open(t, 'cgroup_skb', { as: {} })).programs().length, 6)
  })
}

test('a fingerprint that is no string is a TypeError', (t) => {
  const as = { fingerprint: 7 } as unknown as ObjectType<never>
  t.throws(() => openFixture(t, 'cgroup_skb', { as }), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
})
