// Many elements of a map in one system call, in packed buffers.

import { EbpfError } from '../../errors.ts'
import type { Binding } from '../../native.ts'

/** What the kernel may be able to do in batches; which of them depends on the type of map, and on the kernel. */
export type BatchOperation = 'lookup' | 'lookupAndDelete' | 'update' | 'delete'

/** How a batch is read. */
export interface BatchOptions {
  /** Deletes the entries that it reads, each in one step. Default: `false`. */
  readonly remove?: boolean
  /** `BPF_F_LOCK`, or 0. */
  readonly flags?: number
}

/** What was read into the caller's buffers. */
export interface Batch {
  /** How many entries there are, from the beginning of the buffers. May be 0 though more follow. */
  readonly count: number
  /** For the next call; `null` at the end. */
  readonly cursor: Uint8Array | null
  /** Nothing was read: a bucket of the hash table has more entries than fit. Try again with larger buffers. */
  readonly tooSmall: boolean
}

/** What was read into buffers of its own. */
export interface BatchEntries {
  readonly keys: Uint8Array
  readonly values: Uint8Array
  readonly count: number
  /** For the next call; `null` at the end. */
  readonly cursor: Uint8Array | null
}

/**
 * Batches of bpf(2), Linux 5.6. Keys lie one after the other, and so do values (of all possible CPUs where the map is per
 * CPU). What the kernel cannot do throws `ERR_EBPF_UNSUPPORTED`, and is remembered: ask {@link supports} before.
 */
export class Batches {
  readonly #native: Binding.MapData
  readonly #cursorSize: number
  readonly #supports = new Map<BatchOperation, boolean>()

  constructor(native: Binding.MapData, cursorSize: number) {
    this.#native = native
    this.#cursorSize = cursorSize
  }

  /** Whether the map can be read in batches; `undefined` until tried. */
  get supported(): boolean | undefined {
    return this.supports('lookup')
  }

  /** Whether the kernel can do this with maps of this type; `undefined` until tried. */
  supports(operation: BatchOperation): boolean | undefined {
    return this.#supports.get(operation)
  }

  /** Reads up to `maxEntries` entries after `cursor`, or the first ones. Fewer may come though more follow. */
  lookup(
    cursor: Uint8Array | null,
    keys: Uint8Array,
    values: Uint8Array,
    maxEntries: number,
    { remove = false, flags = 0 }: BatchOptions = {},
  ): Batch {
    const next = this.#copyOf(cursor)
    const count = this.#try(remove ? 'lookupAndDelete' : 'lookup', () =>
      remove
        ? this.#native.lookupAndDeleteBatch(next, keys, values, maxEntries, flags)
        : this.#native.lookupBatch(next, keys, values, maxEntries, flags),
    )
    if (count < 0) return { count: 0, cursor, tooSmall: true }
    return { count, cursor: moreAfter(next), tooSmall: false }
  }

  /** {@link lookup} on a thread of libuv's pool, into buffers that it makes, as large as the kernel wants them. */
  async lookupAsync(
    cursor: Uint8Array | null,
    maxEntries: number,
    { remove = false, flags = 0 }: BatchOptions = {},
  ): Promise<BatchEntries> {
    const operation = remove ? 'lookupAndDelete' : 'lookup'
    try {
      const read = await this.#native.lookupBatchAsync(this.#copyOf(cursor), maxEntries, remove, flags)
      this.#supports.set(operation, true)
      return { ...read, cursor: moreAfter(read.cursor) }
    } catch (error) {
      throw this.#learn(operation, error)
    }
  }

  /** Writes `count` entries. A failure says how many were written before it: `completed`. */
  update(keys: Uint8Array, values: Uint8Array, count: number, flags = 0): void {
    this.#try('update', () => this.#native.updateBatch(keys, values, count, flags))
  }

  /** Deletes `count` keys, and tells how many of them there were. */
  delete(keys: Uint8Array, count: number): number {
    return this.#try('delete', () => this.#native.deleteBatch(keys, count))
  }

  /** The addon moves it on, while the caller's may be used again. */
  #copyOf(cursor: Uint8Array | null): Uint8Array {
    return cursor === null ? new Uint8Array(this.#cursorSize) : cursor.slice()
  }

  #try<T>(operation: BatchOperation, run: () => T): T {
    try {
      const result = run()
      this.#supports.set(operation, true)
      return result
    } catch (error) {
      throw this.#learn(operation, error)
    }
  }

  #learn(operation: BatchOperation, error: unknown): unknown {
    if (EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_UNSUPPORTED') this.#supports.set(operation, false)
    return error
  }
}

/** The first byte of a cursor is 2 at the end. */
function moreAfter(cursor: Uint8Array): Uint8Array | null {
  return cursor[0] === 2 ? null : cursor
}
