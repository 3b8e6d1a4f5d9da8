// `PerfEventArray`: records that programs write, through a buffer for each CPU.

import { checkInteger, outOfRange, type PathLike } from '../arguments.ts'
import type { Codec } from '../btf/codec.ts'
import type { RecordKinds, RecordKindsByName, TaggedRecord } from '../events/record-kinds.ts'
import { mapKind, type CreateOptions, type MapKind } from './create.ts'
import { EventMap } from './event-map.ts'
import type { MapBase } from './map-base.ts'

/** Arrays of perf buffers. */
export interface PerfShape {
  /** How many CPUs it has room for. */
  readonly maxEntries: number
}

/**
 * Records that programs write with `bpf_perf_event_output`, through a buffer for each CPU: aya's `PerfEventArray`
 * (`BPF_MAP_TYPE_PERF_EVENT_ARRAY`). For objects that use it: a {@link RingBuf} keeps the order of all CPUs, and is faster.
 *
 * Records come in order for each CPU only. The kernel fills each up to 4 bytes more than a multiple of 8, with zeros, and
 * counts what finds no room: `stats().lost`. What is written before the first use is lost, and counted by nobody. Needs
 * `CAP_PERFMON`.
 */
export class PerfEventArray<T = unknown> extends EventMap<T> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'PerfEventArray', keySize: 4, valueSize: 4 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <T = unknown>(map: MapBase | null) => PerfEventArray<T>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: (path: PathLike) => PerfEventArray<Uint8Array>
  /** {@link MapBase.fromId}. */
  declare static fromId: (id: number) => PerfEventArray<Uint8Array>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: (fd: number) => PerfEventArray<Uint8Array>
  /** {@link MapBase.create}. */
  declare static create: (options: CreateOptions<PerfShape, PerfEventArray>) => PerfEventArray<Uint8Array>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: (options: CreateOptions<PerfShape, PerfEventArray>) => Promise<PerfEventArray<Uint8Array>>

  /** {@link EventMap.as}. */
  override as<U>(type: Codec<U>): PerfEventArray<U>
  override as<const K extends RecordKindsByName>(type: RecordKinds<K>): PerfEventArray<TaggedRecord<K>>
  override as<U = unknown>(type: string | RecordKinds): PerfEventArray<U>
  override as(type: Codec | RecordKinds | string): PerfEventArray<unknown> {
    return super.as(type as string) as PerfEventArray<unknown>
  }

  /**
   * Opens the buffers, which the first use does as well: programs can write from now on.
   *
   * @param pagesPerCpu The size of each CPU's buffer in pages of memory, a power of two. Default: 16. It is that of the
   *   first call: buffers that are open stay as they are.
   * @throws {RangeError} `ERR_OUT_OF_RANGE`.
   * @throws {EbpfError} `ERR_EBPF_PERMISSION`, `ERR_EBPF_BUSY`, `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  open(pagesPerCpu = 16): this {
    const pages = checkInteger('pagesPerCpu', pagesPerCpu, 1, 2 ** 20)
    if ((pages & (pages - 1)) !== 0) throw outOfRange('pagesPerCpu', 'a power of two', pages)
    this.openReader(pages)
    return this
  }

  /** @internal */
  protected override lostOf(count: number): number {
    return count
  }
}
