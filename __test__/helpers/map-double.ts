// A map that is not in the kernel, but behaves as maps there do at their worst: keys go while they are walked, batches are refused.
import { EbpfError } from 'ayajs'
import { newMemory } from '../../dist/btf/codec.js'
import type { Batch } from '../../dist/maps/raw/batches.js'
import type { RawMap } from '../../dist/maps/raw/raw-map.js'

export interface Double {
  readonly raw: RawMap
  /** Keys and values, in the order in which they are walked. */
  readonly entries: Map<number, number>
}

export interface Behaviour {
  readonly mapType?: string
  readonly maxEntries?: number
  readonly count?: number
  /** Runs before the kernel looks for the next key. */
  readonly beforeNext?: (entries: Map<number, number>) => void
  /** Runs before the kernel looks up a key. */
  readonly beforeLookup?: (entries: Map<number, number>) => void
  /** What a batch reads: keys, and whether more follow; or a refusal. */
  readonly batch?: (call: number, room: number) => { keys: number[]; more: boolean } | 'too small' | Error
}

/** The error of a kernel without batches for a type. */
export const noBatches: Error = new EbpfError('ERR_EBPF_UNSUPPORTED', 'no batches', { feature: 'batches' })

/** A map of 32-bit keys and values. */
export function mapDouble(behaviour: Behaviour): Double {
  const { count = 0, mapType = 'LpmTrie', maxEntries = 100 } = behaviour
  const entries = new Map(Array.from({ length: count }, (_, index) => [index, index * 2]))
  const raw = {
    name: 'double',
    mapType,
    keySize: 4,
    valueSize: 4,
    valueBytes: 4,
    maxEntries,
    elements: elementsOf(entries, behaviour),
    batches: batchesOf(behaviour),
  }
  return { raw: raw as unknown as RawMap, entries }
}

function elementsOf(entries: Map<number, number>, { beforeNext, beforeLookup }: Behaviour): unknown {
  const [key, value, nextKey] = [newMemory(4), newMemory(4), newMemory(4)]
  const current = (): number => key.view.getUint32(0, true)
  return {
    key,
    value,
    nextKey,
    lookup() {
      beforeLookup?.(entries)
      const found = entries.get(current())
      if (found !== undefined) value.view.setUint32(0, found, true)
      return found !== undefined
    },
    /** As tries and hashes do it: behind a key that is not there comes the first one. */
    next(first: boolean) {
      beforeNext?.(entries)
      const keys = [...entries.keys()]
      const next = keys[first ? 0 : keys.indexOf(current()) + 1]
      if (next !== undefined) nextKey.view.setUint32(0, next, true)
      return next !== undefined
    },
  }
}

function batchesOf({ batch }: Behaviour): unknown {
  let calls = 0
  return {
    supports: () => (batch === undefined ? false : undefined),
    lookup(_cursor: Uint8Array | null, keys: Uint8Array, _values: Uint8Array, room: number): Batch {
      const answer = batch?.(calls++, room)
      if (answer === undefined || answer instanceof Error) throw answer ?? noBatches
      if (answer === 'too small') return { count: 0, cursor: null, tooSmall: true }
      const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
      for (const [index, key] of answer.keys.entries()) view.setUint32(index * 4, key, true)
      return { count: answer.keys.length, cursor: answer.more ? new Uint8Array(4) : null, tooSmall: false }
    },
  }
}
