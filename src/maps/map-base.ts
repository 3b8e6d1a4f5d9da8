// `MapBase`: a map of any type, as bytes.
/// <reference lib="esnext.disposable" preserve="true" />

import { inspect, type InspectOptions } from 'node:util'
import { checkBytes, illegalConstructor } from '../arguments.ts'
import { native, type Binding } from '../native.ts'

/** What the kernel knows about a map: aya's `MapInfo`, `struct bpf_map_info`. */
export interface MapInfo {
  /** The type, in aya's spelling: `Hash`, `Array`, `PerCpuArray`, `RingBuf`, … */
  readonly mapType: string
  /** The map's id in the kernel, as `bpftool map show id` takes it. */
  readonly id: number
  /** The name, which the kernel cuts to 15 bytes. */
  readonly name: string
  /** The size of a key in bytes. */
  readonly keySize: number
  /** The size of a value in bytes; of one CPU's value where the map is per CPU. */
  readonly valueSize: number
  /** How many entries fit; for a ring buffer its size in bytes. */
  readonly maxEntries: number
  /** The flags it was created with (`BPF_F_…`). */
  readonly mapFlags: number
  /** What the flags do not say, per type. */
  readonly mapExtra: bigint
}

/**
 * A map of any type, with keys and values as bytes in this machine's byte order: aya's `MapData`.
 *
 * The object owns it until {@link Ebpf.takeMap}. It is not closed by the garbage collector.
 */
export class MapBase {
  readonly #native: Binding.MapData
  /** The map's name in the object. */
  readonly name: string
  /** The type, in aya's spelling: `Hash`, `Array`, `PerCpuArray`, `RingBuf`, … */
  readonly mapType: string

  /** @internal */
  constructor(map: Binding.MapData) {
    if (!(map instanceof native().MapData)) throw illegalConstructor('MapBase', 'Ebpf.map()')
    this.#native = map
    this.name = map.name
    this.mapType = map.info().mapType
  }

  /** Whether the map can be used no more. */
  get closed(): boolean {
    return this.#native.closed
  }

  /**
   * What the kernel knows about the map.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  info(): MapInfo {
    return this.#native.info()
  }

  /**
   * The file descriptor. It belongs to the map: do not close it.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  fd(): number {
    return this.#native.fd()
  }

  /**
   * The value of `key`, or `undefined` when there is none.
   *
   * A map that is per CPU gives the values of all possible CPUs one after the other, each rounded up to 8 bytes.
   *
   * @param key As many bytes as `info().keySize` says.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a key of another size.
   * @throws {EbpfError} `ERR_EBPF_MAP` where the type cannot be looked up in (a ring buffer); `ERR_EBPF_CLOSED`.
   */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#native.lookup(checkBytes('key', key)) ?? undefined
  }

  /**
   * The keys. Entries that come and go meanwhile may be seen or not, and when the current one is deleted the kernel
   * begins anew.
   *
   * @throws {EbpfError} `ERR_EBPF_MAP` where the type has no keys to walk; `ERR_EBPF_CLOSED`.
   */
  *keys(): Generator<Uint8Array, void, undefined> {
    for (let key = this.#native.nextKey(null); key !== null; key = this.#native.nextKey(key)) yield key
  }

  /** Closes a map that was taken. One that its object owns is closed with the object. Twice does nothing. */
  close(): void {
    this.#native.close()
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** As in `PerCpuArray(traffic)`. */
  toString(): string {
    return `${this.mapType}(${this.name})`
  }

  /** What `console.log` shows. @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { name, mapType } = this
    if (this.closed) return `MapBase ${inspect({ name, mapType, state: 'closed' }, options)}`
    const { id, keySize, valueSize, maxEntries } = this.info()
    return `MapBase ${inspect({ name, mapType, id, keySize, valueSize, maxEntries }, options)}`
  }
}
