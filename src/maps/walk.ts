// Walks over a map: chunks of packed entries, by batches where the kernel has them, else key by key.

import { newMemory, type Memory } from '../btf/codec.ts'
import { KeyWalk } from './key-walk.ts'
import { lacksBatches } from './batch-errors.ts'
import type { RawMap } from './raw/raw-map.ts'
import { seenFor } from './seen.ts'

/** Entries that were read. Those of the next chunk are put into the same memory, unless that became too small. */
export interface Chunk {
  readonly keys: Memory
  readonly values: Memory
  readonly count: number
  /** Where another walk can go on; `null` where this one ends, and where it goes key by key. */
  readonly cursor: Uint8Array | null
}

/** How a walk goes. */
export interface WalkPlan {
  /** How many entries are read at a time. */
  readonly size: number
  /** Where to go on, as a chunk said. */
  readonly cursor?: Uint8Array | null
  /** Deletes what it reads. */
  readonly remove?: boolean
  /** Only keys are wanted. */
  readonly keysOnly?: boolean
  /** Where entries are put, while there is room for them. */
  readonly into?: Buffers
  /** Each chunk has memory of its own. */
  readonly fresh?: boolean
}

/** Memory for the entries of a chunk. */
export interface Buffers {
  readonly keys: Memory
  readonly values: Memory
}

/** A few hundred KiB keep the system calls few and the memory small. */
const chunkBytes = 256 * 1024

/** How many entries are read at a time where nobody says. */
export function chunkSize(raw: RawMap): number {
  const fitting = Math.floor(chunkBytes / Math.max(raw.keySize + raw.valueBytes, 1))
  return boundedSize(raw, Math.max(fitting, 4)) // A chunk should hold a bucket of a hash; it grows where it does not.
}

/** No more entries than the map has room for, whatever somebody says. */
export function boundedSize({ maxEntries }: RawMap, size: number): number {
  // Cgroup storages have no limit of their own.
  return Math.min(size, maxEntries === 0 ? 1024 : maxEntries)
}

/** Whether it is worth trying. */
export function hasBatches(raw: RawMap, { remove }: Pick<WalkPlan, 'remove'>): boolean {
  return raw.batches.supports(remove ? 'lookupAndDelete' : 'lookup') !== false
}

/** The entries of a map, chunk by chunk; none is empty. */
export function* walk(raw: RawMap, plan: WalkPlan): Generator<Chunk, void, undefined> {
  if (!hasBatches(raw, plan) || !(yield* byBatch(raw, plan))) yield* byKey(raw, plan)
}

/** `false` when the kernel has no such batches, and nothing was read. */
function* byBatch(raw: RawMap, plan: WalkPlan): Generator<Chunk, boolean, undefined> {
  const seen = seenFor(raw, true)
  const options = { remove: plan.remove ?? false }
  let [size, cursor] = [plan.size, plan.cursor ?? null]
  let buffers = plan.into ?? newBuffers(raw, size)
  for (let tried = false; ; tried = true) {
    const { keys, values } = buffers
    let read
    try {
      read = raw.batches.lookup(cursor, keys.bytes, values.bytes, size, options)
    } catch (error) {
      if (!tried && lacksBatches(error)) return false
      throw error
    }
    if (read.tooSmall) {
      size *= 2 // A bucket of a hash has more entries than this.
      buffers = newBuffers(raw, size)
      continue
    }
    cursor = read.cursor
    const count = seen?.pack(keys, values, read.count, raw.valueBytes) ?? read.count
    if (count > 0) yield { keys, values, count, cursor }
    if (cursor === null || seen?.exhausted) return true
    if (plan.fresh && count > 0) buffers = newBuffers(raw, size)
  }
}

function* byKey(raw: RawMap, plan: WalkPlan): Generator<Chunk, void, undefined> {
  const { size, into, fresh } = plan
  let buffers = into ?? newBuffers(raw, size)
  const keyWalk = new KeyWalk(raw, plan)
  while (!keyWalk.ended) {
    const count = keyWalk.read(buffers.keys, buffers.values, size)
    if (count > 0) yield { ...buffers, count, cursor: null }
    if (fresh && count > 0) buffers = newBuffers(raw, size)
  }
}

function newBuffers({ keySize, valueBytes }: RawMap, size: number): Buffers {
  return { keys: newMemory(size * keySize), values: newMemory(size * valueBytes) }
}
