// Lays types out: from ids of types to shapes, with limits on what hostile BTF may ask for.

import { EbpfError } from '../errors.ts'
import { maxDepth, maxExtraValues, maxMembersOfAll, maxValues, maxValuesPerByte } from './limits.ts'
import { recordOf } from './record.ts'
import { badType, nameOf, pointerSize, resolve, sizeOf, type Resolved, type TypeSource } from './resolve.ts'
import { wrapped } from './rust-wrappers.ts'
import type { ArrayShape, BigIntShape, NumberFormat, NumberShape, RecordShape, Shape } from './shape.ts'
import type { DataSectionType, EnumType, FloatType, IntType, StructType } from './types.ts'

/** The shapes of the types of one blob, each made once. */
export class Layouts {
  readonly source: TypeSource
  readonly #shapes = new Map<number, Shape>()
  /** Structs that are being laid out: one of them again is one that contains itself. */
  readonly #open = new Set<number>()
  /** Why others have no shape, so that nobody spends time on them twice. */
  readonly #failures = new Map<number, string>()
  #members = 0

  constructor(source: TypeSource) {
    this.source = source
  }

  /** The shape of a type. @throws {EbpfError} `ERR_EBPF_BTF` where its values cannot be had. */
  shapeOf(id: number): Shape {
    const known = this.#shapes.get(id)
    if (known !== undefined) return known
    const failure = this.#failures.get(id)
    if (failure !== undefined) throw new EbpfError('ERR_EBPF_BTF', failure)
    try {
      const shape = this.#lay(id)
      this.#check(id, shape)
      this.#shapes.set(id, shape)
      return shape
    } catch (error) {
      // Within another type it may be that one's fault.
      if (this.#open.size === 0 && error instanceof EbpfError) this.#failures.set(id, error.message)
      throw error
    }
  }

  /** Counts a member that is laid out. A member of an anonymous struct is so in each struct that has it. */
  countMember(): void {
    if (++this.#members > maxMembersOfAll) throw badType(`The structs have more than ${maxMembersOfAll} members in all`)
  }

  /** Runs `inside` for a struct that must not be met again meanwhile. */
  within<T>(id: number, inside: () => T): T {
    const failed = (problem: string): Error => badType(`Type ${id}, ${nameOf(this.source, id)}, ${problem}`)
    if (this.#open.has(id)) throw failed('contains itself')
    if (this.#open.size >= maxDepth) throw failed(`is nested more than ${maxDepth} deep`)
    this.#open.add(id)
    try {
      return inside()
    } finally {
      this.#open.delete(id)
    }
  }

  #lay(id: number): Shape {
    const { source } = this
    const resolved = resolve(source, id)
    const { type } = resolved
    switch (type.kind) {
      case 'int':
        return this.#integer(id, resolved, type)
      case 'enum':
      case 'enum64':
        return this.#enum(id, resolved.id, type)
      case 'float':
        return this.#float(id, type)
      case 'ptr':
        return bigint(nameOf(source, id), pointerSize, false, source.littleEndian)
      case 'array':
        return this.#array(id, resolved.id, type.type, type.length)
      case 'struct':
      case 'union': {
        const held = wrapped(source, type)
        return held === undefined ? this.#record(resolved, type) : this.within(resolved.id, () => this.shapeOf(held))
      }
      case 'datasec':
        return this.#record(resolved, type)
      case 'var':
        return this.within(resolved.id, () => this.shapeOf(type.type))
      default:
        throw badType(`Type ${id}, ${nameOf(source, id)}, has no values (it is of kind ${type.kind})`)
    }
  }

  #integer(id: number, { typedefs }: Resolved, type: IntType): Shape {
    if (type.size === 0) throw badType(`Type ${id}, ${type.name}, has no values`)
    if (type.bits !== type.size * 8) throw badType(`Type ${id} is a bit-field of ${type.bits} bits outside of a struct`)
    const typeName = nameOf(this.source, id)
    if (type.bool && type.size === 1) return { kind: 'boolean', size: 1, typeName, values: 1, depth: 1 }
    const littleEndian = byteOrder(typedefs) ?? this.source.littleEndian
    if (type.size > 4) return bigint(typeName, type.size, type.signed, littleEndian)
    return number(typeName, type.size, type.signed, littleEndian)
  }

  #enum(id: number, enumId: number, type: EnumType): Shape {
    const typeName = nameOf(this.source, id)
    const { littleEndian } = this.source
    if (type.size > 4) return { ...bigint(typeName, type.size, type.signed, littleEndian), enumId }
    return { ...number(typeName, type.size, type.signed, littleEndian), enumId }
  }

  #float(id: number, { size }: FloatType): Shape {
    const common = { size, typeName: nameOf(this.source, id), values: 1, depth: 1 }
    if (size !== 4 && size !== 8) return { kind: 'bytes', ...common }
    const { littleEndian } = this.source
    return { kind: 'number', format: size === 4 ? 'Float32' : 'Float64', littleEndian, ...common }
  }

  #array(id: number, arrayId: number, elementId: number, length: number): Shape {
    const typeName = nameOf(this.source, id)
    if (length === 0) throw badType(`Type ${id}, ${typeName}, is a flexible array: it has no values`)
    const size = sizeOf(this.source, arrayId)
    const { type } = resolve(this.source, elementId)
    if (type.kind === 'int' && type.size === 1 && type.bits === 8 && !type.bool) {
      if (type.name === 'char') return { kind: 'string', size, typeName, values: 1, depth: 1 }
      if (!type.signed) return { kind: 'bytes', size, typeName, values: 1, depth: 1 }
    }
    const element = this.within(arrayId, () => this.shapeOf(elementId))
    const values = 1 + length * element.values
    return { kind: 'array', element, length, size, typeName, values, depth: element.depth + 1 } satisfies ArrayShape
  }

  #record({ id, typedefs }: Resolved, type: StructType | DataSectionType): RecordShape {
    const typedef = typedefs.at(-1)
    if (type.name !== '' || typedef === undefined) return this.within(id, () => recordOf(this, id, type))
    // An anonymous struct goes by the name of its typedef.
    const shape = this.shapeOf(id) as RecordShape
    return { ...shape, name: typedef, typeName: typedef }
  }

  #check(id: number, { depth, size, values }: Shape): void {
    const failed = (problem: string): Error => badType(`Type ${id}, ${nameOf(this.source, id)}, ${problem}`)
    if (depth > maxDepth) throw failed(`is nested more than ${maxDepth} deep`)
    if (values > Math.min(maxValues, size * maxValuesPerByte + maxExtraValues)) {
      throw failed(`consists of ${values} values in ${size} bytes, more than are allowed`)
    }
  }
}

/** That of `__be32` and its like, wherever in a chain of typedefs it stands. */
function byteOrder(typedefs: readonly string[]): boolean | undefined {
  const found = typedefs.find((name) => /^__(be|le)(16|32|64)$/.test(name))
  return found === undefined ? undefined : found.startsWith('__le')
}

function number(typeName: string, size: number, signed: boolean, littleEndian: boolean): NumberShape {
  const format = `${signed ? 'Int' : 'Uint'}${size * 8}` as NumberFormat
  return { kind: 'number', format, littleEndian, size, typeName, values: 1, depth: 1 }
}

function bigint(typeName: string, size: number, signed: boolean, littleEndian: boolean): BigIntShape {
  return { kind: 'bigint', signed, littleEndian, size, typeName, values: 1, depth: 1 }
}
