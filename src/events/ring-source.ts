// One ring buffer as a source of records: its reader, opened on first use, and who is using it.

import { EbpfError } from '../errors.ts'
import type { Binding } from '../native.ts'
import { calledFirst } from '../maps/called.ts'
import { RingReader } from './ring-reader.ts'

/** Who reads from a ring: one at a time. */
export interface RingUser {
  /** Whatever it waits for, it has to look again. */
  interrupt(): void
  /** It may read no more. */
  end(): void
}

/** Shared by all objects that stand for one ring buffer in this thread. */
export class RingSource {
  readonly name: string
  /** How often somebody who waited has been woken up. */
  wakeUps = 0
  readonly #map: Binding.MapData
  #reader: RingReader | undefined
  #user: RingUser | undefined
  #keepsAlive = true

  constructor(map: Binding.MapData, name: string) {
    this.#map = map
    this.name = name
  }

  /**
   * The reader.
   *
   * @throws {EbpfError} `ERR_EBPF_BUSY` when there is one elsewhere in this process; `ERR_EBPF_CLOSED`, `ERR_EBPF_MAP`,
   *   `ERR_EBPF_UNSUPPORTED`.
   */
  reader(pagesPerCpu?: number): RingReader {
    // It may have ended with its map, which then says so.
    if (this.#reader?.closed !== false) this.#reader = new RingReader(this.#map, pagesPerCpu)
    return this.#reader
  }

  /** Whether who waits keeps the process alive. */
  get keepsAlive(): boolean {
    return this.#keepsAlive
  }

  set keepsAlive(keepsAlive: boolean) {
    this.#keepsAlive = keepsAlive
    this.#user?.interrupt()
  }

  /** Lets `user` read, until {@link release}. */
  claim(user: RingUser): void {
    this.checkFree()
    this.#user = user
  }

  release(user: RingUser): void {
    if (this.#user === user) this.#user = undefined
  }

  /** Throws `ERR_EBPF_BUSY` when somebody is reading. */
  checkFree(): void {
    if (this.#user === undefined) return
    const message = `${calledFirst(this)} is being read by a loop that has not ended: a record goes to one reader only.`
    throw new EbpfError('ERR_EBPF_BUSY', message, { map: this.name })
  }

  /** Ends who is reading, and the reader. */
  close(): void {
    this.#user?.end()
    this.#reader?.close()
    this.#reader = undefined
  }
}
