// Records of one ring buffer as log lines, and what is counted about them.

import type { EbpfError } from '../errors.ts'
import type { EventIterator } from '../events/iterators.ts'
import type { RingBuf } from '../maps/ring-buf.ts'
import type { LogRecord } from './log-record.ts'
import { errorRecord, readRecord } from './read-record.ts'

/** What is known about the log lines of a logger. */
export interface LogStats {
  /** Lines that were read, those that the level leaves out among them. */
  readonly records: number
  /** How many of them could not be read. */
  readonly malformed: number
  /** Lines that a program began and threw away, because a string was longer than it had said. */
  readonly discarded: number
  /**
   * How often the ring buffer was found so full that a line as long as the last one found no room. Nobody counts the lines that a
   * full ring drops: 0 means that there was always room when it was looked at, more that lines are likely to be missing.
   */
  readonly timesFull: number
  /** The size of the ring buffer in bytes: `mapMaxEntries: { AYA_LOGS: size }` of {@link LoadOptions} sets it. */
  readonly size: number
}

/** What the kernel puts before a record, in bytes. */
const recordHeader = 8

/** Reads from a ring, which it owns. */
export class LogReader {
  readonly #ring: RingBuf<Uint8Array>
  readonly #most: number
  /** Taken when it was opened, to see whether it can be read. */
  readonly #early: Uint8Array[]
  #records = 0
  #malformed = 0
  #timesFull = 0
  /** What was waiting when it was last looked at, and has not been read yet, in bytes. */
  #unread = 0
  /** What was known of the ring when it was closed. */
  #last: { readonly discarded: number; readonly size: number } | undefined

  private constructor(ring: RingBuf<Uint8Array>, most: number, early: Uint8Array[]) {
    this.#ring = ring
    this.#most = most
    this.#early = early
  }

  /**
   * Reads from this ring, lines up to the level of the number `most`.
   *
   * @throws {EbpfError} As `RingBuf.drain`.
   */
  static open(ring: RingBuf<Uint8Array>, most: number): LogReader {
    return new LogReader(ring, most, ring.drain({ maxRecords: 1 }).decode())
  }

  get closed(): boolean {
    return this.#last !== undefined
  }

  /** The records to come. Whoever waits for them keeps the process alive, or not. */
  events(signal: AbortSignal | undefined, keepsAlive: boolean): EventIterator<Uint8Array> {
    if (keepsAlive) this.#ring.ref()
    else this.#ring.unref()
    return new Continued(this.#early, this.#ring.events({ signal }))
  }

  /** All that is there. */
  drain(): Uint8Array[] {
    const { pendingBytes, size } = this.#ring.stats()
    const drained = this.#ring.drain().decode()
    const last = drained.at(-1)
    if (last !== undefined) this.#judge(pendingBytes, last.length, size)
    this.#unread = pendingBytes
    return [...this.#early.splice(0), ...drained]
  }

  /** The line, if it is wanted. */
  read(bytes: Uint8Array): LogRecord | undefined {
    this.#records++
    this.#look(bytes.length)
    const record = readRecord(bytes, this.#most)
    if (record?.error !== undefined) this.#malformed++
    return record
  }

  /** The line that says why there are no more. */
  failed(error: EbpfError): LogRecord {
    return errorRecord(error)
  }

  stats(): LogStats {
    const { discarded, size } = this.#last ?? this.#ring.stats()
    return { records: this.#records, malformed: this.#malformed, discarded, timesFull: this.#timesFull, size }
  }

  close(): void {
    if (this.closed) return
    this.#last = this.#ring.stats()
    this.#ring.close()
  }

  /** Looks once for all that is waiting: asking for each record would cost more than reading it. */
  #look(length: number): void {
    this.#unread -= length + recordHeader
    if (this.#unread > 0 || this.closed) return
    const { pendingBytes, size } = this.#ring.stats()
    this.#unread = pendingBytes
    // What has been taken a moment ago was there, too.
    this.#judge(pendingBytes + length + recordHeader, length, size)
  }

  /** Whether another record of this length would have found room. One byte of a ring is never used. */
  #judge(used: number, length: number, size: number): void {
    if (used + length + recordHeader > size - 1) this.#timesFull++
  }
}

/** What has been read already, and then the rest. */
class Continued implements EventIterator<Uint8Array> {
  readonly #early: Uint8Array[]
  readonly #events: EventIterator<Uint8Array>

  constructor(early: Uint8Array[], events: EventIterator<Uint8Array>) {
    this.#early = early
    this.#events = events
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = this.#early.shift()
    return value === undefined ? this.#events.next() : Promise.resolve({ done: false, value })
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.#events.return()
  }

  [Symbol.asyncIterator](): EventIterator<Uint8Array> {
    return this
  }
}
