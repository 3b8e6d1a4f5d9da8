// `ElementMap`: maps whose values are found by a key or an index. It reads, writes and walks them.

import { invalidArgType } from '../arguments.ts'
import { MapBase } from './map-base.ts'
import { elementCodecs, type ElementCodecs } from './codecs.ts'
import { decodedEntries, decodedKeys, decodedValues } from './decode.ts'
import { getFlags, setFlags, type GetOptions, type SetOptions } from './options.ts'
import { placeEntry, placeKey, type ElementAccess } from './place.ts'
import { decodedEntriesAsync, type WalkOptions } from './walk-async.ts'
import { writeAll } from './write.ts'

/**
 * What maps with keys or indexes have in common. `Given` is what a value is written as.
 *
 * **Walks** (`keys`, `values`, `entries`, `for … of`) fetch many entries with one system call where the kernel can, else one
 * by one. What they promise while others change the map: an entry that is there from beginning to end is seen exactly once;
 * one that comes or goes meanwhile is seen or not; each value is one that the entry had since the walk began, and may have
 * been replaced, or deleted, since it was fetched. Entries may be set and deleted in the middle, the current one as well.
 * Tries, cgroup storages and other maps without an order of their own begin anew when the kernel loses its place: their walks
 * remember the keys seen, and end at the latest when nothing new comes for twice the size of the map.
 */
export abstract class ElementMap<K, V, Given = V> extends MapBase {
  #access: ElementAccess<K, V> | undefined

  /**
   * The value of `key`, or `undefined` when there is none.
   *
   * @throws {TypeError} and {RangeError} for a key that does not fit.
   * @throws {EbpfError} `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`, `ERR_EBPF_PERMISSION`.
   */
  get(key: K, options?: GetOptions): V | undefined {
    const access = this.#access ?? this.access()
    const flags = options === undefined ? 0 : getFlags(options)
    placeKey(access, key)
    return access.elements.lookup(flags) ? access.value.decode(access.elements.value, 0) : undefined
  }

  /**
   * Writes the value of `key`.
   *
   * @throws {TypeError} and {RangeError} for a key or value that does not fit.
   * @throws {EbpfError} `ERR_EBPF_MAP`: `errnoName` is `E2BIG` when the map is full (of a trie: `ENOSPC`), `EEXIST` or `ENOENT`
   *   when `noExist` or `exist` is not met, `EPERM` when it is frozen or read-only; `ERR_EBPF_CLOSED`, `ERR_EBPF_PERMISSION`.
   */
  set(key: K, value: Given, options?: SetOptions): this {
    const access = this.#access ?? this.access()
    const flags = options === undefined ? 0 : setFlags(options)
    placeEntry(access, key, value as unknown as V)
    access.elements.update(flags)
    return this
  }

  /**
   * Whether there is a value for `key`.
   *
   * @throws As {@link get}.
   */
  has(key: K): boolean {
    const access = this.#access ?? this.access()
    placeKey(access, key)
    return access.elements.lookup()
  }

  /**
   * The keys, in the kernel's order, see {@link ElementMap}.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`, `ERR_EBPF_PERMISSION`; `ERR_EBPF_MAP` when the map can only be written.
   */
  keys(): Generator<K, void, undefined> {
    return decodedKeys(this.raw, this.access().key)
  }

  /**
   * The values, in the kernel's order, see {@link ElementMap}.
   *
   * @throws As {@link keys}.
   */
  values(): Generator<V, void, undefined> {
    return decodedValues(this.raw, this.access().value)
  }

  /**
   * Keys and values, in the kernel's order, see {@link ElementMap}.
   *
   * @throws As {@link keys}.
   */
  entries(): Generator<[key: K, value: V], void, undefined> {
    return decodedEntries(this.raw, this.access())
  }

  /**
   * {@link entries}, fetched on another thread where the kernel has batches, else in small portions: the event loop stays free
   * while a large map is walked. Makes the same promises.
   *
   * @throws {EbpfError} As {@link get}.
   * @throws The reason of `signal` once that is aborted: before, between two entries, or while some are being fetched.
   */
  entriesAsync(options: WalkOptions = {}): AsyncGenerator<[key: K, value: V], void, undefined> {
    return decodedEntriesAsync(this.raw, this.access(), options)
  }

  /**
   * Calls `callback` with each value and key, as `Map` does.
   *
   * @throws As {@link keys}; {TypeError} for what is no function; what `callback` throws ends the walk.
   */
  forEach(callback: (value: V, key: K, map: this) => void): void {
    if (typeof (callback as unknown) !== 'function') throw invalidArgType('callback', 'of type function', callback)
    for (const [key, value] of this.entries()) callback(value, key, this)
  }

  /**
   * Writes many entries, with one system call where the kernel can. All of them are checked and encoded before the first one is
   * written.
   *
   * @param options `noExist` and `exist` have each entry written by a call of its own.
   * @throws {TypeError} and {RangeError} for a key or value that does not fit, with its place: `entries[300]`; nothing is
   *   written then.
   * @throws {EbpfError} As {@link set}; `completed` says how many were written before the one that failed.
   */
  setAll(entries: Iterable<readonly [key: K, value: Given]>, options?: SetOptions): void {
    const flags = options === undefined ? 0 : setFlags(options)
    writeAll(this.raw, this.access(), entries as Iterable<readonly [K, V]>, flags)
  }

  /** @internal */
  protected access(): ElementAccess<K, V> {
    this.#access ??= { ...this.codecs(), elements: this.raw.elements }
    return this.#access
  }

  /** @internal */
  protected codecs(): ElementCodecs<K, V> {
    return elementCodecs(this.raw, this.types)
  }
}
