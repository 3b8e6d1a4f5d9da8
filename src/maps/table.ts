// The table of map classes: which class a map comes in. Kinds that are not here come as `BytesMap`.

import { mapClasses } from '../btf/map-classes.ts'
import { ArrayMap, PerCpuArray } from './array-map.ts'
import { ArrayOfMaps } from './array-of-maps.ts'
import { BloomFilter } from './bloom-filter.ts'
import { BytesMap } from './bytes-map.ts'
import { CgroupArray } from './cgroup-array.ts'
import { CgroupStorage, PerCpuCgroupStorage } from './cgroup-storage.ts'
import { HashMap, PerCpuHashMap } from './hash-map.ts'
import { HashOfMaps } from './hash-of-maps.ts'
import { LpmTrie } from './lpm-trie.ts'
import type { MapBase } from './map-base.ts'
import { setMapClasses } from './open.ts'
import { PerfEventArray } from './perf-event-array.ts'
import { ProgramArray } from './program-array.ts'
import { Queue, Stack } from './queue.ts'
import type { RawMap } from './raw/raw-map.ts'
import { RingBuf } from './ring-buf.ts'
import { noTypes, type MapTypes } from './types.ts'

type MapClass = new (raw: RawMap, types: MapTypes) => MapBase

/** The classes by their names in map-classes.ts, which says of what kinds each is. */
const classes: Readonly<Record<string, MapClass>> = {
  ArrayMap,
  ArrayOfMaps,
  BloomFilter,
  BytesMap,
  CgroupArray,
  CgroupStorage,
  HashMap,
  HashOfMaps,
  LpmTrie,
  PerCpuArray,
  PerCpuCgroupStorage,
  PerCpuHashMap,
  PerfEventArray,
  ProgramArray,
  Queue,
  RingBuf,
  Stack,
}

const byType: ReadonlyMap<string, MapClass> = new Map(
  mapClasses.map(({ mapType, className }) => [mapType, classes[className] ?? BytesMap]),
)

/** A map of each class, of whose keys and values nothing is known. */
type AnyMap =
  | ArrayMap
  | ArrayOfMaps
  | BloomFilter
  | BytesMap
  | CgroupArray
  | CgroupStorage
  | HashMap
  | HashOfMaps
  | LpmTrie
  | PerCpuArray
  | PerCpuCgroupStorage
  | PerCpuHashMap
  | PerfEventArray
  | ProgramArray
  | Queue
  | RingBuf
  | Stack

/** A map of the class of `M`, with keys and values of any kind; of any class where `M` does not say. */
export type AnyMapOfClass<M> = [Extends<M, AnyMap>] extends [never] ? MapBase : Extends<M, AnyMap>

type Extends<M, C> = C extends unknown ? ([M] extends [C] ? C : never) : never

/** A map in the class of its type. */
export function openMap(raw: RawMap, types: MapTypes): MapBase {
  return new (byType.get(raw.mapType) ?? BytesMap)(raw, types)
}

setMapClasses({ open: openMap, asBytes: (raw) => new BytesMap(raw, noTypes) })
