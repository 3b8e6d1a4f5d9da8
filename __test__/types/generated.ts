// Types that `ayajs types` has written, in use: every row of C types, every class of maps, and what must not compile.
import {
  Ebpf,
  type ArrayMap,
  type ArrayOfMaps,
  type BloomFilter,
  type BytesMap,
  type CgroupArray,
  type CgroupSkb,
  type CgroupStorage,
  type HashMap,
  type HashOfMaps,
  type LpmTrie,
  type PerCpuArray,
  type PerCpuCgroupStorage,
  type PerCpuHashMap,
  type Program,
  type ProgramArray,
  type Queue,
  type RingBuf,
  type Stack,
} from 'ayajs'
import type { BpfCgroupStorageKey, Key, MapTypes, Prefix, Value } from './generated/map_types.bpf.ts'
import {
  Feature,
  TypedMaps,
  Verdict,
  type ArrayStruct,
  type Event,
  type Flow,
  type FlowKey,
  type HashMapStruct,
  type HashMapStruct2,
  type Numbers,
  type Point,
  type Shapes,
  type ShapesChoice,
  type ShapesNested,
  type ShapesState,
} from './generated/typed_maps.bpf.ts'
import { exactly } from './expect.ts'

export function names(): void {
  const bpf = Ebpf.loadFile('typed_maps.bpf.o', { as: TypedMaps })
  exactly<Ebpf<TypedMaps>>()(bpf)
  exactly<CgroupSkb>()(bpf.program('count'))
  exactly<Program>()(bpf.program('pass'))
  exactly<HashMap<FlowKey, Flow>>()(bpf.map('flows'))
  exactly<ArrayMap<Numbers>>()(bpf.map('numbers'))
  exactly<PerCpuHashMap<bigint, Shapes>>()(bpf.map('shapes'))
  exactly<HashMap<HashMapStruct, HashMapStruct2>>()(bpf.map('names'))
  exactly<RingBuf<Event>>()(bpf.map('events'))
  // @ts-expect-error no such program
  bpf.program('counter')
  // @ts-expect-error no such map
  bpf.map('flow')
  // @ts-expect-error a data section is no map to ask for by name
  bpf.map('.bss')
}

export function values(bpf: Ebpf<TypedMaps>, key: FlowKey, flow: Flow): void {
  const flows = bpf.map('flows')
  exactly<Flow | undefined>()(flows.get(key))
  flows.set(key, { ...flow, verdict: Verdict.VERDICT_DROP })
  flows.set(key, { ...flow, comm: 'curl', packets: 1n, mac: new Uint8Array(6) })
  // @ts-expect-error 64 bits are a bigint
  flows.set(key, { ...flow, packets: 1 })
  // @ts-expect-error char[16] is a string
  flows.set(key, { ...flow, comm: new Uint8Array(16) })
  // @ts-expect-error misspelled
  flows.set(key, { ...flow, packet: 1n })
  // @ts-expect-error fields are missing
  flows.get({ saddr: 1, daddr: 2 })
  // @ts-expect-error keys are objects, not bytes
  flows.get(new Uint8Array(16))
  exactly<Shapes[] | undefined>()(bpf.map('shapes').get(1n))
}

export function numbers(value: Numbers): void {
  const { s8, u8, s16, u16, s32, u32, be16, be32, le16, le32, f32, f64, letter } = value
  for (const number of [s8, u8, s16, u16, s32, u32, be16, be32, le16, le32, f32, f64, letter]) exactly<number>()(number)
  const { s64, u64, be64, pointer } = value
  for (const big of [s64, u64, be64, pointer]) exactly<bigint>()(big)
  exactly<boolean>()(value.flag)
  exactly<Verdict>()(value.verdict)
  exactly<Feature>()(value.feature)
}

export function shapes(value: Shapes): void {
  exactly<Point[]>()(value.points)
  exactly<number[][]>()(value.matrix)
  exactly<Uint8Array[]>()(value.rows)
  exactly<string[]>()(value.words)
  exactly<bigint[]>()(value.counts)
  exactly<Verdict[]>()(value.history)
  exactly<number>()(value.version)
  exactly<number>()(value.wide)
  exactly<number>()(value.flattened)
  exactly<number | undefined>()(value.v4)
  exactly<Uint8Array | undefined>()(value.v6)
  exactly<ShapesNested>()(value.nested)
  exactly<ShapesChoice>()(value.choice)
  exactly<ShapesState>()(value.state)
}

export function unions(bpf: Ebpf<TypedMaps>, read: Shapes): void {
  // What was read can be written again when one member is chosen.
  const chosen: Shapes = { ...read, v6: undefined, choice: { whole: 1 } }
  bpf.map('shapes').set(1n, [chosen])
  const halves: ShapesChoice = { halves: [1, 2] }
  // @ts-expect-error of another type
  halves.whole = '1'
}

export function enums(): void {
  exactly<0>()(Verdict.VERDICT_PASS)
  exactly<-1>()(Verdict.VERDICT_UNKNOWN)
  exactly<18446744073709551615n>()(Feature.FEATURE_ALL)
  // C lets an enum have any value of its size.
  const other: Verdict = 77
  const number: number = other
  // @ts-expect-error frozen
  Verdict.VERDICT_PASS = 1
  // @ts-expect-error no such name
  const absent = Verdict.VERDICT_LOST
  // @ts-expect-error a wide enum is a bigint
  const narrow: Feature = 1
  return [number, absent, narrow].forEach(() => {})
}

export function globals(all: TypedMaps['globals']): void {
  exactly<number>()(all.limit)
  exactly<string>()(all.label)
  exactly<boolean>()(all.enabled)
  exactly<bigint>()(all.total)
  exactly<FlowKey>()(all.last_key)
  exactly<Verdict>()(all.fallback)
  exactly<Point[]>()(all.origin)
  all.enabled = false
  // @ts-expect-error it only states what `events` carries
  exactly<bigint>()(all.events_record)
  // @ts-expect-error a constant: it can be set when the object is loaded only
  all.limit = 1
}

export function hostileNames(value: ArrayStruct): void {
  exactly<number>()(value.constructor)
  exactly<number>()(value.__proto__)
  exactly<number>()(value.class)
}

export function everyClass(bpf: Ebpf<MapTypes>): void {
  exactly<ArrayMap<Value>>()(bpf.map('array'))
  exactly<PerCpuArray<Value>>()(bpf.map('percpu_array'))
  exactly<HashMap<Key, Value>>()(bpf.map('hash'))
  exactly<HashMap<Key, Value>>()(bpf.map('lru_hash'))
  exactly<PerCpuHashMap<Key, Value>>()(bpf.map('percpu_hash'))
  exactly<PerCpuHashMap<Key, Value>>()(bpf.map('lru_percpu_hash'))
  exactly<LpmTrie<Prefix, Value>>()(bpf.map('lpm_trie'))
  exactly<CgroupStorage<BpfCgroupStorageKey, Value>>()(bpf.map('cgroup_storage'))
  exactly<PerCpuCgroupStorage<BpfCgroupStorageKey, Value>>()(bpf.map('percpu_storage'))
  exactly<Queue<Value>>()(bpf.map('queue'))
  exactly<Stack<Value>>()(bpf.map('stack'))
  exactly<BloomFilter<Value>>()(bpf.map('bloom_filter'))
  exactly<ArrayOfMaps<HashMap<Key, Value>>>()(bpf.map('array_of_maps'))
  exactly<HashOfMaps<Key, HashMap<Key, Value>>>()(bpf.map('hash_of_maps'))
  exactly<ProgramArray>()(bpf.map('prog_array'))
  exactly<CgroupArray>()(bpf.map('cgroup_array'))
  exactly<RingBuf<Uint8Array>>()(bpf.map('ringbuf'))
  exactly<HashMap<Uint8Array, Uint8Array>>()(bpf.map('untyped'))
  exactly<BytesMap>()(bpf.map('stack_trace'))
  exactly<BytesMap>()(bpf.map('sk_storage'))
}
