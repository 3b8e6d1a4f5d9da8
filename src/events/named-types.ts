// Types of an object by their names in C, and where their members are.

import type { BtfTypes } from '../btf/btf-types.ts'
import { namesOf, type Field, type Part, type Shape } from '../btf/shape.ts'
import type { NamedType } from '../maps/types.ts'

/** The type of this name, which may be spelled as in C: `struct event`. For `MapTypes.named`. */
export function namedType(types: BtfTypes, name: string): NamedType | undefined {
  const id = idOf(types, name)
  if (id === undefined) return undefined
  return {
    get codec() {
      return types.codec(id)
    },
    member: (path) => memberOf(types.shapeOf(id), path.split('.')),
  }
}

function idOf(types: BtfTypes, name: string): number | undefined {
  const [, keyword, tag] = /^(struct|union|enum)\s+(.+)$/.exec(name) ?? []
  if (tag === undefined) return types.find(name, 'struct', 'union') ?? types.find(name, 'typedef')
  if (keyword === 'enum') return types.find(tag, 'enum', 'enum64')
  return types.find(tag, keyword === 'union' ? 'union' : 'struct')
}

function memberOf(shape: Shape, [name, ...rest]: readonly string[]): { offset: number; size: number } | undefined {
  if (shape.kind !== 'record' || name === undefined) return undefined
  const field = shape.parts.map((part) => fieldOf(part, name)).find((found) => found !== undefined)
  if (field === undefined) return undefined
  if (rest.length === 0) return { offset: field.offset, size: field.shape.size }
  const inner = memberOf(field.shape, rest)
  return inner === undefined ? undefined : { offset: field.offset + inner.offset, size: inner.size }
}

function fieldOf(part: Part, name: string): Field | undefined {
  if (part.kind === 'field') return part.name === name ? part : undefined
  if (!namesOf(part).includes(name)) return undefined
  return part.parts.map((inner) => fieldOf(inner, name)).find((found) => found !== undefined)
}
