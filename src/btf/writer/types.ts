// The types that keys, values and globals of one object need: from shapes to declarations, each once.

import type { BtfTypes } from '../btf-types.ts'
import type { ObjectMap } from '../object.ts'
import { ringRecordId, statedRecordId } from '../ring-record.ts'
import type { Field, Part, RecordShape, Shape } from '../shape.ts'
import type { EnumType } from '../types.ts'
import type { PropertyText, TypeText } from './layout.ts'
import { keyName, propertyName, type TypeNames } from './names.ts'

/** What a file declares for a type of C. */
export type Declaration = RecordDeclaration | EnumDeclaration

/** A struct or union: an interface. */
export interface RecordDeclaration {
  readonly kind: 'record'
  readonly name: string
  readonly comment: string
  readonly properties: readonly PropertyText[]
}

/** An enum: a frozen object, and the type of its values. */
export interface EnumDeclaration {
  readonly kind: 'enum'
  readonly name: string
  readonly comment: string
  /** Names and values as they are written. */
  readonly constants: readonly { readonly name: string; readonly value: string }[]
  readonly result: 'number' | 'bigint'
}

/** Maps that programs write records into. */
const [BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_RINGBUF] = [4, 27]

type Plain = 'number' | 'bigint' | 'boolean'

/** Bytes: what has no type that anybody knows. */
export const bytes: TypeText = { name: 'Uint8Array' }

/** Collects declarations while it tells what types are called. */
export class TypeWriter {
  readonly declarations: Declaration[] = []
  readonly #btf: BtfTypes | undefined
  readonly #names: TypeNames
  readonly #named = new Map<number, string>()

  constructor(btf: BtfTypes | undefined, names: TypeNames) {
    this.#btf = btf
    this.#names = names
  }

  /**
   * The type of a value, bytes where BTF has none for it.
   *
   * @param path What a type without a name of its own is called after: `flows_value`.
   */
  typeOf(typeId: number | undefined, path: string): TypeText {
    const shape = typeId === undefined ? undefined : this.#btf?.shapeIfAny(typeId)
    return shape === undefined ? bytes : { name: this.#type(shape, path) }
  }

  /** As C writes the type, in a comment before something else; nothing where there is none. */
  typeNameOf(typeId: number | undefined): string {
    return typeId === undefined || this.#btf === undefined ? '' : `\`${this.#btf.nameOf(typeId)}\`, `
  }

  /** The type of a map's values; of its records, where the object states it and programs write such. */
  valueOf({ mapType, name, valueTypeId }: ObjectMap): number | undefined {
    const record = this.#btf === undefined ? undefined : ringRecordId(this.#btf, name)
    if (mapType === BPF_MAP_TYPE_RINGBUF) return valueTypeId ?? record
    return mapType === BPF_MAP_TYPE_PERF_EVENT_ARRAY ? record : valueTypeId // Its values are descriptors.
  }

  /** The type of records that a variable states, if it is there for nothing else. */
  statedRecord(variable: string, typeId: number | undefined): number | undefined {
    return this.#btf === undefined ? undefined : statedRecordId(this.#btf, variable, typeId)
  }

  #type(shape: Shape, path: string): string {
    switch (shape.kind) {
      case 'number':
      case 'bigint':
        return this.#numberOrEnum(shape, shape.kind, path)
      case 'bits':
        return this.#numberOrEnum(shape, shape.result, path)
      case 'boolean':
      case 'string':
        return shape.kind
      case 'bytes':
        return bytes.name
      case 'array':
        return `${this.#type(shape.element, path)}[]`
      case 'record':
        return this.#named.get(shape.typeId) ?? this.#record(shape, path)
      default:
        return shape satisfies never
    }
  }

  #record(shape: RecordShape, path: string): string {
    const name = this.#names.take([shape.name, path], shape.union ? 'Union' : 'Struct')
    this.#named.set(shape.typeId, name)
    // Before its members, so that a file reads from the whole to the parts.
    const position = this.declarations.length
    const properties = shape.parts.flatMap((part) => this.#properties(part, shape.union, name))
    const comment = `\`${shape.typeName}\`, ${plural(shape.size, 'byte')}.`
    this.declarations.splice(position, 0, { kind: 'record', name, comment, properties })
    return name
  }

  /** @param oneOf Whether it belongs to one of the members of a union. */
  #properties(part: Part, oneOf: boolean, owner: string): PropertyText[] {
    if (part.kind === 'field') return [this.#field(part, oneOf, owner)]
    return part.parts.flatMap((inner) => this.#properties(inner, oneOf || part.union, owner))
  }

  #field({ name, offset, shape }: Field, optional: boolean, owner: string): PropertyText {
    const type = { name: this.#type(shape, `${owner}_${name}`) }
    return { name: propertyName(name), type, optional, comment: this.#about(shape, offset, optional) }
  }

  #about(shape: Shape, offset: number, oneOf: boolean): string {
    const where =
      shape.kind === 'bits'
        ? `\`${shape.typeName}\`, ${plural(shape.width, 'bit')} in byte ${offset}`
        : `\`${shape.typeName}\` at ${offset}, ${plural(shape.size, 'byte')}`
    const union = oneOf ? ' Of a union: reading gives all members, writing takes one.' : ''
    return `${where}${byteOrderNote(this.#btf, shape)}.${union}`
  }

  #numberOrEnum(shape: Shape & { readonly enumId?: number }, plain: Plain, path: string): string {
    const { enumId } = shape
    const type = enumId === undefined ? undefined : this.#btf?.type(enumId)
    if (enumId === undefined || (type?.kind !== 'enum' && type?.kind !== 'enum64')) return plain
    const result = type.size > 4 ? 'bigint' : 'number'
    // An enum that is only declared has nothing to name; few bits of a wide one are numbers, its constants are not.
    if (type.constants.length === 0 || result !== plain) return plain
    // A typedef is one word, `verdict_t`; the type itself is two, `enum verdict`.
    const typedef = /^\w+(?=:\d+$|$)/.exec(shape.typeName)?.[0] ?? ''
    return this.#named.get(enumId) ?? this.#enum(enumId, type, result, [typedef, path])
  }

  #enum(id: number, type: EnumType, result: 'number' | 'bigint', paths: readonly string[]): string {
    const name = this.#names.take([type.name, ...paths], 'Enum')
    this.#named.set(id, name)
    const suffix = result === 'bigint' ? 'n' : ''
    const values = new Map(type.constants.map((constant) => [constant.name, constant.value]))
    const constants = [...values].map(([key, value]) => ({ name: keyName(key), value: `${value}${suffix}` }))
    const comment = `\`enum ${type.name || '{…}'}\`, ${plural(type.size, 'byte')}.`
    this.declarations.push({ kind: 'enum', name, comment, constants, result })
    return name
  }
}

/** As in `1 byte` and `2 bytes`. */
export function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** What to say about a number that lies in memory in the other byte order than the object's own. */
function byteOrderNote(btf: BtfTypes | undefined, shape: Shape): string {
  const element = shape.kind === 'array' ? innermost(shape) : shape
  if (element.kind !== 'number' && element.kind !== 'bigint') return ''
  if (btf === undefined || element.littleEndian === btf.littleEndian || element.size === 1) return ''
  return `, ${element.littleEndian ? 'little' : 'big'}-endian there: the value is in host order`
}

function innermost(shape: Shape): Shape {
  return shape.kind === 'array' ? innermost(shape.element) : shape
}
