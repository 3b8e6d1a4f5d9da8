// `KeyedMap`: maps from which entries can be deleted by their keys.

import { drained } from './drain.ts'
import { ElementMap } from './element-map.ts'
import { placeKey } from './place.ts'
import { deleteAll } from './write.ts'

/** What hashes and tries have in common. */
export abstract class KeyedMap<K, V, Given = V> extends ElementMap<K, V, Given> {
  /** {@link entries}. */
  [Symbol.iterator](): Generator<[key: K, value: V], void, undefined> {
    return this.entries()
  }

  /**
   * Deletes the entry of `key`; whether there was one.
   *
   * @throws {TypeError} and {RangeError} for a key that does not fit.
   * @throws {EbpfError} `ERR_EBPF_MAP`: `errnoName` is `EPERM` when the map is frozen or read-only; `ERR_EBPF_CLOSED`.
   */
  delete(key: K): boolean {
    const access = this.access()
    placeKey(access, key)
    return access.elements.delete()
  }

  /**
   * Deletes many entries, with one system call where the kernel can; how many there were. All keys are checked and encoded
   * before the first one is deleted.
   *
   * @throws {TypeError} and {RangeError} for a key that does not fit, with its place: `keys[300]`; nothing is deleted then.
   * @throws {EbpfError} As {@link delete}; `completed` says how many keys were done before.
   */
  deleteAll(keys: Iterable<K>): number {
    return deleteAll(this.raw, this.access(), keys)
  }

  /**
   * Takes the entries out: each is deleted as it is read, in one step where the kernel can (not in tries), so that nothing
   * that a program writes is missed between the two.
   *
   * Up to 1024 entries are taken at a time. When the loop is left early, those that it has not seen are put back; where a newer
   * entry has come meanwhile, or the map is full, they wait in this object, and its next drain begins with them.
   *
   * @throws {EbpfError} As {@link delete}.
   */
  drain(): Generator<[key: K, value: V], void, undefined> {
    return drained(this.raw, this.access())
  }
}
