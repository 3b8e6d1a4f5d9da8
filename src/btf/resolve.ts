// What ids of types lead to: through typedefs and qualifiers, to sizes and names.

import { EbpfError } from '../errors.ts'
import { maxDepth, maxSize } from './limits.ts'
import type { BtfType, ModifierType, VoidType } from './types.ts'

/** Where types come from. */
export interface TypeSource {
  /** How many types there are, `void` not counted: ids go from 1 to this. */
  readonly count: number
  /** The byte order of the machine that the types describe. */
  readonly littleEndian: boolean
  /** The type of an id from 1 to `count`. */
  type(id: number): BtfType
  /** Its kind, without reading the rest. */
  kind(id: number): BtfType['kind']
  /** What typedefs, qualifiers and tags have led to: they are asked for again and again. */
  readonly resolved: Map<number, Resolved>
}

/** What is behind typedefs, qualifiers and tags. */
export interface Resolved {
  readonly id: number
  readonly type: BtfType
  /** The names of the typedefs on the way, the outermost first. */
  readonly typedefs: readonly string[]
}

/** A pointer on every machine that an eBPF object is for. */
export const pointerSize = 8

const nothing: VoidType = { kind: 'void', name: '' }

/** The type of this id; 0 is `void`. @throws {EbpfError} `ERR_EBPF_BTF` where there is none. */
export function typeOf(source: TypeSource, id: number): BtfType {
  if (id === 0) return nothing
  if (!Number.isInteger(id) || id < 0 || id > source.count) {
    throw badType(`There is no type ${id}: the BTF has ${source.count} types`)
  }
  return source.type(id)
}

/** Goes through typedefs, qualifiers and tags. */
export function resolve(source: TypeSource, start: number): Resolved {
  const known = source.resolved.get(start)
  if (known !== undefined) return known
  const typedefs: string[] = []
  let id = start
  for (let depth = 0; depth <= maxDepth; depth++) {
    const type = typeOf(source, id)
    if (!isModifier(type)) {
      const resolved = { id, type, typedefs }
      if (depth > 0) source.resolved.set(start, resolved)
      return resolved
    }
    if (type.kind === 'typedef') typedefs.push(type.name)
    id = type.type
  }
  throw badType(`Type ${start} is a typedef or qualifier of another, more than ${maxDepth} deep`)
}

/** The size of a type in memory, in bytes. @throws {EbpfError} `ERR_EBPF_BTF` where it has none. */
export function sizeOf(source: TypeSource, start: number): number {
  let id = start
  let count = 1
  for (let depth = 0; depth <= maxDepth; depth++) {
    const { type } = resolve(source, id)
    if (type.kind === 'array' || type.kind === 'var') {
      if (type.kind === 'array') count *= type.length
      id = type.type
      continue
    }
    const size = count * ownSize(source, id, type)
    if (!Number.isSafeInteger(size) || size > maxSize) throw badType(`Type ${start} has more than ${maxSize} bytes`)
    return size
  }
  throw badType(`Type ${start} is an array of arrays, more than ${maxDepth} deep`)
}

/** Whether this is an array that takes no room: a flexible one (`x[]`), or `x[0]`. It has no value. */
export function isZeroLength(source: TypeSource, start: number): boolean {
  let { type } = resolve(source, start)
  for (let depth = 0; depth <= maxDepth; depth++) {
    if (type.kind !== 'array' && type.kind !== 'var') return false
    if (type.kind === 'array' && type.length === 0) return true
    type = resolve(source, type.type).type
  }
  throw badType(`Type ${start} is an array of arrays, more than ${maxDepth} deep`)
}

/** A type as C writes it, more or less: `struct flow`, `__be16`, `char[16]`. */
export function nameOf(source: TypeSource, start: number): string {
  let id = start
  let suffix = ''
  for (let depth = 0; depth <= maxDepth; depth++) {
    const type = typeOf(source, id)
    if (type.kind === 'typedef') return type.name + suffix
    if (type.kind === 'array') suffix += `[${type.length}]`
    else if (type.kind === 'ptr') suffix = ` *${suffix.replace(/^ (?=\*)/, '')}`
    else if (!isModifier(type)) return ownName(type) + suffix
    id = type.type
  }
  return '…'
}

/** An error about types. */
export function badType(problem: string): EbpfError {
  return new EbpfError('ERR_EBPF_BTF', `${problem}.`)
}

function isModifier(type: BtfType): type is ModifierType {
  return ['typedef', 'volatile', 'const', 'restrict', 'type_tag'].includes(type.kind)
}

function ownSize(source: TypeSource, id: number, type: BtfType): number {
  if (type.kind === 'ptr') return pointerSize
  if ('size' in type) return type.size
  throw badType(`Type ${id}, ${nameOf(source, id)}, has no size: it is ${descriptions[type.kind] ?? type.kind}`)
}

const descriptions: Readonly<Partial<Record<BtfType['kind'], string>>> = {
  fwd: 'only declared here, not defined',
  func: 'a function',
  func_proto: 'a function',
  void: 'void',
}

function ownName(type: BtfType): string {
  switch (type.kind) {
    case 'void':
      return 'void'
    case 'struct':
    case 'union':
      return `${type.kind} ${type.name || '{…}'}`
    case 'fwd':
      return `${type.union ? 'union' : 'struct'} ${type.name}`
    case 'enum':
    case 'enum64':
      return `enum ${type.name || '{…}'}`
    case 'func_proto':
      return 'function'
    default:
      return type.name
  }
}
