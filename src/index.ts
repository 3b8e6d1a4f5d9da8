// The public package: exports by name, nothing else.

export type { BytesLike, PathLike } from './arguments.ts'
export type { Codec, Memory } from './btf/codec.ts'
export {
  describeObject,
  writeTypes,
  type GlobalDescription,
  type MapDescription,
  type ObjectDescription,
  type ProgramDescription,
  type TypeDescription,
  type TypesFormat,
  type WriteTypesOptions,
} from './btf/public.ts'
export { Btf } from './kernel-btf.ts'
export { Ebpf } from './objects/ebpf.ts'
export { EbpfError, errorCodes, type EbpfErrorCode, type EbpfErrorDetails, type ErrorCode } from './errors.ts'
export { RunTimeStats, enableStats, loadedLinks, loadedMaps, loadedPrograms } from './kernel-objects.ts'
export type { AbortSignalLike, EventBatchesOptions, EventsOptions, EventIterator } from './events/iterators.ts'
export type { RecordKind, RecordKinds, RecordKindsByName, RecordTag, TaggedRecord } from './events/record-kinds.ts'
export { EventBatch } from './events/event-batch.ts'
export { KernelVersion } from './kernel-version.ts'
export type { Cgroup } from './links/cgroup.ts'
export { CgroupSkbLink, CgroupSkbLinkId } from './links/cgroup-skb-link.ts'
export { FdLink, PinnedLink } from './links/fd-link.ts'
export type { CgroupLinkInfo, LinkInfo } from './links/link-info.ts'
export type { UpdateOptions } from './links/link-program.ts'
export { queryCgroup, type AttachedProgram, type CgroupQuery, type QueryOptions } from './links/query.ts'
export { EbpfLoader } from './objects/loader.ts'
export { EbpfLogger, type EbpfLoggerOptions } from './logger/ebpf-logger.ts'
export type { LogLevel, LogLevelFilter } from './logger/log-level.ts'
export type { LogStats } from './logger/log-reader.ts'
export type { LogArgument, LogRecord } from './logger/log-record.ts'
export type { LogFormat, Logger } from './logger/sink.ts'
export { ArrayMap, PerCpuArray } from './maps/array-map.ts'
export { ArrayOfMaps } from './maps/array-of-maps.ts'
export { BloomFilter, type BloomFilterShape } from './maps/bloom-filter.ts'
export { BytesMap } from './maps/bytes-map.ts'
export { CgroupArray } from './maps/cgroup-array.ts'
export { CgroupStorage, PerCpuCgroupStorage, type CgroupStorageShape } from './maps/cgroup-storage.ts'
export type { CommonMapOptions, CreateOptions, EntryShape, HashShape, MapOptions, ValueShape } from './maps/create.ts'
export type { ElementMap } from './maps/element-map.ts'
export type { EventMap, EventStats } from './maps/event-map.ts'
export { HashMap, PerCpuHashMap } from './maps/hash-map.ts'
export { HashOfMaps } from './maps/hash-of-maps.ts'
export type { IndexedMap } from './maps/indexed-map.ts'
export type { KeyedMap } from './maps/keyed-map.ts'
export { LpmTrie } from './maps/lpm-trie.ts'
export { MapBase } from './maps/map-base.ts'
export type { MapInfo } from './maps/map-info.ts'
export type { ArrayOfMapsShape, HashOfMapsShape, MapOfMaps } from './maps/map-of-maps.ts'
export type { GetOptions, SetOptions } from './maps/options.ts'
export type { OrderedMap, PushOptions } from './maps/ordered-map.ts'
export type { BatchesAsyncOptions, BatchesOptions, PackedBatch } from './maps/packed.ts'
export { ProgramArray } from './maps/program-array.ts'
export { Queue, Stack } from './maps/queue.ts'
export { PerfEventArray, type PerfShape } from './maps/perf-event-array.ts'
export { RingBuf, type RingShape } from './maps/ring-buf.ts'
export type { SlotArray, SlotShape } from './maps/slot-array.ts'
export type { WalkOptions } from './maps/walk-async.ts'
export type { Globals, InitialValues, ObjectType, ObjectTypes, Untyped } from './objects/types.ts'
export { VerifierLogLevel, type LoadOptions } from './objects/options.ts'
export {
  CgroupAttachMode,
  type AttachOptions,
  type AttachOrder,
  type LinkAnchor,
  type LinkAttachOptions,
  type MultipleAttachOptions,
  type ProgramAnchor,
  type ReplaceAttachOptions,
  type SingleAttachOptions,
} from './programs/attach-options.ts'
export { CgroupSkb, CgroupSkbAttachType, type TestRunOptions, type TestRunResult } from './programs/cgroup-skb.ts'
export { Program, type ProgramHandle } from './programs/program.ts'
export type { ProgramInfo } from './programs/program-info.ts'
