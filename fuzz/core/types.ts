// Types of C as the generator has them, and random ones: whatever can be a member of a struct.
import type { Random } from './random.ts'

/** What is no struct and no union. `word` is how C writes it. */
type Scalar =
  | { readonly kind: 'number'; readonly word: string }
  | { readonly kind: 'float'; readonly word: 'float' | 'double' }
  | { readonly kind: 'enum'; readonly word: string }
  | { readonly kind: 'pointer'; readonly word: string }
  | { readonly kind: 'pointer to array'; readonly word: string; readonly length: number }
  | { readonly kind: 'function'; readonly word: string }
  | { readonly kind: 'bits'; readonly word: string; readonly width: number }

export type Type =
  | Scalar
  /** Without a length, it is the last member, of as many elements as there are. */
  | { readonly kind: 'array'; readonly of: Type; readonly length?: number }
  | Composite

/** Without a name, it has none; as a member without a name, its members are those of what it is in. */
export interface Composite {
  readonly kind: 'struct' | 'union'
  readonly name: string
  readonly fields: readonly Field[]
}

export interface Field {
  readonly name: string
  readonly qualifier: '' | 'const' | 'volatile'
  readonly type: Type
}

/** The enumerations that every case has. */
export const enums = ['e_one', 'e_two'] as const

/** In bits. */
const numbers: Readonly<Record<string, number>> = {
  _Bool: 1,
  char: 8,
  'signed char': 8,
  'unsigned char': 8,
  short: 16,
  'unsigned short': 16,
  int: 32,
  'unsigned int': 32,
  long: 64,
  'unsigned long': 64,
  counter_t: 32,
}

/** What pointers point to: types that are declared only are among them, and the struct itself. */
const pointees = [
  'void',
  'struct ext_a',
  'union ext_b',
  'enum e_three',
  'int',
  'struct root',
  'enum e_one',
  'counter_t',
]

/** Flavours of names: what counts as one is a matter of underscores. None is that of a version, which all its names have. */
const flavours = ['___new', '___w', '____y', '__y', '_', '___a___b']

/** Gives names, none twice; some begin as another one does, or are another one with a flavour. */
export class Names {
  readonly #given = new Set<string>()
  #count = 0

  next(prefix: string, random: Random): string {
    const known = [...this.#given]
    const old = known[random(Math.max(known.length, 1))]
    const candidate =
      old === undefined || random(6) > 0
        ? `${prefix}${++this.#count}`
        : [`${old}x`, old.slice(0, -1), `${old}${flavours[random(flavours.length)]}`][random(3)]!
    if (this.#given.has(candidate) || !/^[a-z]\w+$/.test(candidate)) return this.next(prefix, random)
    this.#given.add(candidate)
    return candidate
  }
}

/** A struct or union with members of random types, as deep as that. */
export function randomComposite(name: string, depth: number, names: Names, random: Random): Composite {
  const kind = random(name === 'root' ? 8 : 4) === 0 ? 'union' : 'struct'
  const fields = randomFields(depth, names, random)
  const isOpen = kind === 'struct' && name === 'root' && random(8) === 0
  return { kind, name, fields: isOpen ? [...fields, openArray(names, random)] : fields }
}

/** So many bytes it has at most, or somewhat fewer: a bound, and not what a compiler gives. */
export function sizeBound(type: Type): number {
  if (type.kind === 'array') return sizeBound(type.of) * (type.length ?? 0)
  if (type.kind !== 'struct' && type.kind !== 'union') return 16
  return type.fields.reduce((sum, field) => sum + sizeBound(field.type), 0)
}

/** A type without members. */
export function randomScalar(random: Random): Scalar {
  const among = <T>(all: readonly T[]): T => all[random(all.length)]!
  switch (random(16)) {
    case 0:
      return { kind: 'float', word: among(['float', 'double'] as const) }
    case 1:
      return { kind: 'enum', word: `enum ${among(enums)}` }
    case 2:
      return { kind: 'function', word: among(['int', 'struct ext_a *', 'union ext_b *', 'long', 'enum e_two']) }
    case 3:
    case 4:
    case 5:
      return { kind: 'pointer', word: among(pointees) }
    case 6:
      return { kind: 'pointer to array', word: among(['int', 'long', 'struct root *']), length: among([1, 4, 7]) }
    case 7:
      return { kind: 'number', word: '__int128' }
    default:
      return { kind: 'number', word: among(Object.keys(numbers)) }
  }
}

export function randomBits(random: Random): Scalar {
  const word = [...Object.keys(numbers), 'enum e_one'][random(Object.keys(numbers).length + 1)]!
  return { kind: 'bits', word, width: 1 + random(numbers[word] ?? 32) }
}

function randomType(depth: number, names: Names, random: Random): Type {
  const dice = random(100)
  if (dice < 25 && depth > 0) {
    // One of four has no name, and is a member that has one.
    const name = random(4) === 0 ? '' : names.next('in_', random)
    return randomComposite(name, depth - 1, names, random)
  }
  if (dice < 45) {
    return {
      kind: 'array',
      of: randomType(Math.max(depth - 1, 0), names, random),
      length: [0, 1, 2, 3, 4, 8][random(6)]!,
    }
  }
  return randomScalar(random)
}

function randomFields(depth: number, names: Names, random: Random): Field[] {
  const fields: Field[] = []
  for (let left = 1 + random(5); left > 0; left--) {
    const dice = random(100)
    const qualifier = (['const', 'volatile'] as const)[random(10)] ?? ''
    if (dice < 18) {
      fields.push({ name: names.next('b', random), qualifier, type: randomBits(random) })
    } else if (dice < 28 && depth > 0) {
      fields.push({ name: '', qualifier: '', type: randomComposite('', depth - 1, names, random) })
    } else {
      fields.push({ name: names.next('f', random), qualifier, type: randomType(depth, names, random) })
    }
  }
  return fields
}

function openArray(names: Names, random: Random): Field {
  const of = random(2) === 0 ? randomScalar(random) : randomComposite(names.next('in_', random), 0, names, random)
  return { name: names.next('f', random), qualifier: '', type: { kind: 'array', of } }
}
