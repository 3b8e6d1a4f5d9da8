// Packed batches of a map: key after key, value after value, as the kernel gives them.

import { checkBoolean, checkBytes, checkObject, checkOptions, outOfRange } from '../arguments.ts'
import { memoryOf } from '../btf/codec.ts'
import { wrongSize } from './codecs.ts'
import type { RawMap } from './raw/raw-map.ts'
import { asyncPlan, checkMaxEntries, walkAsync, type AsyncPlan, type WalkOptions } from './walk-async.ts'
import { boundedSize, chunkSize, walk, type Buffers, type Chunk, type WalkPlan } from './walk.ts'

/** Many entries: `keys` and `values` are `count` times the size of one. */
export interface PackedBatch {
  readonly keys: Uint8Array
  readonly values: Uint8Array
  /** How many entries there are, one at least. */
  readonly count: number
  /** Where another walk can go on; `null` behind the last entry, and for types and kernels without batches. */
  readonly cursor: Uint8Array | null
}

/** How batches are read. */
export interface BatchesOptions {
  /** How many entries are read at a time, from 1 on. Default: as many as fit into 256 KiB, or into `into`. */
  readonly maxEntries?: number | undefined
  /** Goes on behind a batch: its `cursor`. Default: from the beginning. */
  readonly cursor?: Uint8Array | null | undefined
  /** Deletes what it reads, each entry in one step. Only hashes can. Default: `false`. */
  readonly remove?: boolean | undefined
  /**
   * Memory for all batches, each of which then overwrites the one before. A batch is elsewhere only where a bucket of a hash has
   * more entries than fit. Default: fresh memory for each.
   */
  readonly into?: { readonly keys: Uint8Array; readonly values: Uint8Array } | undefined
}

/** How batches are read off the event loop. */
export interface BatchesAsyncOptions extends WalkOptions {
  /** Goes on behind a batch: its `cursor`. Default: from the beginning. */
  readonly cursor?: Uint8Array | null | undefined
  /** Deletes what it reads, each entry in one step. Only hashes can. Default: `false`. */
  readonly remove?: boolean | undefined
}

/** The options are checked at once, not when the first batch is asked for. */
export function packedBatches(raw: RawMap, options: BatchesOptions): Generator<PackedBatch, void, undefined> {
  checkOptions('options', checkObject('options', options), ['maxEntries', 'cursor', 'remove', 'into'])
  const { maxEntries } = options
  const into = options.into === undefined ? undefined : buffersIn(raw, options.into)
  const room = into === undefined ? chunkSize(raw) : roomIn(raw, into)
  const size = maxEntries === undefined ? room : checkMaxEntries(maxEntries)
  if (into !== undefined && size > room)
    throw outOfRange('options.maxEntries', `at most ${room}, the room of into`, size)
  const plan = { ...commonPlan(options), size: boundedSize(raw, size) }
  return packed(raw, walk(raw, into === undefined ? { ...plan, fresh: true } : { ...plan, into }))
}

/** The options are checked at once, not when the first batch is asked for. */
export function packedBatchesAsync(
  raw: RawMap,
  options: BatchesAsyncOptions,
): AsyncGenerator<PackedBatch, void, undefined> {
  return packedAsync(raw, { ...asyncPlan(raw, options, ['cursor', 'remove']), ...commonPlan(options) })
}

function* packed(raw: RawMap, chunks: Iterable<Chunk>): Generator<PackedBatch, void, undefined> {
  for (const chunk of chunks) yield cut(raw, chunk)
}

async function* packedAsync(raw: RawMap, plan: AsyncPlan): AsyncGenerator<PackedBatch, void, undefined> {
  for await (const chunk of walkAsync(raw, plan)) {
    if (!plan.remove) plan.signal?.throwIfAborted()
    yield cut(raw, chunk)
  }
  plan.signal?.throwIfAborted()
}

function cut({ keySize, valueBytes }: RawMap, { keys, values, count, cursor }: Chunk): PackedBatch {
  return {
    keys: keys.bytes.subarray(0, count * keySize),
    values: values.bytes.subarray(0, count * valueBytes),
    count,
    cursor,
  }
}

function commonPlan({ cursor, remove }: Pick<BatchesOptions, 'cursor' | 'remove'>): Partial<WalkPlan> {
  return {
    ...(cursor !== undefined && cursor !== null && { cursor: checkBytes('options.cursor', cursor) }),
    ...(remove !== undefined && { remove: checkBoolean('options.remove', remove) }),
  }
}

function buffersIn(raw: RawMap, into: unknown): Buffers {
  const { keys, values } = checkObject('options.into', into) as { keys: unknown; values: unknown }
  const buffers = {
    keys: memoryOf(checkBytes('options.into.keys', keys)),
    values: memoryOf(checkBytes('options.into.values', values)),
  }
  if (roomIn(raw, buffers) > 0) return buffers
  throw wrongSize(raw, 'memory', raw.keySize + raw.valueBytes, buffers.keys.bytes.length + buffers.values.bytes.length)
}

/** How many entries fit. */
function roomIn({ keySize, valueBytes }: RawMap, { keys, values }: Buffers): number {
  const fit = (bytes: number, size: number): number => (size === 0 ? 2 ** 31 - 1 : Math.floor(bytes / size))
  return Math.min(fit(keys.bytes.length, keySize), fit(values.bytes.length, valueBytes))
}
