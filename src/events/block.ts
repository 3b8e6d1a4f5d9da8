// Memory that the addon fills with records, as they stand in a ring buffer.

import type { Memory } from '../btf/codec.ts'

/**
 * Records one after the other: 4 bytes of length, 4 of no meaning, the record, filled up to a multiple of 8. So each
 * record begins at a multiple of 8.
 */
export class Block implements Memory {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly longs: BigUint64Array
  /** The same memory as numbers of 32 bits in this machine's byte order. */
  readonly words: Uint32Array
  /** Where each record begins, headers not counted; for the addon to fill, which knows when it copies them. */
  readonly index: Uint32Array

  constructor(buffer: ArrayBuffer, index: Uint32Array) {
    this.bytes = new Uint8Array(buffer)
    this.view = new DataView(buffer)
    this.longs = new BigUint64Array(buffer)
    this.words = new Uint32Array(buffer)
    this.index = index
  }
}

/** A block of so many bytes, a multiple of 8, with an index of as many records as fit: those with 8 bytes and more. */
export function newBlock(size: number): Block {
  return new Block(new ArrayBuffer(size), new Uint32Array(size / 16 + 1))
}

/** The same memory with an index of so many records. */
export function indexed({ bytes, words }: Block, count: number): Block {
  const index = new Uint32Array(count)
  for (let each = 0, at = headerSize; each < count; each++) {
    index[each] = at
    at = after(at, words[(at - headerSize) >>> 2] as number)
  }
  return new Block(bytes.buffer as ArrayBuffer, index)
}

/** Records of a block: from the header of the first one to the end of the last one. */
export interface Span {
  readonly block: Block
  readonly start: number
  readonly end: number
  readonly count: number
  /** The place of the first one in the block's index. */
  readonly first: number
}

/** What stands before each record, in bytes. */
export const headerSize = 8

/** The bytes of the record whose header is at `at`. */
export function lengthAt(block: Block, at: number): number {
  return block.words[at >>> 2] as number
}

/** The header after a record of this length. */
export function after(at: number, length: number): number {
  return at + ((length + headerSize + 7) & ~7)
}
