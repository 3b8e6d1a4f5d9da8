// `BytesMap`: a map of any type with keys and values as bytes.

import { checkBytes, invalidArgType, type BytesLike, type PathLike } from '../arguments.ts'
import { EbpfError } from '../errors.ts'
import { called } from './called.ts'
import { byteCodecs, wrongSize, type ElementCodecs } from './codecs.ts'
import type { MapOptions } from './create.ts'
import { KeyedMap } from './keyed-map.ts'
import { MapBase } from './map-base.ts'
import { getFlags, setFlags, type GetOptions, type SetOptions } from './options.ts'
import {
  packedBatches,
  packedBatchesAsync,
  type BatchesAsyncOptions,
  type BatchesOptions,
  type PackedBatch,
} from './packed.ts'
import { deletePacked, writePacked } from './write.ts'

/**
 * A map of any type, with keys and values as bytes in this machine's byte order. Get one from {@link MapBase.asBytes}; maps of
 * types without a class of their own come as one.
 *
 * A key has {@link keySize} bytes: none in a queue, a stack or a Bloom filter. A value has {@link valueBytes} bytes: in a map that
 * is per CPU there are the values of all possible CPUs one after the other, each rounded up to 8 bytes. What the kernel cannot do
 * with a type throws `ERR_EBPF_UNSUPPORTED`, or `ERR_EBPF_MAP` where the kernel only says `EINVAL`.
 */
export class BytesMap extends KeyedMap<Uint8Array, Uint8Array, BytesLike> {
  /** `map` as bytes: as {@link MapBase.asBytes}, and takes `null` as {@link MapBase.tryFrom} does. */
  static override tryFrom(map: MapBase | null): BytesMap {
    return MapBase.tryFrom(map).asBytes()
  }
  /** {@link MapBase.fromPin}. */
  declare static fromPin: (path: PathLike) => BytesMap
  /** {@link MapBase.fromId}. */
  declare static fromId: (id: number) => BytesMap
  /** {@link MapBase.fromFd}. */
  declare static fromFd: (fd: number) => BytesMap
  /** {@link MapBase.create}. */
  declare static create: (options: MapOptions) => BytesMap
  /** {@link MapBase.createAsync}. */
  declare static createAsync: (options: MapOptions) => Promise<BytesMap>

  /** The size of a key in bytes. */
  get keySize(): number {
    return this.raw.keySize
  }

  /** The size of a value in bytes: of all possible CPUs where the map is per CPU, each rounded up to 8. */
  get valueBytes(): number {
    return this.raw.valueBytes
  }

  override asBytes(): BytesMap {
    return this
  }

  /**
   * {@link get} into the caller's bytes, without allocating anything; whether there is such a key.
   *
   * @param target {@link valueBytes} bytes, which are left as they are when there is none.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a key or target of another size.
   * @throws {EbpfError} As {@link get}.
   */
  getInto(key: Uint8Array, target: Uint8Array, options?: GetOptions): boolean {
    const { key: codec, elements } = this.access()
    if (!((target as unknown) instanceof Uint8Array))
      throw invalidArgType('target', 'an instance of Uint8Array', target)
    if (target.length !== this.raw.valueBytes) throw wrongSize(this.raw, 'target', this.raw.valueBytes, target.length)
    const flags = options === undefined ? 0 : getFlags(options)
    codec.encode(key, elements.key, 0, 'key')
    if (!elements.lookup(flags)) return false
    target.set(elements.value.bytes)
    return true
  }

  /**
   * Deletes the entry of `key` and returns its value, in one step; `undefined` when there was none. Hashes since Linux 5.14, queues
   * and stacks (with an empty key) always.
   *
   * @throws As {@link delete}; `ERR_EBPF_UNSUPPORTED` where the kernel cannot do it with maps of this type.
   */
  lookupAndDelete(key: Uint8Array, options?: GetOptions): Uint8Array | undefined {
    const { key: codec, value, elements } = this.access()
    const flags = options === undefined ? 0 : getFlags(options)
    codec.encode(key, elements.key, 0, 'key')
    return elements.lookupAndDelete(flags) ? value.decode(elements.value, 0) : undefined
  }

  /**
   * The entries in packed form, many at a time. Makes the promises of all walks, see {@link ElementMap}. No batch is empty.
   *
   * @throws {EbpfError} `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  batches(options: BatchesOptions = {}): Generator<PackedBatch, void, undefined> {
    return packedBatches(this.raw, options)
  }

  /**
   * {@link batches}, fetched on another thread where the kernel has batches.
   *
   * @throws As {@link batches}; the reason of `signal` once that is aborted.
   */
  batchesAsync(options: BatchesAsyncOptions = {}): AsyncGenerator<PackedBatch, void, undefined> {
    return packedBatchesAsync(this.raw, options)
  }

  /**
   * Writes packed entries, with one system call where the kernel can.
   *
   * @param keys Key after key.
   * @param values As many values, one after the other.
   * @param options `noExist` and `exist` have each entry written by a call of its own.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the sizes do not fit.
   * @throws {EbpfError} As {@link set}; `completed` says how many were written before the one that failed.
   */
  setBatch(keys: BytesLike, values: BytesLike, options?: SetOptions): void {
    const [packedKeys, packedValues] = [checkBytes('keys', keys), checkBytes('values', values)]
    const count = this.#count(packedKeys)
    const size = count * this.raw.valueBytes
    if (packedValues.length !== size) throw wrongSize(this.raw, `values for ${count} keys`, size, packedValues.length)
    writePacked(this.raw, packedKeys, packedValues, count, options === undefined ? 0 : setFlags(options))
  }

  /**
   * Deletes packed keys, with one system call where the kernel can; how many there were.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the size does not fit.
   * @throws {EbpfError} As {@link delete}; `completed` says how many keys were done before.
   */
  deleteBatch(keys: BytesLike): number {
    const packed = checkBytes('keys', keys)
    return deletePacked(this.raw, packed, this.#count(packed))
  }

  /** @internal */
  protected override codecs(): ElementCodecs<Uint8Array, Uint8Array> {
    return byteCodecs(this.raw)
  }

  #count(keys: Uint8Array): number {
    const { keySize, mapType } = this.raw
    if (keySize === 0) {
      const message = `Cannot use many keys of ${called(this)} at once: maps of type ${mapType} have no keys.`
      throw new EbpfError('ERR_EBPF_MAP', message, { map: this.name })
    }
    if (keys.length % keySize === 0) return keys.length / keySize
    throw wrongSize(this.raw, 'keys', keySize, keys.length, 'a multiple of ')
  }
}
