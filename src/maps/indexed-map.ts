// `IndexedMap`: what arrays have in common.

import { checkIndex, indexCodecs, indexPath, type ElementCodecs } from './codecs.ts'
import { ElementMap } from './element-map.ts'
import type { GetOptions } from './options.ts'

/** Maps whose keys are indexes, and whose elements cannot be deleted. */
export abstract class IndexedMap<V, Given = V> extends ElementMap<number, V, Given> {
  /** How many elements it has, always. */
  get length(): number {
    return this.raw.maxEntries
  }

  /** {@link values}: as an array. */
  [Symbol.iterator](): Generator<V, void, undefined> {
    return this.values()
  }

  /**
   * The element at `index`, or `undefined` behind the end.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for what is no index: negative, broken, 2^32 or more.
   * @throws {EbpfError} `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  override get(index: number, options?: GetOptions): V | undefined {
    return this.#isBehind(index) ? undefined : super.get(index, options)
  }

  /** Whether there is an element at `index`, as there is at every one below {@link length}. */
  override has(index: number): boolean {
    return !this.#isBehind(index) && super.has(index)
  }

  /**
   * Writes the element at `index`.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for an index behind the end; and for a value that does not fit, as {TypeError}.
   * @throws {EbpfError} `ERR_EBPF_MAP`: `errnoName` is `EPERM` when the map is frozen or read-only; `ERR_EBPF_CLOSED`.
   */
  override set(index: number, value: Given, options?: GetOptions): this {
    return super.set(index, value, options)
  }

  /**
   * Writes many elements, with one system call where the kernel can. All of them are checked and encoded before the first one is
   * written.
   *
   * @throws As {@link set}; errors of the kernel say in `completed` how many were written.
   */
  override setAll(entries: Iterable<readonly [index: number, value: Given]>, options?: GetOptions): void {
    super.setAll(entries, options)
  }

  /** @internal */
  protected override codecs(): ElementCodecs<number, V> {
    return indexCodecs(this.raw, this.types)
  }

  /** An index of the right kind, though of no element. Reading has no other end than that of 32 bits. */
  #isBehind(index: number): boolean {
    if (typeof index !== 'number') return false
    checkIndex(indexPath(this.raw), index)
    return index >= this.raw.maxEntries
  }
}
