// Stands for everything about an object that its generated types depend on.

import type { BtfTypes } from './btf-types.ts'
import { maxNameBytes } from './limits.ts'
import type { ObjectFile, ObjectGlobal, ObjectMap } from './object.ts'
import { badType } from './resolve.ts'
import { statedRecordId } from './ring-record.ts'
import type { Part, RecordShape, Shape } from './shape.ts'

/**
 * The same for objects with the same programs, maps and globals, whatever their code; 32 hexadecimal digits.
 *
 * @throws {EbpfError} `ERR_EBPF_BTF` where names are repeated so often that no file could list them.
 */
export function fingerprintOf(file: Omit<ObjectFile, 'fingerprint'>): string {
  const describe = new Description(file.btf)
  const text = JSON.stringify([
    file.btf?.littleEndian,
    file.programs.map(({ name, section }) => [describe.text(name), describe.text(section)]),
    file.maps.map((map) => describe.map(map)),
    file.globals.map((global) => describe.global(global)),
  ])
  // Loading it takes longer than the rest of this folder does, and not everybody asks for fingerprints.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

type Json = string | number | boolean | undefined | readonly Json[]

/** Describes types, each struct and each enum once: they may refer to one another in any number. */
class Description {
  readonly #btf: BtfTypes | undefined
  readonly #seen = new Map<number, number>()
  #letters = 0

  constructor(btf: BtfTypes | undefined) {
    this.#btf = btf
  }

  /** A name, counted: a small file can repeat a long one millions of times. */
  text(name: string): string {
    this.#letters += name.length
    if (this.#letters > maxNameBytes)
      throw badType(`The names of the object have more than ${maxNameBytes} letters in all`)
    return name
  }

  map(map: ObjectMap): Json {
    const { kind, mapType, keySize, valueSize } = map
    const name = this.text(map.name)
    const own = kind === 'data' ? [name, kind] : [name, kind, mapType, keySize, valueSize]
    // The globals describe what is in a data section.
    const types = kind === 'data' ? [] : [this.type(map.keyTypeId), this.type(map.valueTypeId)]
    return [...own, ...types, map.inner === undefined ? false : this.map(map.inner)]
  }

  global({ name, section, size, typeId }: ObjectGlobal): Json {
    // A pointer that states the type of records stands for that type.
    const record = this.#btf === undefined ? undefined : statedRecordId(this.#btf, name, typeId)
    return [this.text(name), this.text(section), size, this.type(record ?? typeId)]
  }

  type(id: number | undefined): Json {
    if (id === undefined || this.#btf === undefined) return undefined
    const shape = this.#btf.shapeIfAny(id)
    if (shape !== undefined) return this.#shape(shape)
    // Such a type is bytes to us; but comments name it, where it has a name.
    this.text(this.#btf.nameIfAny(id) ?? '')
    return 'none'
  }

  #shape(shape: Shape): Json {
    const own = [shape.kind, shape.size, this.text(shape.typeName)]
    switch (shape.kind) {
      case 'number':
        return [...own, shape.format, shape.littleEndian, this.#enum(shape.enumId)]
      case 'bigint':
        return [...own, shape.signed, shape.littleEndian, this.#enum(shape.enumId)]
      case 'bits':
        return [...own, shape.shift, shape.width, shape.signed, shape.result, this.#enum(shape.enumId)]
      case 'array':
        return [...own, shape.length, this.#shape(shape.element)]
      case 'record':
        return [...own, this.text(shape.name), this.#record(shape)]
      case 'boolean':
      case 'string':
      case 'bytes':
        return own
      default:
        return shape satisfies never
    }
  }

  #record({ typeId, union, parts }: RecordShape): Json {
    return this.#once(typeId, () => [union, ...parts.map((part) => this.#part(part))])
  }

  #part(part: Part): Json {
    if (part.kind === 'field') return [this.text(part.name), part.offset, this.#shape(part.shape)]
    return [part.union, ...part.parts.map((inner) => this.#part(inner))]
  }

  #enum(id: number | undefined): Json {
    const type = id === undefined ? undefined : this.#btf?.type(id)
    if (id === undefined || (type?.kind !== 'enum' && type?.kind !== 'enum64')) return false
    const constants = (): Json[] => type.constants.map(({ name, value }) => [this.text(name), `${value}`])
    return this.#once(id, () => [this.text(type.name), ...constants()])
  }

  #once(id: number, describe: () => Json): Json {
    const number = this.#seen.get(id)
    if (number !== undefined) return number
    this.#seen.set(id, this.#seen.size)
    return describe()
  }
}
