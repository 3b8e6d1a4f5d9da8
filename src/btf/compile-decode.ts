// Generates decoders: expressions that make a value out of memory.

import { at, Code, isSmall } from './compile-common.ts'
import { lowestBit } from './primitives.ts'
import type { ArrayShape, BigIntShape, BitsShape, Part, Shape } from './shape.ts'

/**
 * Functions `(v, b, q, o) => value`, with `v` a DataView and `b` a Uint8Array of the same memory; `q` is a BigUint64Array of
 * it, where there is one and `o` is a multiple of 8.
 */
export class Decoder extends Code {
  constructor() {
    super('decode')
  }

  protected override write(name: string, shape: Shape): string {
    if (shape.kind === 'array') return this.#array(name, shape)
    return `function ${name}(v, b, q, o) { return ${this.#expression(shape, 0, true)} }`
  }

  #array(name: string, { element, length }: ArrayShape): string {
    return [
      `function ${name}(v, b, q, o) {`,
      ...(element.size % 8 === 0 ? [] : [`  q = undefined`]),
      `  const values = []`,
      `  for (let end = o + ${length * element.size}, i = 0; i < ${length}; i++, o += ${element.size}) values.push(${this.#expression(element, 0)})`,
      `  return values`,
      `}`,
    ].join('\n')
  }

  /** What reads a value so many bytes after `o`; in full here, or by a call. */
  #expression(shape: Shape, bytes: number, here = false): string {
    const offset = at('o', bytes)
    switch (shape.kind) {
      case 'number':
        if (shape.size === 1) return `v.get${shape.format}(${offset})`
        return `v.get${shape.format}(${offset}, ${shape.littleEndian})`
      case 'bigint':
        return this.#bigint(shape, bytes)
      case 'boolean':
        return `v.getUint8(${offset}) !== 0`
      case 'bits':
        return this.#bits(shape, offset)
      case 'string':
        return `readString(b, ${offset}, ${shape.size})`
      case 'bytes':
        return `readBytes(b, ${offset}, ${shape.size})`
      case 'array':
        if (shape.length > 8 || shape.element.kind === 'array' || shape.element.kind === 'record') {
          return this.#call(shape, bytes)
        }
        return `[${this.#elements(shape, bytes).join(', ')}]`
      case 'record':
        if (!here && !isSmall(shape)) return this.#call(shape, bytes)
        return `{ ${this.#properties(shape.parts, bytes).join(', ')} }`
      default:
        return shape satisfies never
    }
  }

  #call(shape: Shape, bytes: number): string {
    return `${this.functionOf(shape)}(v, b, ${bytes % 8 === 0 ? 'q' : 'undefined'}, ${at('o', bytes)})`
  }

  #bigint(shape: BigIntShape, bytes: number): string {
    const { signed, littleEndian, size } = shape
    const offset = at('o', bytes)
    if (size > 8) return `readWide(v, ${offset}, ${this.constant(shape)})`
    const read = `v.getBig${signed ? 'Int' : 'Uint'}64(${offset}, ${littleEndian})`
    if (signed || bytes % 8 !== 0 || littleEndian !== isLittleEndian) return read
    return `(q === undefined ? ${read} : q[${at('(o >>> 3)', bytes / 8)}])`
  }

  #elements({ element, length }: ArrayShape, bytes: number): string[] {
    return Array.from({ length }, (_, index) => this.#expression(element, bytes + index * element.size))
  }

  #properties(parts: readonly Part[], bytes: number): string[] {
    return parts.flatMap((part) => {
      if (part.kind === 'group') return this.#properties(part.parts, bytes)
      const quoted = JSON.stringify(part.name)
      // "__proto__": x would set the prototype; a computed name does not, but takes longer.
      const property = part.name === '__proto__' ? `[${quoted}]` : quoted
      return `${property}: ${this.#expression(part.shape, bytes + part.offset)}`
    })
  }

  #bits(shape: BitsShape, offset: string): string {
    const { result, width, signed, size } = shape
    if (result === 'bigint') return `readBits(b, ${offset}, ${this.constant(shape)})`
    if (size > 4 || width > 31) {
      return `Number(readBits(b, ${offset}, ${this.constant(shape)}))`
    }
    const word = wordOf(shape, offset)
    const low = lowestBit(shape)
    if (signed && result === 'number') return `((${word} << ${32 - low - width}) >> ${32 - width})`
    const value = `((${word} >>> ${low}) & ${2 ** width - 1})`
    return result === 'boolean' ? `(${value} !== 0)` : value
  }
}

/** The number that the bytes of a bit-field make up, to 32 bits. */
export function wordOf({ size, littleEndian }: BitsShape, offset: string): string {
  if (size === 1) return `v.getUint8(${offset})`
  if (size === 2) return `v.getUint16(${offset}, ${littleEndian})`
  if (size === 4) return `v.getUint32(${offset}, ${littleEndian})`
  const bytes = [`b[${offset}]`, `b[${at(offset, 1)}]`, `b[${at(offset, 2)}]`]
  const [low, middle, high] = littleEndian ? bytes : bytes.reverse()
  return `(${low} | (${middle} << 8) | (${high} << 16))`
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
