// Types of maps: keys and values as their types say, narrowed by the class's own statics; what must not compile does not.
import {
  ArrayMap,
  ArrayOfMaps,
  BloomFilter,
  BytesMap,
  CgroupArray,
  CgroupStorage,
  type Ebpf,
  HashMap,
  HashOfMaps,
  LpmTrie,
  MapBase,
  type PackedBatch,
  PerCpuArray,
  PerCpuCgroupStorage,
  PerCpuHashMap,
  type Program,
  ProgramArray,
  Queue,
  Stack,
} from 'ayajs'
import { exactly } from './expect.ts'

interface FlowKey {
  daddr: number
  dport: number
}
interface Flow {
  packets: bigint
}
declare const key: FlowKey
declare const flow: Flow

interface Filter {
  programs: object
  maps: { flows: HashMap<FlowKey, Flow>; counters: PerCpuArray<bigint> }
  globals: object
}

export function typedObject(bpf: Ebpf<Filter>): void {
  exactly<HashMap<FlowKey, Flow>>()(bpf.map('flows'))
  exactly<Flow | undefined>()(bpf.map('flows').get(key))
  exactly<bigint[] | undefined>()(bpf.map('counters').get(0))
  for (const [one, value] of bpf.map('flows')) {
    exactly<FlowKey>()(one)
    exactly<Flow>()(value)
  }
}

export function narrowing(bpf: Ebpf, map: MapBase): void {
  exactly<HashMap<FlowKey, Flow>>()(HashMap.tryFrom<FlowKey, Flow>(bpf.map('flows')))
  exactly<HashMap<unknown, unknown>>()(HashMap.tryFrom(map))
  exactly<PerCpuHashMap<number, bigint>>()(PerCpuHashMap.tryFrom<number, bigint>(map))
  exactly<LpmTrie<FlowKey, Flow>>()(LpmTrie.tryFrom<FlowKey, Flow>(map))
  exactly<ArrayMap<Flow>>()(ArrayMap.tryFrom<Flow>(map))
  exactly<PerCpuArray<Flow>>()(PerCpuArray.tryFrom<Flow>(map))
  exactly<Queue<Flow>>()(Queue.tryFrom<Flow>(map))
  exactly<Stack<Flow>>()(Stack.tryFrom<Flow>(map))
  exactly<BloomFilter<Flow>>()(BloomFilter.tryFrom<Flow>(map))
  exactly<ArrayOfMaps<HashMap<FlowKey, Flow>>>()(ArrayOfMaps.tryFrom<HashMap<FlowKey, Flow>>(map))
  exactly<HashOfMaps<number, ArrayMap<Flow>>>()(HashOfMaps.tryFrom<number, ArrayMap<Flow>>(map))
  exactly<CgroupStorage<FlowKey, Flow>>()(CgroupStorage.tryFrom<FlowKey, Flow>(map))
  exactly<PerCpuCgroupStorage<FlowKey, Flow>>()(PerCpuCgroupStorage.tryFrom<FlowKey, Flow>(map))
  exactly<ProgramArray>()(ProgramArray.tryFrom(map))
  exactly<CgroupArray>()(CgroupArray.tryFrom(map))
  exactly<BytesMap>()(BytesMap.tryFrom(map))
  exactly<MapBase>()(MapBase.tryFrom(bpf.map('any')))
  exactly<BytesMap>()(map.asBytes())
  if (map instanceof HashMap) map.delete(key)
  // @ts-expect-error a map may be absent
  bpf.map('flows').asBytes()
  // @ts-expect-error a program is no map
  HashMap.tryFrom(bpf.program('any'))
}

export async function opening(): Promise<void> {
  exactly<HashMap<FlowKey, Flow>>()(HashMap.fromPin<FlowKey, Flow>('/sys/fs/bpf/flows'))
  exactly<ArrayMap<Flow>>()(ArrayMap.fromId<Flow>(1))
  exactly<Queue<Flow>>()(Queue.fromFd<Flow>(3))
  exactly<MapBase>()(MapBase.fromPin('/sys/fs/bpf/any'))
  exactly<BytesMap>()(BytesMap.fromId(1))
  exactly<HashMap<Uint8Array, Uint8Array>>()(HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 1, lru: true }))
  exactly<HashMap<FlowKey, Flow>>()(HashMap.create({ like: HashMap.fromId<FlowKey, Flow>(1) }))
  exactly<HashMap<FlowKey, Flow>>()(
    await HashMap.createAsync({ like: HashMap.fromId<FlowKey, Flow>(1), maxEntries: 9 }),
  )
  exactly<ArrayMap<Uint8Array>>()(ArrayMap.create({ valueSize: 8, maxEntries: 1 }))
  exactly<ProgramArray>()(await ProgramArray.createAsync({ maxEntries: 1 }))
  exactly<CgroupStorage<Uint8Array, Uint8Array>>()(CgroupStorage.create({ valueSize: 8 }))
  const inner = HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 1 })
  exactly<ArrayOfMaps<HashMap<Uint8Array, Uint8Array>>>()(ArrayOfMaps.create({ maxEntries: 1, inner }))
  exactly<MapBase>()(MapBase.create({ mapType: 'SockHash', keySize: 4, valueSize: 8, maxEntries: 1 }))
  // @ts-expect-error how many entries there will be must be said
  HashMap.create({ keySize: 4, valueSize: 8 })
  // @ts-expect-error indexes have a size of their own
  ArrayMap.create({ keySize: 4, valueSize: 8, maxEntries: 1 })
  // @ts-expect-error only hashes forget by themselves
  LpmTrie.create({ keySize: 8, valueSize: 8, maxEntries: 1, lru: true })
  // @ts-expect-error what it is to hold must be shown
  ArrayOfMaps.create({ maxEntries: 1 })
  // @ts-expect-error a storage has as many entries as there are cgroups
  CgroupStorage.create({ valueSize: 8, maxEntries: 1 })
  // @ts-expect-error a map to take after is of the same class
  HashMap.create({ like: ArrayMap.fromId(1) })
}

export function elements(flows: HashMap<FlowKey, Flow>): void {
  exactly<HashMap<FlowKey, Flow>>()(flows.set(key, flow).set(key, flow, { noExist: true, lock: true }))
  exactly<Flow | undefined>()(flows.get(key, { lock: true }))
  exactly<Flow | undefined>()(flows.lookupAndDelete(key))
  exactly<boolean>()(flows.has(key))
  exactly<boolean>()(flows.delete(key))
  exactly<number>()(flows.deleteAll([key]))
  flows.setAll(new Map([[key, flow]]))
  flows.forEach((value, one, map) => {
    exactly<Flow>()(value)
    exactly<FlowKey>()(one)
    exactly<HashMap<FlowKey, Flow>>()(map)
  })
  for (const one of flows.keys()) exactly<FlowKey>()(one)
  for (const value of flows.values()) exactly<Flow>()(value)
  for (const [one, value] of flows.drain()) flows.set(one, value)
  // @ts-expect-error a member is missing
  flows.get({ daddr: 1 })
  // @ts-expect-error a member too many
  flows.get({ daddr: 1, dport: 1, sport: 1 })
  // @ts-expect-error 64 bits are a bigint
  flows.set(key, { packets: 1 })
  // @ts-expect-error a misspelled option
  flows.set(key, flow, { noexist: true })
  // @ts-expect-error an option of writing
  flows.get(key, { exist: true })
  // @ts-expect-error entries are pairs
  flows.setAll([key])
  // @ts-expect-error there may be no value
  exactly<bigint>()(flows.get(key).packets)
}

export async function walking(flows: HashMap<FlowKey, Flow>, signal: AbortSignal): Promise<void> {
  for await (const [one, value] of flows.entriesAsync({ signal, maxEntries: 100 })) flows.set(one, value)
  for (const batch of flows.asBytes().batches({ maxEntries: 100 })) exactly<PackedBatch>()(batch)
  for await (const { keys, values, count } of flows.asBytes().batchesAsync({ remove: true, signal })) {
    exactly<Uint8Array>()(keys)
    exactly<Uint8Array>()(values)
    exactly<number>()(count)
  }
  exactly<boolean>()(flows.asBytes().getInto(new Uint8Array(8), new Uint8Array(8)))
}

export function arrays(array: ArrayMap<Flow>, perCpu: PerCpuArray<Flow>): void {
  exactly<number>()(array.length)
  for (const value of array) exactly<Flow>()(value)
  for (const [index, value] of array.entries()) array.set(index, value)
  for (const values of perCpu) exactly<Flow[]>()(values)
  perCpu.set(0, [flow] as readonly Flow[])
  // @ts-expect-error elements of arrays cannot be deleted
  array.delete(0)
  // @ts-expect-error all elements are there
  array.set(0, flow, { noExist: true })
  // @ts-expect-error one value for each CPU
  perCpu.set(0, flow)
  // @ts-expect-error indexes are numbers
  array.get(0n)
}

export function perCpuHash(map: PerCpuHashMap<number, bigint>): void {
  exactly<bigint[] | undefined>()(map.get(1))
  exactly<bigint[] | undefined>()(map.lookupAndDelete(1))
  map.set(1, [1n, 2n])
  // @ts-expect-error one value for each CPU
  map.set(1, 1n)
}

export function keyless(queue: Queue<Flow>, filter: BloomFilter<Flow>): void {
  exactly<Flow | undefined>()(queue.push(flow, { overwrite: true }).pop())
  exactly<Flow | undefined>()(queue.peek())
  exactly<boolean>()(filter.add(flow).has(flow))
  // @ts-expect-error there are no keys
  queue.get(0)
  // @ts-expect-error values of a Bloom filter cannot be listed
  filter.values()
  // @ts-expect-error nor removed
  filter.delete(flow)
}

export function references(
  arrayOfMaps: ArrayOfMaps<HashMap<FlowKey, Flow>>,
  hashOfMaps: HashOfMaps<FlowKey, ArrayMap<Flow>>,
  programs: ProgramArray,
  cgroups: CgroupArray,
  program: Program,
): void {
  exactly<HashMap<FlowKey, Flow> | undefined>()(arrayOfMaps.get(0))
  exactly<ArrayMap<Flow> | undefined>()(hashOfMaps.get(key))
  programs.set(0, program).delete(0)
  cgroups.set(0, '/sys/fs/cgroup').set(1, 3)
  // @ts-expect-error a map of another class
  arrayOfMaps.set(0, ArrayMap.fromId(1))
  // @ts-expect-error a program array holds programs
  programs.set(0, 7)
  // @ts-expect-error the kernel does not tell
  cgroups.get(0)
}

export function storages(storage: CgroupStorage<FlowKey, Flow>): void {
  exactly<Flow | undefined>()(storage.get(key))
  // @ts-expect-error the kernel deletes entries itself
  storage.delete(key)
}
