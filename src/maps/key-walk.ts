// A walk key by key, for maps and kernels without batches.

import type { Memory } from '../btf/codec.ts'
import type { RawMap } from './raw/raw-map.ts'
import { seenFor, type Seen } from './seen.ts'
import type { WalkPlan } from './walk.ts'

/** Where such a walk is. Between two reads anything may happen to the map, and to the memory of its elements. */
export class KeyWalk {
  readonly #raw: RawMap
  readonly #plan: Pick<WalkPlan, 'remove' | 'keysOnly'>
  readonly #seen: Seen | undefined
  readonly #last: Uint8Array
  #begun = false
  #ended = false
  #failure: unknown

  constructor(raw: RawMap, plan: Pick<WalkPlan, 'remove' | 'keysOnly'>) {
    this.#raw = raw
    this.#plan = plan
    this.#seen = seenFor(raw, false)
    this.#last = new Uint8Array(raw.keySize)
  }

  get ended(): boolean {
    return this.#ended
  }

  /**
   * Reads the next entries, at most `size`; how many they are. Those that go meanwhile are left out. What was read before
   * an error comes first, for it may have been deleted: the next read throws.
   */
  read(keys: Memory, values: Memory, size: number): number {
    if (this.#failure !== undefined) throw this.#failure
    const { keySize, valueBytes, elements } = this.#raw
    let count = 0
    try {
      while (count < size && this.#advance()) {
        if (!this.#fetch()) continue
        keys.bytes.set(this.#last, count * keySize)
        if (!this.#plan.keysOnly) values.bytes.set(elements.value.bytes, count * valueBytes)
        count++
      }
    } catch (error) {
      if (count === 0) throw error
      this.#failure = error
    }
    return count
  }

  /** Goes to the next key that was not seen. */
  #advance(): boolean {
    const { elements } = this.#raw
    while (!this.#ended) {
      if (this.#begun) elements.key.bytes.set(this.#last)
      this.#ended = !elements.next(!this.#begun) || this.#seen?.exhausted === true
      this.#begun = true
      if (this.#ended) break
      this.#last.set(elements.nextKey.bytes)
      if (this.#seen?.add(this.#last) ?? true) return true
    }
    return false
  }

  #fetch(): boolean {
    if (this.#plan.keysOnly) return true
    const { elements } = this.#raw
    elements.key.bytes.set(this.#last)
    return this.#plan.remove ? takeElement(this.#raw) : elements.lookup()
  }
}

/** Reads the element of the key and deletes it: in one step where the kernel can. */
export function takeElement({ elements, mapType }: RawMap): boolean {
  if (mapType !== 'LpmTrie') return elements.lookupAndDelete()
  return elements.lookup() && elements.delete()
}
