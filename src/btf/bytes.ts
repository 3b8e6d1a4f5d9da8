// Bytes of a file that nobody vouches for: whatever is read outside of them is an error that says where.

import { EbpfError, type EbpfErrorCode } from '../errors.ts'
import { maxNameBytes, maxNameLength } from './limits.ts'
import { readUtf8 } from './primitives.ts'

/** A part of a file. Offsets are relative to its beginning; messages name both offsets. */
export class Bytes {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly littleEndian: boolean
  readonly #what: string
  readonly #code: EbpfErrorCode
  #nameBytes = 0

  /** @param what The name of the part in messages: `section ".BTF"`. */
  constructor(bytes: Uint8Array, littleEndian: boolean, what: string, code: EbpfErrorCode) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.littleEndian = littleEndian
    this.#what = what
    this.#code = code
  }

  get size(): number {
    return this.bytes.byteLength
  }

  u8(offset: number): number {
    this.need(offset, 1)
    return this.view.getUint8(offset)
  }

  u16(offset: number): number {
    this.need(offset, 2)
    return this.view.getUint16(offset, this.littleEndian)
  }

  u32(offset: number): number {
    this.need(offset, 4)
    return this.view.getUint32(offset, this.littleEndian)
  }

  i32(offset: number): number {
    return this.u32(offset) | 0
  }

  /** A 64-bit offset or size, which must be one that a file can have. */
  u64(offset: number): number {
    this.need(offset, 8)
    const value = this.view.getBigUint64(offset, this.littleEndian)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.error(offset, `${value} is no offset or size`)
    return Number(value)
  }

  /** The text from here to the next null byte. */
  text(offset: number): string {
    this.need(offset, 1)
    const end = this.bytes.subarray(offset, offset + maxNameLength + 1).indexOf(0)
    if (end < 0) {
      const why = offset + maxNameLength < this.size ? `is longer than ${maxNameLength} bytes` : 'has no end'
      throw this.error(offset, `a name ${why}`)
    }
    this.#nameBytes += end
    if (this.#nameBytes > maxNameBytes) throw this.error(offset, `names have more than ${maxNameBytes} bytes in all`)
    return readUtf8(this.bytes, offset, offset + end)
  }

  /** A part of this part, under another name. */
  part(offset: number, size: number, what: string): Bytes {
    this.need(offset, size)
    return new Bytes(this.bytes.subarray(offset, offset + size), this.littleEndian, what, this.#code)
  }

  need(offset: number, size: number): void {
    if (offset >= 0 && size >= 0 && offset + size <= this.size) return
    throw this.error(offset, `${size} bytes are needed, but there are ${Math.max(0, this.size - offset)}`)
  }

  error(offset: number, problem: string): EbpfError {
    return new EbpfError(this.#code, `${this.#what} is malformed at offset 0x${offset.toString(16)}: ${problem}.`)
  }
}
