// Reads one type of a blob of BTF, of any kind.

import type { EbpfError } from '../errors.ts'
import type { Bytes } from './bytes.ts'
import type { BtfType, EnumType, IntType, Member, SectionVariable } from './types.ts'

/** The two parts of BTF, and the names that have been read. */
export interface Blob {
  readonly types: Bytes
  readonly names: Bytes
  readonly known: Map<number, string>
}

type Kind = BtfType['kind']

/** By number in the format. */
const kinds: readonly Kind[] = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
]

/** What follows the 12 bytes that every type begins with: a fixed part, and entries. */
const extras: Readonly<Partial<Record<Kind, { readonly fixed?: number; readonly entry?: number }>>> = {
  int: { fixed: 4 },
  array: { fixed: 12 },
  struct: { entry: 12 },
  union: { entry: 12 },
  enum: { entry: 8 },
  func_proto: { entry: 8 },
  var: { fixed: 4 },
  datasec: { entry: 12 },
  decl_tag: { fixed: 4 },
  enum64: { entry: 12 },
}

const head = 12

/** The kind of the type at this offset. */
export function kindOf({ types }: Blob, at: number): Kind {
  const number = (types.u32(at + 4) >>> 24) & 0x7f
  const kind = kinds[number]
  if (kind === undefined || kind === 'void') throw types.error(at + 4, `the kind ${number} is unknown`)
  return kind
}

/** How many bytes the type at this offset takes in the blob. */
export function typeSize(blob: Blob, at: number): number {
  const { fixed = 0, entry = 0 } = extras[kindOf(blob, at)] ?? {}
  return head + fixed + entry * countOf(blob, at)
}

/** The type at this offset, of which {@link typeSize} bytes are known to be there. */
export function readType(blob: Blob, at: number): BtfType {
  const { types } = blob
  const kind = kindOf(blob, at)
  const name = nameAt(blob, at)
  const flag = types.u32(at + 4) >>> 31 === 1
  const word = types.u32(at + 8) // A size or a type, as the kind has it.
  switch (kind) {
    case 'int':
      return readInt(blob, at, name, word)
    case 'ptr':
      return { kind, name: '', type: word }
    case 'array':
      return { kind, name: '', type: types.u32(at + head), length: types.u32(at + head + 8) }
    case 'struct':
    case 'union':
      return { kind, name, size: word, members: entries(blob, at, 12, (entry) => readMember(blob, entry, flag)) }
    case 'enum':
    case 'enum64':
      return readEnum(blob, at, kind, name, flag)
    case 'fwd':
      return { kind, name, union: flag }
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
      return { kind, name: kind === 'typedef' || kind === 'type_tag' ? name : '', type: word }
    case 'func':
      return { kind, name, type: word, linkage: countOf(blob, at) }
    case 'func_proto':
      return { kind, name: '', type: word, parameters: entries(blob, at, 8, (entry) => named(blob, entry)) }
    case 'var':
      return { kind, name, type: word, linkage: types.u32(at + head) }
    case 'datasec':
      return { kind, name, size: word, variables: entries(blob, at, 12, (entry) => readVariable(blob, entry)) }
    case 'float':
      return { kind, name, size: word }
    case 'decl_tag':
      return { kind, name, type: word, component: types.i32(at + head) }
    case 'void':
      throw unexpected(blob, at, kind)
    default:
      throw unexpected(blob, at, kind satisfies never)
  }
}

function readInt(blob: Blob, at: number, name: string, size: number): IntType {
  const { types } = blob
  const data = types.u32(at + head)
  const bits = data & 0xff
  const bitOffset = (data >>> 16) & 0xff
  const encoding = (data >>> 24) & 15
  // Rust's `()`, which has no values.
  if (size === 0 && bits === 0) return { kind: 'int', name, size, signed: false, bool: false, bits, bitOffset }
  if (![1, 2, 4, 8, 16].includes(size)) throw types.error(at + 8, `an integer cannot have ${size} bytes`)
  if (bits === 0 || bitOffset + bits > size * 8) {
    throw types.error(at + head, `bits ${bitOffset} to ${bitOffset + bits} are not in an integer of ${size} bytes`)
  }
  return { kind: 'int', name, size, signed: (encoding & 1) !== 0, bool: (encoding & 4) !== 0, bits, bitOffset }
}

function readEnum(blob: Blob, at: number, kind: EnumType['kind'], name: string, signed: boolean): EnumType {
  const { types } = blob
  const size = types.u32(at + 8)
  if (![1, 2, 4, 8].includes(size)) throw types.error(at + 8, `an enum cannot have ${size} bytes`)
  const constants = entries(blob, at, kind === 'enum' ? 8 : 12, (entry) => {
    const low = BigInt(types.u32(entry + 4))
    const value = kind === 'enum' ? low : low | (BigInt(types.u32(entry + 8)) << 32n)
    const bits = kind === 'enum' ? 32 : 64
    return { name: nameAt(blob, entry), value: signed ? BigInt.asIntN(bits, value) : value }
  })
  return { kind, name, size, signed, constants }
}

function readMember(blob: Blob, entry: number, hasBits: boolean): Member {
  const offset = blob.types.u32(entry + 8)
  const bits = hasBits ? offset >>> 24 : 0
  return { ...named(blob, entry), bitOffset: hasBits ? offset & 0xffffff : offset, bits }
}

function readVariable({ types }: Blob, entry: number): SectionVariable {
  return { type: types.u32(entry), offset: types.u32(entry + 4), size: types.u32(entry + 8) }
}

function named(blob: Blob, entry: number): { name: string; type: number } {
  return { name: nameAt(blob, entry), type: blob.types.u32(entry + 4) }
}

function entries<T>(blob: Blob, at: number, size: number, read: (entry: number) => T): T[] {
  const first = at + head + (extras[kindOf(blob, at)]?.fixed ?? 0)
  return Array.from({ length: countOf(blob, at) }, (_, index) => read(first + index * size))
}

function countOf({ types }: Blob, at: number): number {
  return types.u32(at + 4) & 0xffffff
}

/** The name that the word at this offset refers to. */
function nameAt({ types, names, known }: Blob, at: number): string {
  const offset = types.u32(at)
  if (offset === 0) return ''
  let name = known.get(offset)
  if (name === undefined) known.set(offset, (name = names.text(offset)))
  return name
}

function unexpected({ types }: Blob, at: number, kind: string): EbpfError {
  return types.error(at, `the kind ${kind} cannot be here`)
}
