// One use of a ring buffer by an iterator: from its first `next()` to its end. It waits, and lets the event loop run.

import { EbpfError } from '../errors.ts'
import { hold, release } from './keep-alive.ts'
import type { RingReader } from './ring-reader.ts'
import type { RingSource, RingUser } from './ring-source.ts'
import { forgetWakeUp, onWakeUp } from './wake-ups.ts'

/** How long the event loop is held at a time. */
const sliceMs = 1
/** How many records are taken between two looks at the clock, which costs as much as some records. */
const recordsPerLook = 64
/** When to look again after a record that is being written: usually far less than this. */
const busyMs = 1

/** Reads from a ring, alone, until it is ended. */
export class RingUse implements RingUser {
  readonly #source: RingSource
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.interrupt()
  #reader: RingReader | undefined
  #ended = false
  #wake: (() => void) | undefined
  #looks = 0
  #sliceEnd = 0

  constructor(source: RingSource, signal: AbortSignal | undefined) {
    this.#source = source
    this.#signal = signal
  }

  /** The reader, when it has records without waiting, and there is time for them in this turn of the event loop. */
  readyNow(limit: number, weight: number): RingReader | undefined {
    const reader = this.#reader
    if (reader === undefined || this.#signal?.aborted === true) return undefined
    this.#looks += weight
    if (this.#looks >= recordsPerLook || reader.count === 0) {
      this.#looks = 0
      if (performance.now() > this.#sliceEnd) return undefined
    }
    return reader.count > 0 || this.#fill(limit) === 'records' ? reader : undefined
  }

  /** The reader, when it has records; `undefined` when this use has ended, and no more will come. Waits. */
  async ready(limit: number): Promise<RingReader | undefined> {
    if (this.#reader === undefined) {
      if (!this.#begin()) return undefined
    } else if (performance.now() > this.#sliceEnd) {
      await this.#pause((wake) => {
        const turn = setImmediate(wake)
        if (!this.#source.keepsAlive) turn.unref()
        return () => clearImmediate(turn)
      })
      this.#startSlice()
    }
    while (this.#isOpen()) {
      const found = this.#fill(limit)
      if (found === 'records') return this.#reader
      if (found === 'closed') break
      await this.#sleep(found, limit)
    }
    this.end()
    return undefined
  }

  interrupt(): void {
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#reader = undefined
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#source.release(this)
    this.interrupt()
  }

  /** False when it has ended before it began. */
  #begin(): boolean {
    if (!this.#isOpen()) return false
    this.#source.claim(this)
    try {
      this.#reader = this.#source.reader()
    } catch (error) {
      this.end()
      throw error
    }
    this.#signal?.addEventListener('abort', this.#onAbort)
    this.#startSlice()
    return true
  }

  #isOpen(): boolean {
    if (this.#ended) return false
    if (this.#signal?.aborted !== true) return true
    this.end()
    throw this.#signal.reason
  }

  #fill(limit: number): 'records' | 'empty' | 'busy' | 'closed' {
    try {
      return this.#reader?.fill(limit) ?? 'closed'
    } catch (error) {
      // The map has ended with its object.
      if (EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_CLOSED') return 'closed'
      throw error
    }
  }

  async #sleep(why: 'empty' | 'busy', limit: number): Promise<void> {
    const reader = this.#reader as RingReader
    try {
      await this.#pause((wake) => {
        if (why === 'busy') {
          const timer = setTimeout(wake, busyMs).unref()
          return () => clearTimeout(timer)
        }
        onWakeUp(reader, () => {
          this.#source.wakeUps++
          wake()
        })
        // A perf buffer forgets when it is asked: what came before it was armed has to be looked for.
        if (reader.fill(limit) !== 'empty') wake()
        return () => undefined
      }, this.#source.keepsAlive)
    } finally {
      forgetWakeUp(reader)
    }
    this.#startSlice()
  }

  /** Waits until `begin`'s argument is called, or for an {@link interrupt}. */
  async #pause(begin: (wake: () => void) => () => void, keepsAlive = false): Promise<void> {
    if (keepsAlive) hold()
    let undo: (() => void) | undefined
    try {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        undo = begin(resolve)
      })
    } finally {
      this.#wake = undefined
      undo?.()
      if (keepsAlive) release()
    }
  }

  #startSlice(): void {
    this.#looks = 0
    this.#sliceEnd = performance.now() + sliceMs
  }
}
