// Generates encoders: statements that check a value and write it to memory.

import { at, Code, isSmall } from './compile-common.ts'
import { wordOf } from './compile-decode.ts'
import { lowestBit } from './primitives.ts'
import { step } from './refuse.ts'
import { integerRange, namesOf, type BitsShape, type Field, type Part, type RecordShape, type Shape } from './shape.ts'

/** Where a value comes from and goes to, as expressions. */
interface Place {
  readonly value: string
  readonly offset: string
  /** Its path, which costs nothing until something is wrong. */
  readonly path: string
  /** What is thrown when it is wrong. */
  readonly refusal: (shape: string) => string
}

/** Functions `(value, v, b, o, path)`, with `v` a DataView and `b` a Uint8Array of the same memory. */
export class Encoder extends Code {
  constructor() {
    super('encode')
  }

  protected override write(name: string, shape: Shape): string {
    const refusal = (constant: string): string => `wrongValue(${constant}, value, path)`
    const body = this.#statements(shape, { value: 'value', offset: 'o', path: 'path', refusal }, true)
    return `function ${name}(value, v, b, o, path) {\n${body}\n}`
  }

  /** What checks and writes a value; in full here, or by a call. */
  #statements(shape: Shape, place: Place, here = false): string {
    const { value, offset } = place
    const test = (condition: string): string => `if (${condition}) throw ${place.refusal(this.constant(shape))}`
    switch (shape.kind) {
      case 'number': {
        const order = shape.size === 1 ? '' : `, ${shape.littleEndian}`
        return `${test(isNot(value, shape.format))}\nv.set${shape.format}(${offset}, ${value}${order})`
      }
      case 'bigint': {
        const check = test(`typeof ${value} !== 'bigint' || ${isOutside(value, shape.size * 8, shape.signed)}`)
        if (shape.size > 8) return `${check}\nwriteWide(v, ${offset}, ${this.constant(shape)}, ${value})`
        return `${check}\nv.setBig${shape.signed ? 'Int' : 'Uint'}64(${offset}, ${value}, ${shape.littleEndian})`
      }
      case 'boolean':
        return `${test(`typeof ${value} !== 'boolean'`)}\nv.setUint8(${offset}, ${value} ? 1 : 0)`
      case 'bits':
        return this.#bits(shape, place, test)
      case 'string':
        return test(`typeof ${value} !== 'string' || !writeString(b, ${offset}, ${shape.size}, ${value})`)
      case 'bytes':
        return test(`!(${value} instanceof Uint8Array) || !writeBytes(b, ${offset}, ${shape.size}, ${value})`)
      case 'array':
        if (!here && !isSmall(shape)) return this.#call(shape, place)
        return `${test(`!Array.isArray(${value}) || ${value}.length !== ${shape.length}`)}\n${this.#elements(shape.element, shape.length, place)}`
      case 'record':
        if (!here && !isSmall(shape)) return this.#call(shape, place)
        return `${test(`typeof ${value} !== 'object' || ${value} === null`)}\n${this.#record(shape, place)}`
      default:
        return shape satisfies never
    }
  }

  /** The member may be missing: its own function could not tell that it was misspelled. */
  #call(shape: Shape, { value, offset, path, refusal }: Place): string {
    const check = `if (${value} === undefined) throw ${refusal(this.constant(shape))}`
    return `${check}\n${this.functionOf(shape)}(${value}, v, b, ${offset}, ${path})`
  }

  #elements(element: Shape, length: number, { value, offset, path }: Place): string {
    const index = this.variable()
    const one = this.variable()
    const where = `${path} + '[' + ${index} + ']'`
    const body = this.#statements(element, {
      value: one,
      offset: `${offset} + ${index} * ${element.size}`,
      path: where,
      refusal: (constant) => `wrongValue(${constant}, ${one}, ${where})`,
    })
    return `for (let ${index} = 0; ${index} < ${length}; ${index}++) {\nconst ${one} = ${value}[${index}]\n${body}\n}`
  }

  #record(record: RecordShape, place: Place): string {
    const { value, path } = place
    const variables = new Map(record.names.map((name) => [name, this.variable()]))
    const reads = [...variables].map(([name, variable]) => `const ${variable} = ${readOf(value, name)}`)
    const writer = new RecordWriter(record, place, variables, (field, where) => this.#statements(field.shape, where))
    const check = `checkKeys(${value}, ${this.constant(record)}, ${path})`
    const body = writer.parts(record.union, record.parts, (shape) => this.constant(shape))
    return [...reads, body, hasUnion(record) ? check : this.#countKeys(value, record.names.length, check)].join('\n')
  }

  /** Counting is quick, where every member is there; only another number needs a closer look. */
  #countKeys(value: string, expected: number, check: string): string {
    const count = this.variable()
    return `let ${count} = 0\nfor (const key in ${value}) ${count}++\nif (${count} !== ${expected}) ${check}`
  }

  #bits(shape: BitsShape, { value, offset }: Place, test: (condition: string) => string): string {
    const { result, width, signed, size, littleEndian } = shape
    const isInteger = result === 'number' ? `!Number.isInteger(${value}) || ` : ''
    const outside = result === 'boolean' ? 'false' : isInteger + isOutside(value, width, signed, result === 'bigint')
    const check = test(`typeof ${value} !== '${result}' || ${outside}`)
    if (size > 4 || width > 31) return `${check}\nwriteBits(b, ${offset}, ${this.constant(shape)}, BigInt(${value}))`
    const word = `${wordOf(shape, offset)} | ((${value} & ${2 ** width - 1}) << ${lowestBit(shape)})`
    if (size === 1) return `${check}\nv.setUint8(${offset}, ${word})`
    if (size !== 3) return `${check}\nv.setUint${size * 8}(${offset}, ${word}, ${littleEndian})`
    const [low, high] = littleEndian ? [0, 2] : [2, 0]
    const all = this.variable()
    const stores = `b[${at(offset, low)}] = ${all}; b[${at(offset, 1)}] = ${all} >>> 8; b[${at(offset, high)}] = ${all} >>> 16`
    return `${check}\nconst ${all} = ${word}\n${stores}`
  }
}

/** The members of one struct or union, once they are in variables. */
class RecordWriter {
  readonly #record: RecordShape
  readonly #place: Place
  readonly #variables: ReadonlyMap<string, string>
  readonly #statements: (field: Field, place: Place) => string

  constructor(
    record: RecordShape,
    place: Place,
    variables: ReadonlyMap<string, string>,
    statements: (field: Field, place: Place) => string,
  ) {
    this.#record = record
    this.#place = place
    this.#variables = variables
    this.#statements = statements
  }

  parts(union: boolean, parts: readonly Part[], constant: (value: unknown) => string): string {
    const written = parts.map((part) =>
      part.kind === 'field' ? this.#field(part, constant) : this.parts(part.union, part.parts, constant),
    )
    if (!union || parts.length === 0) return written.join('\n')
    const given = parts.map((part) => `(${this.#isGiven(part)})`)
    const { value, path } = this.#place
    const refusal = `wrongUnion(${constant(parts)}, ${constant(this.#record)}, ${value}, ${path})`
    const branches = written.map((statements, index) => `if ${given[index]} {\n${statements}\n}`)
    return `if (${given.map((one) => `${one} * 1`).join(' + ')} !== 1) throw ${refusal}\n${branches.join(' else ')}`
  }

  #field(field: Field, constant: (value: unknown) => string): string {
    const { value, offset, path } = this.#place
    const variable = this.#variables.get(field.name)!
    return this.#statements(field, {
      value: variable,
      offset: at(offset, field.offset),
      path: `${path} + ${JSON.stringify(step(field.name))}`,
      refusal: (shape) =>
        `wrongField(${constant(this.#record)}, ${JSON.stringify(field.name)}, ${shape}, ${variable}, ${value}, ${path})`,
    })
  }

  #isGiven(part: Part): string {
    return namesOf(part)
      .map((name) => `${this.#variables.get(name)} !== undefined`)
      .join(' || ')
  }
}

/** As {@link read} does, decided beforehand. */
function readOf(value: string, name: string): string {
  const quoted = JSON.stringify(name)
  return name in Object.prototype ? `read(${value}, ${quoted})` : `${value}[${quoted}]`
}

function hasUnion({ union, parts }: { union: boolean; parts: readonly Part[] }): boolean {
  return union || parts.some((part) => part.kind === 'group' && hasUnion(part))
}

/** The quickest test that a value is not a number of this format. */
function isNot(value: string, format: string): string {
  const tests: Readonly<Record<string, string>> = {
    Uint8: `(${value} & 255) !== ${value}`,
    Int8: `(${value} << 24) >> 24 !== ${value}`,
    Uint16: `(${value} & 65535) !== ${value}`,
    Int16: `(${value} << 16) >> 16 !== ${value}`,
    Uint32: `${value} >>> 0 !== ${value}`,
    Int32: `(${value} | 0) !== ${value}`,
    Float32: `(Number.isFinite(${value}) && !Number.isFinite(Math.fround(${value})))`,
    Float64: 'false',
  }
  return `typeof ${value} !== 'number' || ${tests[format]}`
}

function isOutside(value: string, bits: number, signed: boolean, big = true): string {
  const [minimum, maximum] = integerRange(bits, signed)
  const suffix = big ? 'n' : ''
  return `${value} < ${minimum}${suffix} || ${value} > ${maximum}${suffix}`
}
