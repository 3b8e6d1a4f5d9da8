// `MapBase`: what maps of all types have in common.
/// <reference lib="esnext.disposable" preserve="true" />

import { inspect, type InspectOptions } from 'node:util'
import { checkInteger, checkObject, checkPath, illegalConstructor, notInstance, type PathLike } from '../arguments.ts'
import { native, type Binding } from '../native.ts'
import { withStackOf } from '../promises.ts'
import type { BytesMap } from './bytes-map.ts'
import { creation, mapKind, type Creation, type MapKind, type MapOptions } from './create.ts'
import type { MapInfo } from './map-info.ts'
import { notOfClass } from './narrow.ts'
import { openAsBytes, openMapData } from './open.ts'
import { RawMap } from './raw/raw-map.ts'
import type { MapTypes } from './types.ts'

let typesOf: (map: MapBase) => MapTypes

/** The addon's map in ours; set by the class, which alone can look inside. @internal */
export let nativeMap: (name: string, map: unknown) => Binding.MapData

/**
 * A map of any type: aya's `MapData`. Maps come in the class of their type, `HashMap`, `ArrayMap` and so on, or as
 * `BytesMap` where there is none; {@link asBytes} gives each of them as bytes.
 *
 * A map of an object belongs to that until {@link Ebpf.takeMap}; one from a pin, an id, a descriptor or `create` belongs to
 * you. It is not closed by the garbage collector.
 */
export class MapBase {
  readonly #raw: RawMap
  readonly #types: MapTypes
  #bytes: BytesMap | undefined
  /** The map's name in its object, or that was given to {@link create}; else the kernel's, of at most 15 bytes. */
  readonly name: string
  /** The type, in aya's spelling: `Hash`, `Array`, `PerCpuArray`, `RingBuf`, … */
  readonly mapType: string

  /** @internal */
  constructor(raw: RawMap, types: MapTypes) {
    if (!((raw as unknown) instanceof RawMap)) {
      throw illegalConstructor(new.target.name, `Ebpf.map() or ${new.target.name}.create()`)
    }
    this.#raw = raw
    this.#types = types
    this.name = raw.name
    this.mapType = raw.mapType
  }

  /** How its maps are made; `undefined` where the class is for many types. @internal */
  static readonly [mapKind]: MapKind | undefined

  /**
   * `map` as this class, as aya's `TryFrom<Map>`. Types of keys and values are taken on trust: the map has those of its own
   * BTF, or bytes without it.
   *
   * @throws {EbpfError} `ERR_EBPF_UNEXPECTED_MAP_TYPE` for a map of another type, `ERR_EBPF_NOT_FOUND` for `null`, which is
   *   what {@link Ebpf.map} returns for a name that the object does not have.
   */
  static tryFrom(map: MapBase | null): MapBase {
    const given: unknown = map
    if (given instanceof this) return given
    throw notOfClass(this.name, given, isMap(given) ? given.mapType : undefined)
  }

  /**
   * Opens the map that is pinned at `path`, with the types that the kernel knows of it.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN`, `ERR_EBPF_UNEXPECTED_MAP_TYPE`, `ERR_EBPF_PERMISSION`.
   */
  static fromPin(path: PathLike): MapBase {
    return opened(this, native().MapData.fromPin(checkPath('path', path)))
  }

  /**
   * Opens a map by its id, see `loadedMaps()`, with the types that the kernel knows of it.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_FOUND` when there is none (any more), `ERR_EBPF_UNEXPECTED_MAP_TYPE`,
   *   `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
   */
  static fromId(id: number): MapBase {
    return opened(this, native().MapData.fromId(checkInteger('id', id, 1, 2 ** 32 - 1)))
  }

  /**
   * Opens the map behind a descriptor, which is duplicated: closing it stays your business.
   *
   * @throws {EbpfError} `ERR_EBPF_MAP` when it is not that of a map, `ERR_EBPF_UNEXPECTED_MAP_TYPE`.
   */
  static fromFd(fd: number): MapBase {
    return opened(this, native().MapData.fromFd(checkInteger('fd', fd, 0, 2 ** 31 - 1)))
  }

  /**
   * Makes a map that belongs to no object. Its keys and values are bytes, unless `like` says otherwise.
   *
   * @throws {EbpfError} `ERR_EBPF_MAP` where the kernel refuses, `ERR_EBPF_PERMISSION`.
   */
  static create(options: MapOptions): MapBase {
    const { settings, types } = prepared(this, options)
    return created(this, native().MapData.create(settings), types)
  }

  /** {@link create} on another thread: memory for large maps takes its time. */
  static async createAsync(options: MapOptions): Promise<MapBase> {
    const { settings, types } = prepared(this, options)
    const map = await withStackOf(this.createAsync, native().MapData.createAsync(settings))
    return created(this, map, types)
  }

  /** @internal */
  protected get raw(): RawMap {
    return this.#raw
  }

  /** @internal */
  protected get types(): MapTypes {
    return this.#types
  }

  /** Whether the map can be used no more. */
  get closed(): boolean {
    return this.#raw.native.closed
  }

  /**
   * What the kernel knows about the map.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  info(): MapInfo {
    return this.#raw.native.info()
  }

  /**
   * The file descriptor. It belongs to the map: do not close it.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  fd(): number {
    return this.#raw.native.fd()
  }

  /** The same map with keys and values as bytes. One of the two being closed closes both. */
  asBytes(): BytesMap {
    this.#bytes ??= openAsBytes(this.#raw)
    return this.#bytes
  }

  /**
   * Forbids user space to change the map from now on, for good; programs still may. Requires Linux 5.2.
   *
   * @throws {EbpfError} `ERR_EBPF_MAP`: frozen already; `ERR_EBPF_UNSUPPORTED`: of a type that cannot be; `ERR_EBPF_CLOSED`.
   */
  freeze(): void {
    this.#raw.native.freeze()
  }

  /**
   * Pins the map to a file of a bpf file system: it then outlives the process.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN`, `ERR_EBPF_CLOSED`, `ERR_EBPF_PERMISSION`.
   */
  pin(path: PathLike): void {
    this.#raw.native.pin(checkPath('path', path))
  }

  /**
   * Removes the file that the map was pinned to, or opened from. A file at that path that is not this map's any more is left
   * alone.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN` also when the map is not pinned; `ERR_EBPF_CLOSED`.
   */
  unpin(): void {
    this.#raw.native.unpin()
  }

  /** Closes the map, unless an object owns it: then it is closed with that. Twice does nothing. */
  close(): void {
    this.#raw.native.close()
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** As in `PerCpuArray(traffic)`. */
  toString(): string {
    return `${this.mapType}(${this.name})`
  }

  /** What `console.log` shows; never the entries. @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { name, mapType } = this
    const shown = this.closed ? { name, mapType, state: 'closed' } : { name, mapType, ...this.#shape() }
    return `${this.constructor.name} ${inspect(shown, options)}`
  }

  #shape(): object {
    const { id, keySize, valueSize, maxEntries } = this.info()
    return { id, keySize, valueSize, maxEntries }
  }

  static {
    typesOf = (map) => map.types
    nativeMap = (name, map) => {
      if (!isMap(map)) throw notInstance(name, 'MapBase', map)
      return map.#raw.native
    }
  }
}

function isMap(value: unknown): value is MapBase {
  return value instanceof MapBase
}

/** A map of the kernel, in the class of its type, which must be the one that was called. */
function opened(wanted: typeof MapBase, data: Binding.MapData): MapBase {
  return kept(wanted, openMapData(data))
}

function prepared(wanted: typeof MapBase, options: MapOptions): Creation {
  const { like, inner } = checkObject('options', options) as MapOptions
  if (like !== undefined) {
    if (!isMap(like)) throw notInstance('options.like', 'MapBase', like)
    wanted.tryFrom(like)
  }
  const kind = wanted[mapKind]
  if ((inner !== undefined || kind?.ofMaps) && !isMap(inner)) {
    throw notInstance('options.inner', 'MapBase', inner)
  }
  return creation(kind, options, typesOf)
}

function created(wanted: typeof MapBase, data: Binding.MapData, types: MapTypes): MapBase {
  return kept(wanted, openMapData(data, types))
}

/** Nobody else has the map: it must not stay open when it is of the wrong class. */
function kept(wanted: typeof MapBase, map: MapBase): MapBase {
  try {
    return wanted.tryFrom(map)
  } catch (error) {
    map.close()
    throw error
  }
}
