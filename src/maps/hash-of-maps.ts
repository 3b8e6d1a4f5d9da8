// `HashOfMaps`: maps under keys.

import type { PathLike } from '../arguments.ts'
import { mapKind, type MapKind } from './create.ts'
import { decodedKeys } from './decode.ts'
import type { MapBase } from './map-base.ts'
import { MapOfMaps, type HashOfMapsShape } from './map-of-maps.ts'

/** Maps under keys: aya's `HashOfMaps` (`BPF_MAP_TYPE_HASH_OF_MAPS`). */
export class HashOfMaps<K = unknown, M extends MapBase = MapBase> extends MapOfMaps<K, M> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'HashOfMaps', valueSize: 4, ofMaps: true }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <K = unknown, M extends MapBase = MapBase>(map: MapBase | null) => HashOfMaps<K, M>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <K = unknown, M extends MapBase = MapBase>(path: PathLike) => HashOfMaps<K, M>
  /** {@link MapBase.fromId}. */
  declare static fromId: <K = unknown, M extends MapBase = MapBase>(id: number) => HashOfMaps<K, M>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <K = unknown, M extends MapBase = MapBase>(fd: number) => HashOfMaps<K, M>
  /** {@link MapBase.create}. */
  declare static create: <K = Uint8Array, M extends MapBase = MapBase>(options: HashOfMapsShape<M>) => HashOfMaps<K, M>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <K = Uint8Array, M extends MapBase = MapBase>(
    options: HashOfMapsShape<M>,
  ) => Promise<HashOfMaps<K, M>>

  /**
   * The keys that hold a map.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  keys(): Generator<K, void, undefined> {
    return decodedKeys(this.raw, this.keyCodec())
  }
}
