// The classes of maps, one row for each type that has one: how such a map is made, and each of its methods with what it takes.
import {
  ArrayMap,
  ArrayOfMaps,
  BloomFilter,
  BytesMap,
  CgroupArray,
  CgroupStorage,
  type EventMap,
  HashMap,
  HashOfMaps,
  LpmTrie,
  type MapBase,
  type MapOptions,
  PerCpuArray,
  PerCpuCgroupStorage,
  PerCpuHashMap,
  PerfEventArray,
  type Program,
  ProgramArray,
  Queue,
  RingBuf,
  Stack,
} from 'ayajs'
import { possibleCpus } from './cpus.ts'
import { u32Key } from './fixtures.ts'
import type { Feature } from './kernel-features.ts'
import { pageSize } from './page-size.ts'

/** One type of map, and its class. */
export interface MapRow {
  readonly mapClass: MapClass
  readonly mapType: string
  /** What bpftool calls the type. */
  readonly bpftool: string
  /** What the class itself says of its maps. */
  readonly shape: { readonly keySize: number; readonly valueSize: number; readonly maxEntries: number }
  /** What `create` must be told. */
  readonly options: (inner: MapBase) => object
  /** Each method that the class adds to those of `MapBase`. */
  readonly methods: Readonly<Record<string, (map: MapBase, help: Help) => unknown>>
  readonly feature?: Feature
  /** Whether the kernel can freeze such a map. */
  readonly freezes?: boolean
}

/** What methods are called with. */
export interface Help {
  readonly inner: MapBase
  readonly program: Program
  readonly cgroup: string
}

/** The statics of a class, as far as all classes have them. */
export interface MapClass {
  readonly name: string
  readonly prototype: MapBase
  create(options: MapOptions): MapBase
  createAsync(options: MapOptions): Promise<MapBase>
  fromPin(path: string): MapBase
  fromId(id: number): MapBase
  fromFd(fd: number): MapBase
  tryFrom(map: MapBase | null): MapBase
}

const key = u32Key(1)
const value = new Uint8Array(8).fill(7)
const perCpu = Array.from({ length: possibleCpus() }, () => value)
const size = { keySize: 4, valueSize: 8, maxEntries: 4 }
const storageKey = new Uint8Array(16)

type Methods = MapRow['methods']

/** Methods of maps that programs write records into. Those that are lazy, or return the map, are asked for records. */
const eventMethods: Methods = {
  as: (map) => (map as EventMap).as({ size: 1, decode: () => 1, encode: () => undefined }),
  events: (map) => (map as EventMap).events(),
  batches: (map) => (map as EventMap).batches(),
  drain: (map) => (map as EventMap).drain(),
  stats: (map) => (map as EventMap).stats(),
  ref: (map) => (map as EventMap).ref(),
  unref: (map) => (map as EventMap).unref(),
}

/** Methods of maps with keys or indexes. */
function elements<K, V>(one: K, written: V): Methods {
  const as = (map: MapBase): HashMap<K, V> => map as HashMap<K, V>
  return {
    get: (map) => as(map).get(one),
    set: (map) => as(map).set(one, written),
    has: (map) => as(map).has(one),
    keys: (map) => as(map).keys(),
    values: (map) => as(map).values(),
    entries: (map) => as(map).entries(),
    [Symbol.iterator]: (map: MapBase) => as(map)[Symbol.iterator](),
    entriesAsync: (map) => as(map).entriesAsync(),
    forEach: (map) => as(map).forEach(() => undefined),
    setAll: (map) => as(map).setAll([[one, written]]),
  }
}

/** Methods of maps from which entries can be deleted. */
function entries<K, V>(one: K, written: V): Methods {
  const as = (map: MapBase): HashMap<K, V> => map as HashMap<K, V>
  return {
    ...elements(one, written),
    delete: (map) => as(map).delete(one),
    deleteAll: (map) => as(map).deleteAll([one]),
    drain: (map) => as(map).drain(),
  }
}

const hash = (written: unknown): Methods => ({
  ...entries(key, written),
  lookupAndDelete: (map: MapBase) => (map as HashMap).lookupAndDelete(key),
})

const ordered: Methods = {
  push: (map) => (map as Queue).push(value),
  pop: (map) => (map as Queue).pop(),
  peek: (map) => (map as Queue).peek(),
  drain: (map) => (map as Queue).drain(),
}

const holder = (one: unknown): Methods => ({
  get: (map) => (map as HashOfMaps).get(one),
  set: (map, { inner }) => (map as HashOfMaps).set(one, inner),
  has: (map) => (map as HashOfMaps).has(one),
  delete: (map) => (map as HashOfMaps).delete(one),
  mapId: (map) => (map as HashOfMaps).mapId(one),
  keys: (map) => (map as HashOfMaps).keys(),
})

/** The methods of `BytesMap` beyond those of a hash. */
export const bytesMethods: Methods = {
  ...hash(value),
  getInto: (map) => (map as BytesMap).getInto(key, new Uint8Array(8)),
  batches: (map) => (map as BytesMap).batches(),
  batchesAsync: (map) => (map as BytesMap).batchesAsync(),
  setBatch: (map) => (map as BytesMap).setBatch(key, value),
  deleteBatch: (map) => (map as BytesMap).deleteBatch(key),
}

const sized = (): object => size
const valued = (): object => ({ valueSize: 8, maxEntries: 4 })
const slots = (): object => ({ maxEntries: 4 })
const keyless = { ...size, keySize: 0 }
const numbered = { ...size, valueSize: 4 }

/** Every class, and every type that it is for. */
export const mapRows: readonly MapRow[] = [
  row(HashMap, 'Hash', 'hash', size, sized, hash(value), { freezes: true }),
  row(HashMap, 'LruHash', 'lru_hash', size, () => ({ ...size, lru: true }), hash(value)),
  row(PerCpuHashMap, 'PerCpuHash', 'percpu_hash', size, sized, hash(perCpu)),
  row(PerCpuHashMap, 'LruPerCpuHash', 'lru_percpu_hash', size, () => ({ ...size, lru: true }), hash(perCpu)),
  row(LpmTrie, 'LpmTrie', 'lpm_trie', { ...size, keySize: 8 }, () => ({ ...size, keySize: 8 }), {
    ...entries(new Uint8Array(8), value),
  }),
  row(ArrayMap, 'Array', 'array', size, valued, elements(1, value), { freezes: true }),
  row(PerCpuArray, 'PerCpuArray', 'percpu_array', size, valued, elements(1, perCpu)),
  row(Queue, 'Queue', 'queue', keyless, valued, ordered),
  row(Stack, 'Stack', 'stack', keyless, valued, ordered),
  row(
    BloomFilter,
    'BloomFilter',
    'bloom_filter',
    keyless,
    valued,
    { add: (map) => (map as BloomFilter).add(value), has: (map) => (map as BloomFilter).has(value) },
    { feature: 'bloom-filter' },
  ),
  row(ArrayOfMaps, 'ArrayOfMaps', 'array_of_maps', numbered, (inner) => ({ maxEntries: 4, inner }), holder(1)),
  row(HashOfMaps, 'HashOfMaps', 'hash_of_maps', numbered, (inner) => ({ keySize: 4, maxEntries: 4, inner }), {
    ...holder(key),
  }),
  row(ProgramArray, 'ProgramArray', 'prog_array', numbered, slots, {
    set: (map, { program }) => (map as ProgramArray).set(1, program),
    delete: (map) => (map as ProgramArray).delete(1),
    has: (map) => (map as ProgramArray).has(1),
    programId: (map) => (map as ProgramArray).programId(1),
    keys: (map) => (map as ProgramArray).keys(),
  }),
  row(CgroupArray, 'CgroupArray', 'cgroup_array', numbered, slots, {
    set: (map, { cgroup }) => (map as CgroupArray).set(1, cgroup),
    delete: (map) => (map as CgroupArray).delete(1),
  }),
  row(
    CgroupStorage,
    'CgroupStorage',
    'cgroup_storage',
    { keySize: 16, valueSize: 8, maxEntries: 0 },
    () => ({ valueSize: 8 }),
    elements(storageKey, value),
  ),
  row(
    PerCpuCgroupStorage,
    'PerCpuCgroupStorage',
    'percpu_cgroup_storage',
    { keySize: 16, valueSize: 8, maxEntries: 0 },
    () => ({ valueSize: 8 }),
    elements(storageKey, perCpu),
  ),
  row(
    RingBuf,
    'RingBuf',
    'ringbuf',
    { keySize: 0, valueSize: 0, maxEntries: pageSize },
    () => ({ maxEntries: pageSize }),
    { ...eventMethods, countLostIn: (map) => (map as RingBuf).countLostIn(map) },
    { feature: 'ring-buffer' },
  ),
  row(PerfEventArray, 'PerfEventArray', 'perf_event_array', numbered, slots, {
    ...eventMethods,
    open: (map) => (map as PerfEventArray).open(),
  }),
  row(BytesMap, 'SockHash', 'sockhash', size, () => ({ mapType: 'SockHash', ...size }), bytesMethods),
]

function row(
  mapClass: unknown,
  mapType: string,
  bpftool: string,
  shape: MapRow['shape'],
  options: MapRow['options'],
  methods: Methods,
  more: Pick<MapRow, 'feature' | 'freezes'> = {},
): MapRow {
  return { mapClass: mapClass as MapClass, mapType, bpftool, shape, options, methods, ...more }
}
