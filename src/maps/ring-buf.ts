// `RingBuf`: records that programs write, in order, from all CPUs.

import type { PathLike } from '../arguments.ts'
import type { Codec } from '../btf/codec.ts'
import type { RecordKinds, RecordKindsByName, TaggedRecord } from '../events/record-kinds.ts'
import { mapKind, type CreateOptions, type MapKind } from './create.ts'
import { EventMap } from './event-map.ts'
import type { MapBase } from './map-base.ts'

/** Ring buffers. */
export interface RingShape {
  /** The size in bytes: a power of two, and whole pages. */
  readonly maxEntries: number
}

/**
 * A ring buffer: records that programs write, in the order in which they were reserved, each delivered once. aya's
 * `RingBuf` (`BPF_MAP_TYPE_RINGBUF`). Requires Linux 5.8.
 *
 * @example
 * ```ts
 * for await (const event of ring) console.log(event)
 * ```
 */
export class RingBuf<T = unknown> extends EventMap<T> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'RingBuf', keySize: 0, valueSize: 0 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <T = unknown>(map: MapBase | null) => RingBuf<T>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: (path: PathLike) => RingBuf<Uint8Array>
  /** {@link MapBase.fromId}. */
  declare static fromId: (id: number) => RingBuf<Uint8Array>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: (fd: number) => RingBuf<Uint8Array>
  /** {@link MapBase.create}. */
  declare static create: (options: CreateOptions<RingShape, RingBuf>) => RingBuf<Uint8Array>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: (options: CreateOptions<RingShape, RingBuf>) => Promise<RingBuf<Uint8Array>>

  /** {@link EventMap.as}. */
  override as<U>(type: Codec<U>): RingBuf<U>
  override as<const K extends RecordKindsByName>(type: RecordKinds<K>): RingBuf<TaggedRecord<K>>
  override as<U = unknown>(type: string | RecordKinds): RingBuf<U>
  override as(type: Codec | RecordKinds | string): RingBuf<unknown> {
    return super.as(type as string) as RingBuf<unknown>
  }

  /**
   * Has {@link stats} tell what programs have lost, as they have counted it in `map`: see `ayajs/ring.bpf.h`.
   *
   * @throws {EbpfError} `ERR_EBPF_MAP` when the map is not such a counter; `ERR_EBPF_CLOSED`.
   */
  countLostIn(map: MapBase): this {
    this.countLost(map)
    return this
  }

  /** The kernel does not count. @internal */
  protected override lostOf(): undefined {
    return undefined
  }
}
