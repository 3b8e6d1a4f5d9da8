// `EventBatch`: many records of a ring buffer at a time.

import { outOfRange } from '../arguments.ts'
import { Block, headerSize, lengthAt, newBlock, type Span } from './block.ts'
import type { RecordType } from './record-type.ts'

/**
 * Records in the order in which they were reserved, undecoded until asked for. Get one from `RingBuf.batches` or
 * `RingBuf.drain`.
 */
export class EventBatch<T = unknown> implements Iterable<T> {
  readonly #ring: string
  readonly #type: RecordType<T>
  #block: Block
  #first = 0
  #shift = 0
  #count = 0

  /** @internal */
  constructor(ring: string, type: RecordType<T>) {
    this.#ring = ring
    this.#type = type
    this.#block = nothing
  }

  /** How many records it has. */
  get count(): number {
    return this.#count
  }

  /** The memory of all records; where each of them is, say {@link offset} and {@link length}. For the fastest of loops. */
  get bytes(): Uint8Array {
    return this.#block.bytes
  }

  /** {@link bytes} as numbers. */
  get view(): DataView {
    return this.#block.view
  }

  /**
   * Where a record begins in {@link bytes}: at a multiple of 8.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for an index that is not in the batch.
   */
  offset(index: number): number {
    const offset = this.#block.index[this.#first + index]
    if (offset === undefined || index < 0 || index >= this.#count) throw this.#outOfBatch(index)
    return offset - this.#shift
  }

  /** The size of a record in bytes. @throws {RangeError} as {@link offset}. */
  length(index: number): number {
    return lengthAt(this.#block, this.offset(index) - headerSize)
  }

  /** The bytes of a record: a view of the batch's memory, not a copy. @throws {RangeError} as {@link offset}. */
  record(index: number): Uint8Array {
    const offset = this.offset(index)
    return this.#block.bytes.subarray(offset, offset + lengthAt(this.#block, offset - headerSize))
  }

  /**
   * All records, decoded.
   *
   * @throws {EbpfError} `ERR_EBPF_RECORD` for one that does not fit its type.
   */
  decode(): T[] {
    const [block, type, count, first, shift] = [this.#block, this.#type, this.#count, this.#first, this.#shift]
    const { index, words } = block
    // eslint-disable-next-line unicorn/no-new-array
    const values = new Array<T>(count) // Growing it would copy it again and again.
    for (let each = 0; each < count; each++) {
      const offset = (index[first + each] as number) - shift
      values[each] = type.decode(block, offset, words[(offset - headerSize) >>> 2] as number)
    }
    return values
  }

  /** One record after the other, decoded. @throws {EbpfError} as {@link decode}. */
  [Symbol.iterator](): IterableIterator<T> {
    return new BatchIterator(this.#block, this.#type, this.#first, this.#shift, this.#count)
  }

  /** Takes records over, and their memory. @internal */
  refill({ block, count, first }: Span): this {
    this.#block = block
    this.#shift = 0
    this.#first = first
    this.#count = count
    return this
  }

  /** Takes records over into memory of its own. @internal */
  copy({ block, start, end, count, first }: Span): this {
    const own = new Block(new ArrayBuffer(end - start), block.index.slice(first, first + count))
    own.bytes.set(block.bytes.subarray(start, end))
    this.refill({ block: own, start: 0, end: end - start, count, first: 0 })
    this.#shift = start
    return this
  }

  #outOfBatch(index: unknown): RangeError {
    return outOfRange('index', `an integer >= 0 && < ${this.#count}, for a batch of "${this.#ring}"`, index)
  }
}

class BatchIterator<T> implements IterableIterator<T> {
  readonly #block: Block
  readonly #type: RecordType<T>
  readonly #shift: number
  readonly #end: number
  #next: number

  constructor(block: Block, type: RecordType<T>, first: number, shift: number, count: number) {
    this.#block = block
    this.#type = type
    this.#shift = shift
    this.#next = first
    this.#end = first + count
  }

  next(): IteratorResult<T, undefined> {
    if (this.#next >= this.#end) return { done: true, value: undefined }
    const block = this.#block
    const offset = (block.index[this.#next++] as number) - this.#shift
    return { done: false, value: this.#type.decode(block, offset, block.words[(offset - headerSize) >>> 2] as number) }
  }

  [Symbol.iterator](): this {
    return this
  }
}

const nothing = newBlock(0)
