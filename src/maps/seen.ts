// The keys that a walk has seen, for maps whose walks begin anew when the kernel loses its place.

import type { Memory } from '../btf/codec.ts'
import type { RawMap } from './raw/raw-map.ts'

/** Types whose keys are indexes, which never go: the kernel cannot lose its place. */
const indexed: ReadonlySet<string> = new Set([
  'Array',
  'PerCpuArray',
  'ArrayOfMaps',
  'ProgramArray',
  'PerfEventArray',
  'CgroupArray',
])

/** Types whose batches go by bucket: what is there from beginning to end is in one bucket, and seen once. */
const bucketed: ReadonlySet<string> = new Set(['Hash', 'LruHash', 'PerCpuHash', 'LruPerCpuHash'])

/** What a walk over this map must remember; `undefined` where nothing. */
export function seenFor(raw: RawMap, byBatch: boolean): Seen | undefined {
  if (indexed.has(raw.mapType) || (byBatch && bucketed.has(raw.mapType))) return undefined
  return new Seen(raw)
}

/** Keys that were seen, and whether there is any use in going on. */
export class Seen {
  readonly #keys = new Set<string>()
  readonly #keySize: number
  readonly #room: number
  #inVain = 0

  constructor({ keySize, maxEntries }: RawMap) {
    this.#keySize = keySize
    // Cgroup storages have no limit of their own.
    this.#room = maxEntries === 0 ? 2 ** 20 : maxEntries
  }

  /** Whether it is time to end: nothing new came for twice the size of the map, or others never cease to add entries. */
  get exhausted(): boolean {
    return this.#inVain > 2 * this.#room || this.#keys.size > 4 * this.#room
  }

  /** Remembers a key; `false` when it was there. */
  add(key: Uint8Array): boolean {
    const before = this.#keys.size
    this.#keys.add(Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1'))
    if (this.#keys.size > before) {
      this.#inVain = 0
      return true
    }
    this.#inVain++
    return false
  }

  /** Moves the entries that are new to the front of their chunk, and counts them. */
  pack(keys: Memory, values: Memory, count: number, valueBytes: number): number {
    const size = this.#keySize
    let kept = 0
    for (let index = 0; index < count; index++) {
      if (!this.add(keys.bytes.subarray(index * size, (index + 1) * size))) continue
      if (kept < index) {
        keys.bytes.copyWithin(kept * size, index * size, (index + 1) * size)
        values.bytes.copyWithin(kept * valueBytes, index * valueBytes, (index + 1) * valueBytes)
      }
      kept++
    }
    return kept
  }
}
