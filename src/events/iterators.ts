// The async iterators over a ring buffer: one record at a time, or a batch.

import type { RecordType } from './record-type.ts'
import { EventBatch } from './event-batch.ts'
import type { RingReader } from './ring-reader.ts'
import type { RingSource } from './ring-source.ts'
import { RingUse } from './ring-use.ts'

/** Records or batches, until it is left, aborted, or the ring is closed. */
export interface EventIterator<T> extends AsyncIterableIterator<T> {
  next(): Promise<IteratorResult<T, undefined>>
  return(): Promise<IteratorResult<T, undefined>>
  [Symbol.asyncIterator](): EventIterator<T>
}

/** An `AbortSignal`, for whom the type is known: not everybody has the types of Node or of the DOM. */
export type AbortSignalLike = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : never

/** How a ring is iterated over. */
export interface EventsOptions {
  /** Ends the iteration: `next()` rejects with the signal's reason. What is drained and not delivered stays. */
  readonly signal?: AbortSignalLike | undefined
}

/** How a ring is iterated over in batches. */
export interface EventBatchesOptions extends EventsOptions {
  /** How many records a batch has at most. Default: as many as fit into 256 KiB with headers of 8 bytes. */
  readonly maxRecords?: number | undefined
  /**
   * Whether every batch is the same object over the same memory, which is several times faster than fresh memory: valid
   * until the next one is asked for. Default: false.
   */
  readonly reuse?: boolean | undefined
}

/** No limit: the size of a block is one. */
export const unlimited = 2 ** 32 - 1

/** One record after the other. */
export function events<T>(source: RingSource, type: RecordType<T>, options: EventsOptions): EventIterator<T> {
  return new RingIteration(source, options.signal, unlimited, 1, (reader) => reader.take(type))
}

/** Many records at a time. */
export function batches<T>(
  source: RingSource,
  type: RecordType<T>,
  options: EventBatchesOptions,
): EventIterator<EventBatch<T>> {
  const { signal, maxRecords = unlimited, reuse = false } = options
  const reused = new EventBatch(source.name, type)
  return new RingIteration(source, signal, maxRecords, unlimited, (reader) => {
    const span = reader.takeSpan(maxRecords)
    return reuse ? reused.refill(span) : new EventBatch(source.name, type).copy(span)
  })
}

/** A generator does the same at twice the price. */
class RingIteration<T> implements EventIterator<T> {
  readonly #use: RingUse
  readonly #limit: number
  readonly #weight: number
  readonly #take: (reader: RingReader) => T
  #last: Promise<unknown> | undefined

  constructor(
    source: RingSource,
    signal: AbortSignal | undefined,
    limit: number,
    weight: number,
    take: (reader: RingReader) => T,
  ) {
    this.#use = new RingUse(source, signal)
    this.#limit = limit
    this.#weight = weight
    this.#take = take
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#last !== undefined) return this.#later()
    try {
      const reader = this.#use.readyNow(this.#limit, this.#weight)
      return reader === undefined ? this.#later() : Promise.resolve({ done: false, value: this.#take(reader) })
    } catch (error) {
      this.#use.end()
      return Promise.reject(error)
    }
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#use.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): EventIterator<T> {
    return this
  }

  /** Those who ask before they have got an answer get theirs in turn. */
  async #later(): Promise<IteratorResult<T, undefined>> {
    const mine = this.#last === undefined ? this.#wait() : this.#last.then(() => this.#wait())
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    this.#last = settled
    try {
      return await mine
    } finally {
      if (this.#last === settled) this.#last = undefined
    }
  }

  async #wait(): Promise<IteratorResult<T, undefined>> {
    try {
      const reader = await this.#use.ready(this.#limit)
      return reader === undefined ? { done: true, value: undefined } : { done: false, value: this.#take(reader) }
    } catch (error) {
      this.#use.end()
      throw error
    }
  }
}
