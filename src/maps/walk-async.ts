// Walks that leave the event loop free: batches on another thread, else small portions, until a signal ends them.

import { setImmediate } from 'node:timers/promises'
import { checkInteger, checkObject, checkOptions, invalidArgType } from '../arguments.ts'
import { memoryOf, newMemory } from '../btf/codec.ts'
import { withStackOf } from '../promises.ts'
import { lacksBatches } from './batch-errors.ts'
import type { ElementCodecs } from './codecs.ts'
import { KeyWalk } from './key-walk.ts'
import type { BatchEntries } from './raw/batches.ts'
import type { RawMap } from './raw/raw-map.ts'
import { seenFor } from './seen.ts'
import { boundedSize, chunkSize, hasBatches, type Chunk, type WalkPlan } from './walk.ts'

/** How a map is walked off the event loop. */
export interface WalkOptions {
  /** Ends the walk: its reason is thrown, before, between two entries, and while entries are fetched. */
  readonly signal?: AbortSignal | undefined
  /** How many entries are fetched at a time, from 1 on. Default: as many as fit into 256 KiB. */
  readonly maxEntries?: number | undefined
}

/** How long a portion holds the event loop where the kernel has no batches: some hundred system calls. */
const portion = 256

/** Options that were checked. */
export interface AsyncPlan extends WalkPlan {
  readonly signal: AbortSignal | undefined
}

/** @internal */
export function asyncPlan(raw: RawMap, options: WalkOptions, more: readonly string[] = []): AsyncPlan {
  checkOptions('options', checkObject('options', options), ['signal', 'maxEntries', ...more])
  const { signal, maxEntries } = options
  if (signal !== undefined && !((signal as unknown) instanceof AbortSignal)) {
    throw invalidArgType('options.signal', 'an instance of AbortSignal', signal)
  }
  return { signal, size: maxEntries === undefined ? chunkSize(raw) : boundedSize(raw, checkMaxEntries(maxEntries)) }
}

/** @internal */
export function checkMaxEntries(maxEntries: unknown): number {
  return checkInteger('options.maxEntries', maxEntries, 1, 2 ** 31 - 1)
}

/** Keys and values of a map. The options are checked at once, not when the first entry is asked for. */
export function decodedEntriesAsync<K, V>(
  raw: RawMap,
  codecs: ElementCodecs<K, V>,
  options: WalkOptions,
): AsyncGenerator<[key: K, value: V], void, undefined> {
  return decoded(raw, codecs, asyncPlan(raw, options))
}

async function* decoded<K, V>(
  raw: RawMap,
  { key, value }: ElementCodecs<K, V>,
  plan: AsyncPlan,
): AsyncGenerator<[key: K, value: V], void, undefined> {
  for await (const { keys, values, count } of walkAsync(raw, plan)) {
    for (let index = 0; index < count; index++) {
      plan.signal?.throwIfAborted()
      yield [key.decode(keys, index * key.size), value.decode(values, index * value.size)]
    }
  }
  plan.signal?.throwIfAborted()
}

/** The entries of a map, chunk by chunk; none is empty, each has memory of its own. */
export async function* walkAsync(raw: RawMap, plan: AsyncPlan): AsyncGenerator<Chunk, void, undefined> {
  plan.signal?.throwIfAborted()
  if (!hasBatches(raw, plan) || !(yield* byBatch(raw, plan))) yield* byKey(raw, plan)
}

async function* byBatch(raw: RawMap, plan: AsyncPlan): AsyncGenerator<Chunk, boolean, undefined> {
  const seen = seenFor(raw, true)
  let cursor = plan.cursor ?? null
  for (let tried = false; ; tried = true) {
    let read
    try {
      read = await fetchBatch(raw, cursor, plan)
    } catch (error) {
      if (!tried && lacksBatches(error)) return false
      throw error
    }
    cursor = read.cursor
    const [keys, values] = [memoryOf(read.keys), memoryOf(read.values)]
    const count = seen?.pack(keys, values, read.count, raw.valueBytes) ?? read.count
    if (count > 0) yield { keys, values, count, cursor }
    if (cursor === null || seen?.exhausted) return true
  }
}

/**
 * A batch, or the reason of the signal, whichever comes first: the thread ends its call in any case. What it takes out is waited
 * for, because it would be lost.
 */
async function fetchBatch(
  raw: RawMap,
  cursor: Uint8Array | null,
  { signal, size, remove = false }: AsyncPlan,
): Promise<BatchEntries> {
  signal?.throwIfAborted()
  const batch = withStackOf(fetchBatch, raw.batches.lookupAsync(cursor, size, { remove }))
  if (signal === undefined || remove) return batch
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([batch, aborted])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

async function* byKey(raw: RawMap, plan: AsyncPlan): AsyncGenerator<Chunk, void, undefined> {
  const size = Math.min(plan.size, portion)
  const keyWalk = new KeyWalk(raw, plan)
  while (!keyWalk.ended) {
    await setImmediate()
    plan.signal?.throwIfAborted()
    const [keys, values] = [newMemory(size * raw.keySize), newMemory(size * raw.valueBytes)]
    const count = keyWalk.read(keys, values, size)
    if (count > 0) yield { keys, values, count, cursor: null }
  }
}
