// `ArrayOfMaps`: slots that hold maps.

import type { PathLike } from '../arguments.ts'
import type { Codec } from '../btf/codec.ts'
import { checkBelow, indexCodec, indexPath } from './codecs.ts'
import { mapKind, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { MapOfMaps, type ArrayOfMapsShape } from './map-of-maps.ts'

/** Slots that hold maps, under indexes: aya's `ArrayOfMaps` (`BPF_MAP_TYPE_ARRAY_OF_MAPS`). */
export class ArrayOfMaps<M extends MapBase = MapBase> extends MapOfMaps<number, M> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'ArrayOfMaps', keySize: 4, valueSize: 4, ofMaps: true }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <M extends MapBase = MapBase>(map: MapBase | null) => ArrayOfMaps<M>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <M extends MapBase = MapBase>(path: PathLike) => ArrayOfMaps<M>
  /** {@link MapBase.fromId}. */
  declare static fromId: <M extends MapBase = MapBase>(id: number) => ArrayOfMaps<M>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <M extends MapBase = MapBase>(fd: number) => ArrayOfMaps<M>
  /** {@link MapBase.create}. */
  declare static create: <M extends MapBase>(options: ArrayOfMapsShape<M>) => ArrayOfMaps<M>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <M extends MapBase>(options: ArrayOfMapsShape<M>) => Promise<ArrayOfMaps<M>>

  /** How many slots it has. */
  get length(): number {
    return this.raw.maxEntries
  }

  /**
   * The indexes of the slots that hold a map.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  *keys(): Generator<number, void, undefined> {
    for (let index = 0; index < this.length; index++) if (this.has(index)) yield index
  }

  /**
   * Has the slot hold a map, which may be closed then: the kernel keeps it.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for an index behind the end; {TypeError} for what is no map.
   * @throws {EbpfError} `ERR_EBPF_MAP`: `errnoName` is `EINVAL` when the map is not like `inner` of `create`;
   *   `ERR_EBPF_CLOSED`.
   */
  override set(index: number, map: M): this {
    checkBelow(indexPath(this.raw), index, this.length)
    return super.set(index, map)
  }

  /**
   * Empties the slot; whether it held a map.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for an index behind the end.
   * @throws {EbpfError} `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  override delete(index: number): boolean {
    checkBelow(indexPath(this.raw), index, this.length)
    return super.delete(index)
  }

  /** @internal */
  protected override keyCodec(): Codec<number> {
    return indexCodec
  }
}
