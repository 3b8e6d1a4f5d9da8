// The records of one ring buffer on this side: drained into a block in one go, taken from there one by one.

import { native, type Binding } from '../native.ts'
import { after, Block, headerSize, indexed, lengthAt, newBlock, type Span } from './block.ts'
import type { RecordType } from './record-type.ts'

/** Some thousand small records, a fraction of a millisecond of work. Larger records make it larger. */
const usualBlockSize = 256 * 1024

/** What {@link RingReader.fill} found. */
export type Found = 'records' | 'empty' | 'busy'

/** The one reader of a ring buffer. What it has drained, and nobody has taken yet, is kept for whoever comes next. */
export class RingReader {
  readonly id: number
  /** The size of the ring in bytes. */
  readonly size: number
  readonly #native: Binding.RingReader
  #block: Block
  #at = 0
  #end = 0
  #count = 0
  /** How many the block had in the beginning. */
  #drained = 0

  constructor(map: Binding.MapData, pagesPerCpu: number | undefined) {
    this.#native = native().RingReader.open(map, pagesPerCpu)
    this.id = this.#native.id
    this.size = this.#native.stats().size
    this.#block = newBlock(Math.min(usualBlockSize, this.size))
  }

  /** How many records are drained, and not taken yet. */
  get count(): number {
    return this.#count
  }

  /** Bytes that wait: in the ring, and drained but not taken. */
  get pendingBytes(): number {
    return this.#native.stats().pendingBytes + this.#end - this.#at
  }

  stats(): Binding.RingReaderStats {
    return this.#native.stats()
  }

  /** Drains when nothing is left, up to `limit` records. */
  fill(limit: number): Found {
    while (this.#count === 0) {
      const { end, count, bytes } = this.#drain(this.#block.bytes, limit, this.#block.index)
      if (count > 0) this.#reset(this.#block, bytes, count)
      else if (end === ends.tooLarge) this.#reset(newBlock(bytes), 0, 0)
      else if (end === ends.empty) return 'empty'
      else if (end === ends.busy) return 'busy'
      // Else there are only discarded records so far.
    }
    return 'records'
  }

  /** Takes the next record, which must be there. */
  take<T>(type: RecordType<T>): T {
    const block = this.#block
    const at = this.#at
    const length = lengthAt(block, at)
    // Before it is decoded: a record that cannot be must not come again.
    this.#at = after(at, length)
    this.#count--
    return type.decode(block, at + headerSize, length)
  }

  /** Takes up to `limit` of the records that are drained. They stand in this reader's memory, until it drains again. */
  takeSpan(limit: number): Span {
    const [block, start] = [this.#block, this.#at]
    const first = this.#drained - this.#count
    const count = Math.min(limit, this.#count)
    this.#count -= count
    this.#at = this.#count === 0 ? this.#end : (block.index[first + count] as number) - headerSize
    return { block, start, end: this.#at, count, first }
  }

  /** Takes everything that is there now, up to `limit` records, into memory of its own. */
  takeAll(limit: number): Span {
    const rest = this.takeSpan(limit)
    const room = rest.end - rest.start + (rest.count === limit ? 0 : this.#native.stats().pendingBytes)
    const block = new Block(new ArrayBuffer(room), noIndex)
    block.bytes.set(rest.block.bytes.subarray(rest.start, rest.end))
    let [end, count] = [rest.end - rest.start, rest.count]
    // No more than there was in the beginning: a program that writes all the time must not keep us here.
    while (count < limit && end < room) {
      const drained = this.#drain(block.bytes.subarray(end), limit - count)
      if (drained.end !== ends.tooLarge) end += drained.bytes
      count += drained.count
      if (drained.end !== ends.more) break
    }
    return { block: indexed(block, count), start: 0, end, count, first: 0 }
  }

  /** Has the reader's id woken up once, when there is something to read. */
  arm(): void {
    this.#native.arm()
  }

  /** Whether it has ended, by {@link close} or with its map. */
  get closed(): boolean {
    return this.#native.closed
  }

  close(): void {
    this.#native.close()
  }

  #drain(into: Uint8Array, limit: number, index?: Uint32Array): { end: number; count: number; bytes: number } {
    const packed = this.#native.drain(into, limit, index)
    const high = Math.floor(packed / 2 ** 20)
    const low = packed - high * 2 ** 20
    return { end: low & 7, count: low >>> 3, bytes: high * 8 }
  }

  #reset(block: Block, end: number, count: number): void {
    this.#block = block
    this.#at = 0
    this.#end = end
    this.#count = count
    this.#drained = count
  }
}

const noIndex = new Uint32Array(0)

/** How a drain ended; see `RingReader.drain` of the binding. */
const ends = { empty: 0, busy: 1, more: 2, tooLarge: 3 } as const
