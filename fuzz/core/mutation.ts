// Another version of a struct: members that came, went, moved, got other names and types, or were wrapped up.
import { happens, oneOf, shuffled, type Random } from './random.ts'
import { randomBits, randomScalar, type Composite, type Field, type Names, type Type } from './types.ts'

/** The same struct in another kernel. `often` is how much is different there, from 0 to 1. */
export function mutated(struct: Composite, often: number, names: Names, random: Random): Composite {
  const fields = struct.fields.flatMap((field) => versionsOf(field, often, names, random))
  const ordered = happens(random, often) ? closedLast(shuffled(fields, random)) : fields
  const padding: Field = { name: names.next('pad', random), qualifier: '', type: { kind: 'number', word: 'int' } }
  // An array without a length is not alone.
  const isThere = ordered.some(({ type }) => !isOpen(type))
  return { ...struct, kind: kindOf(struct, ordered, often, random), fields: isThere ? ordered : [padding, ...ordered] }
}

/** What becomes of a member: nothing, itself, with another before it. */
function versionsOf(field: Field, often: number, names: Names, random: Random): Field[] {
  if (happens(random, often / 2)) return []
  const added: Field[] =
    field.name !== '' && happens(random, often * 0.6)
      ? [{ name: names.next('x', random), qualifier: '', type: randomScalar(random) }]
      : []
  const name = field.name !== '' && happens(random, often * 0.3) ? names.next('f', random) : field.name
  const qualifier = happens(random, often / 4) ? oneOf(['', 'const', 'volatile'] as const, random) : field.qualifier
  const changed: Field = { name, qualifier, type: changedType(field, often, names, random) }
  if (isOpen(changed.type) || !happens(random, often / 4)) return [...added, changed]
  const kind = oneOf(['struct', 'union'] as const, random)
  return [...added, { name: '', qualifier: '', type: { kind, name: '', fields: [changed] } }]
}

function changedType({ name, type }: Field, often: number, names: Names, random: Random): Type {
  switch (type.kind) {
    case 'struct':
    case 'union':
      return mutated(type, often, names, random)
    case 'array': {
      const of = happens(random, often / 2)
        ? randomScalar(random)
        : changedType({ name, qualifier: '', type: type.of }, often / 2, names, random)
      const element = of.kind === 'bits' ? type.of : of
      if (type.length === undefined) return { ...type, of: element }
      return { ...type, of: element, length: happens(random, often) ? oneOf([0, 1, 2, 4, 16], random) : type.length }
    }
    default:
      if (!happens(random, often)) return type
      return happens(random, 0.6) ? randomScalar(random) : randomBits(random)
  }
}

/** A union has no array without a length. */
function kindOf({ kind }: Composite, fields: readonly Field[], often: number, random: Random): Composite['kind'] {
  if (!happens(random, often * 0.3) || fields.some(({ type }) => isOpen(type))) return kind
  return kind === 'struct' ? 'union' : 'struct'
}

function closedLast(fields: readonly Field[]): Field[] {
  return [...fields.filter(({ type }) => !isOpen(type)), ...fields.filter(({ type }) => isOpen(type))]
}

function isOpen(type: Type): boolean {
  return type.kind === 'array' && type.length === undefined
}
