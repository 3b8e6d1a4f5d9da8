// The async iterator over log lines.

import type { EventIterator } from '../events/iterators.ts'
import type { LogRecord } from './log-record.ts'

/** What an iteration needs of its logger. */
export interface LogSource {
  /** Gives records of the ring, when nobody else reads. */
  open(): Promise<EventIterator<Uint8Array>>
  /** The line, if it is wanted. */
  read(bytes: Uint8Array): LogRecord | undefined
  /** Called once, when an iteration that was opened has ended. */
  ended(): void
}

/** One line after the other. */
export class LogIteration implements EventIterator<LogRecord> {
  readonly #source: LogSource
  #opening: Promise<EventIterator<Uint8Array>> | undefined
  #ended = false

  constructor(source: LogSource) {
    this.#source = source
  }

  async next(): Promise<IteratorResult<LogRecord, undefined>> {
    if (this.#ended) return { done: true, value: undefined }
    try {
      const events = await (this.#opening ??= this.#source.open())
      for (;;) {
        const { done, value } = await events.next()
        if (done === true) break
        const record = this.#source.read(value)
        if (record !== undefined) return { done: false, value: record }
      }
    } catch (error) {
      this.#end()
      throw error
    }
    this.#end()
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<LogRecord, undefined>> {
    // First the ring is let go of, then somebody else may have it.
    const events = await this.#opening?.catch(() => undefined)
    await events?.return()
    this.#end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): EventIterator<LogRecord> {
    return this
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#opening !== undefined) this.#source.ended()
  }
}
