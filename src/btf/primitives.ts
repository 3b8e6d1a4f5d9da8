// What both kinds of codecs call: strings, bytes, and integers that `DataView` has no method for.

import { mostPooled, pooledCopy } from './byte-pool.ts'
import { integerRange, type BigIntShape, type BitsShape } from './shape.ts'

/** The text up to the first null byte. Broken UTF-8 becomes U+FFFD. */
export function readString(bytes: Uint8Array, offset: number, size: number): string {
  const last = offset + size
  let end = offset
  let all = 0
  for (let byte: number; end < last && (byte = bytes[end]!) !== 0; end++) all |= byte
  return all < 128 && end - offset <= 8 ? readShort(bytes, offset, end) : readUtf8(bytes, offset, end)
}

/** The text from `start` to before `end`. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  return start === end ? '' : utf8Slice.call(bytes, start, end)
}

/** A short text in ASCII, such as most names are: twice as fast as a call of Node. */
function readShort(b: Uint8Array, start: number, end: number): string {
  let text = ''
  let at = start
  for (; end - at >= 4; at += 4) text += String.fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!)
  switch (end - at) {
    case 1:
      return text + String.fromCharCode(b[at]!)
    case 2:
      return text + String.fromCharCode(b[at]!, b[at + 1]!)
    case 3:
      return text + String.fromCharCode(b[at]!, b[at + 1]!, b[at + 2]!)
    default:
      return text
  }
}

/** Writes a string and fills up with null bytes; `false` when it does not fit, or would come back as another. */
export function writeString(bytes: Uint8Array, offset: number, size: number, value: string): boolean {
  if (value.length > size) return false
  let index = 0
  for (; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code === 0) return false
    if (code > 127) return writeUtf8(bytes, offset, size, value)
    bytes[offset + index] = code
  }
  for (; index < size; index++) bytes[offset + index] = 0
  return true
}

/** A copy of some bytes. */
export function readBytes(bytes: Uint8Array, offset: number, size: number): Uint8Array {
  // V8 keeps up to 64 bytes in the object itself.
  if (size > 64 && size <= mostPooled) return pooledCopy(bytes, offset, size)
  const copy = new Uint8Array(size)
  if (size > 32) copy.set(bytes.subarray(offset, offset + size))
  else for (let index = 0; index < size; index++) copy[index] = bytes[offset + index]!
  return copy
}

/** Writes bytes; `false` when they are not as many as there must be. */
export function writeBytes(bytes: Uint8Array, offset: number, size: number, value: Uint8Array): boolean {
  if (value.length !== size) return false
  if (size > 32) bytes.set(value, offset)
  else for (let index = 0; index < size; index++) bytes[offset + index] = value[index]!
  return true
}

/** An integer of 128 bits. */
export function readWide(view: DataView, offset: number, { signed, littleEndian }: BigIntShape): bigint {
  const high = view.getBigUint64(offset + (littleEndian ? 8 : 0), littleEndian)
  const low = view.getBigUint64(offset + (littleEndian ? 0 : 8), littleEndian)
  const value = (high << 64n) | low
  return signed ? BigInt.asIntN(128, value) : value
}

/** Writes an integer of 128 bits, which must be in range. */
export function writeWide(view: DataView, offset: number, { littleEndian }: BigIntShape, value: bigint): void {
  view.setBigUint64(offset + (littleEndian ? 8 : 0), value >> 64n, littleEndian)
  view.setBigUint64(offset + (littleEndian ? 0 : 8), value, littleEndian)
}

/** A bit-field of any width, over any bytes. */
export function readBits(bytes: Uint8Array, offset: number, shape: BitsShape): bigint {
  let all = 0n
  for (let index = 0; index < shape.size; index++) {
    const at = shape.littleEndian ? shape.size - 1 - index : index
    all = (all << 8n) | BigInt(bytes[offset + at]!)
  }
  const value = all >> BigInt(lowestBit(shape))
  return shape.signed ? BigInt.asIntN(shape.width, value) : BigInt.asUintN(shape.width, value)
}

/** Writes a bit-field, which must be in range, into bits that are zero. */
export function writeBits(bytes: Uint8Array, offset: number, shape: BitsShape, value: bigint): void {
  let all = BigInt.asUintN(shape.width, value) << BigInt(lowestBit(shape))
  for (let index = 0; index < shape.size; index++) {
    const at = shape.littleEndian ? index : shape.size - 1 - index
    bytes[offset + at]! |= Number(all & 255n)
    all >>= 8n
  }
}

/** Where a bit-field begins in the number that its bytes make up, counted from the lowest bit. */
export function lowestBit({ littleEndian, shift, size, width }: BitsShape): number {
  return littleEndian ? shift : size * 8 - shift - width
}

/** Whether an integer fits into so many bits. */
export function fits(value: number | bigint, bits: number, signed: boolean): boolean {
  const [minimum, maximum] = integerRange(bits, signed)
  return value >= minimum && value <= maximum
}

function writeUtf8(bytes: Uint8Array, offset: number, size: number, value: string): boolean {
  if (value.includes('\0') || /\p{Surrogate}/u.test(value)) return false
  const encoded = Buffer.from(value)
  if (encoded.length > size) return false
  bytes.fill(0, offset, offset + size)
  bytes.set(encoded, offset)
  return true
}

/** It takes any Uint8Array; for short texts it is twice as fast as a TextDecoder, which takes milliseconds to set up. */
const { utf8Slice } = Buffer.prototype as unknown as {
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string
}
