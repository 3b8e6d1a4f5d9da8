// Lays out structs, unions and data sections: offsets, bit-fields, and anonymous members flattened as in C.

import type { Layouts } from './layout.ts'
import { maxMembers } from './limits.ts'
import { badType, isZeroLength, nameOf, resolve } from './resolve.ts'
import { isUnit } from './rust-wrappers.ts'
import { namesOf, type BitsShape, type Field, type Part, type RecordShape } from './shape.ts'
import type { DataSectionType, EnumType, IntType, Member, StructType } from './types.ts'

/** The shape of a struct, union or data section. */
export function recordOf(layouts: Layouts, id: number, type: StructType | DataSectionType): RecordShape {
  const record: Draft = { layouts, id, typeName: nameOf(layouts.source, id), names: new Set(), seen: 0 }
  const parts = type.kind === 'datasec' ? variables(record, type) : members(record, type, 0)
  let [values, depth] = [1, 1]
  for (const { shape } of fieldsOf(parts)) {
    values += shape.values
    depth = Math.max(depth, shape.depth + 1)
  }
  const { size, name } = type
  const common = { typeId: id, name, typeName: record.typeName, size, values, depth }
  return { kind: 'record', union: type.kind === 'union', parts, names: [...record.names], ...common }
}

/** A record while it is being laid out. */
interface Draft {
  readonly layouts: Layouts
  readonly id: number
  readonly typeName: string
  readonly names: Set<string>
  /** How many members have been looked at. */
  seen: number
}

function variables(record: Draft, type: DataSectionType): Part[] {
  const { layouts } = record
  return type.variables.flatMap(({ type: id, offset }) => {
    const { type: variable } = resolve(layouts.source, id)
    if (isZeroLength(layouts.source, id)) return []
    const name = addName(record, variable.name)
    const shape = layouts.shapeOf(id)
    if (offset + shape.size > type.size) throw bad(record, name, 'lies outside of the section')
    return [{ kind: 'field', name, offset, shape }]
  })
}

/** The members of a struct that begins `base` bits into the record. */
function members(record: Draft, type: StructType, base: number): Part[] {
  return type.members.flatMap((member) => {
    record.layouts.countMember()
    if (++record.seen > maxMembers) throw badType(`${record.typeName} has more than ${maxMembers} members`)
    const part = member.name === '' ? anonymous(record, member, base) : field(record, member, base)
    if (part === undefined) return []
    if (member.bitOffset + member.bits > type.size * 8 || lastByte(part) > base / 8 + type.size)
      throw bad(record, member.name, 'lies outside of it')
    return [part]
  })
}

/** An anonymous struct or union; anything else without a name is padding. */
function anonymous(record: Draft, member: Member, base: number): Part | undefined {
  const { layouts } = record
  const { id, type } = resolve(layouts.source, member.type)
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined
  const offset = base + member.bitOffset
  if (offset % 8 !== 0) throw bad(record, '', 'does not begin at a byte')
  const parts = layouts.within(id, () => members(record, type, offset))
  if (parts.length === 0) return undefined
  return { kind: 'group', union: type.kind === 'union', parts, names: parts.flatMap(namesOf) }
}

function field(record: Draft, member: Member, base: number): Field | undefined {
  const { layouts } = record
  if (isZeroLength(layouts.source, member.type) || isUnit(layouts.source, member.type)) return undefined
  const name = addName(record, member.name)
  const offset = base + member.bitOffset
  const { id, type } = resolve(layouts.source, member.type)
  if (type.kind === 'int' || type.kind === 'enum' || type.kind === 'enum64') {
    const width = member.bits || (type.kind === 'int' ? type.bits : type.size * 8)
    const start = offset + (type.kind === 'int' ? type.bitOffset : 0)
    if (width !== type.size * 8 || start % 8 !== 0)
      return bitField(record, { name, id, type, start, width }, member.type)
  } else if (member.bits !== 0) throw bad(record, name, 'is a bit-field, but its type is no integer')
  if (offset % 8 !== 0) throw bad(record, name, 'does not begin at a byte')
  return { kind: 'field', name, offset: offset / 8, shape: layouts.shapeOf(member.type) }
}

interface BitField {
  readonly name: string
  readonly id: number
  readonly type: IntType | EnumType
  readonly start: number
  readonly width: number
}

function bitField(record: Draft, { name, id, type, start, width }: BitField, typeId: number): Field {
  if (width > Math.min(64, type.size * 8)) throw bad(record, name, `is a bit-field of ${width} bits`)
  const { source } = record.layouts
  const shift = start % 8
  const isBool = type.kind === 'int' && type.bool && width === 1
  const shape: BitsShape = {
    kind: 'bits',
    size: Math.ceil((shift + width) / 8),
    typeName: `${nameOf(source, typeId)}:${width}`,
    values: 1,
    depth: 1,
    shift,
    width,
    signed: type.signed,
    littleEndian: source.littleEndian,
    result: isBool ? 'boolean' : width > 53 ? 'bigint' : 'number',
    ...(type.kind === 'int' ? {} : { enumId: id }),
  }
  return { kind: 'field', name, offset: (start - shift) / 8, shape }
}

function addName(record: Draft, name: string): string {
  if (record.names.has(name)) throw badType(`${record.typeName} has two members called ${JSON.stringify(name)}`)
  record.names.add(name)
  return name
}

function fieldsOf(parts: readonly Part[]): Field[] {
  return parts.flatMap((part) => (part.kind === 'field' ? [part] : fieldsOf(part.parts)))
}

/** Where the last field ends, in bytes; anonymous members have been checked against themselves. */
function lastByte(part: Part): number {
  return part.kind === 'field' ? part.offset + part.shape.size : Math.max(...part.parts.map(lastByte))
}

function bad(record: Draft, name: string, problem: string): Error {
  return badType(`${record.typeName} (type ${record.id}): the member ${JSON.stringify(name)} ${problem}`)
}
