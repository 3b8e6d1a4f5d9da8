// `MapOfMaps`: what maps that hold maps have in common. The kernel takes descriptors, and gives ids.

import { notInstance } from '../arguments.ts'
import { EbpfError } from '../errors.ts'
import { native } from '../native.ts'
import type { Codec } from '../btf/codec.ts'
import { indexCodec, keyCodec } from './codecs.ts'
import type { CommonMapOptions } from './create.ts'
import { MapBase } from './map-base.ts'
import { openMapData } from './open.ts'
import { setFlags, type SetOptions } from './options.ts'
import { placeKey } from './place.ts'

/** How often a map is looked for that others replace at the same time. */
const attempts = 8

/** Maps that hold maps, which the kernel keeps for as long as they are held. */
export abstract class MapOfMaps<K, M extends MapBase> extends MapBase {
  #key: Codec<K> | undefined

  /**
   * Opens the map that `key` holds, of which you then have to `close()` one handle more; `undefined` when there is none.
   *
   * @throws {TypeError} and {RangeError} for a key that does not fit.
   * @throws {EbpfError} `ERR_EBPF_PERMISSION`: the kernel tells ids, and opening by id needs `CAP_SYS_ADMIN`; `ERR_EBPF_CLOSED`.
   */
  get(key: K): M | undefined {
    for (let attempt = 1; ; attempt++) {
      const id = this.mapId(key)
      if (id === undefined) return undefined
      try {
        return openMapData(native().MapData.fromId(id), this.types.inner) as M
      } catch (error) {
        // Replaced since, and gone: then there is another one.
        if (attempt === attempts || !(EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_NOT_FOUND')) throw error
      }
    }
  }

  /**
   * The id of the map that `key` holds, without opening it; `undefined` when there is none.
   *
   * @throws {TypeError} and {RangeError} for a key that does not fit.
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  mapId(key: K): number | undefined {
    const { elements } = this.raw
    this.#encode(key)
    return elements.lookup() ? indexCodec.decode(elements.value, 0) : undefined
  }

  /**
   * Whether `key` holds a map.
   *
   * @throws As {@link mapId}.
   */
  has(key: K): boolean {
    this.#encode(key)
    return this.raw.elements.lookup()
  }

  /**
   * Has `key` hold a map, which may be closed then: the kernel keeps it.
   *
   * @throws {TypeError} and {RangeError} for a key that does not fit, or what is no map.
   * @throws {EbpfError} `ERR_EBPF_MAP`: `errnoName` is `EINVAL` when the map is not like `inner` of `create`; `E2BIG`, `EEXIST`
   *   and `ENOENT` as of other maps; `ERR_EBPF_CLOSED`.
   */
  set(key: K, map: M, options?: SetOptions): this {
    if (!((map as unknown) instanceof MapBase)) throw notInstance('map', 'MapBase', map)
    const flags = options === undefined ? 0 : setFlags(options)
    const { elements } = this.raw
    this.#encode(key)
    indexCodec.encode(map.fd(), elements.value, 0, 'map')
    elements.update(flags)
    return this
  }

  /**
   * Has `key` hold nothing any more; whether it held a map.
   *
   * @throws As {@link mapId}; `ERR_EBPF_MAP` with `EPERM` when the map is read-only.
   */
  delete(key: K): boolean {
    this.#encode(key)
    return this.raw.elements.delete()
  }

  /** @internal */
  protected keyCodec(): Codec<K> {
    this.#key ??= keyCodec<K>(this.raw, this.types)
    return this.#key
  }

  #encode(key: K): void {
    placeKey({ elements: this.raw.elements, key: this.keyCodec(), keyPath: 'key' }, key)
  }
}

/** Arrays of maps. */
export interface ArrayOfMapsShape<M extends MapBase> extends CommonMapOptions {
  /** How many maps it has room for. */
  readonly maxEntries: number
  /** A map like those that it will hold. It is looked at, not kept. */
  readonly inner: M
}

/** Hashes of maps. */
export interface HashOfMapsShape<M extends MapBase> extends ArrayOfMapsShape<M> {
  /** The size of a key in bytes. */
  readonly keySize: number
}
