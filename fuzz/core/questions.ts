// What programs ask about a struct: each question is an expression of C that makes the compiler leave a relocation behind.
import { happens, oneOf, shuffled, type Random } from './random.ts'
import type { Composite, Field, Type } from './types.ts'

/** One program. */
export interface Question {
  /** What the program has for an argument, as `struct root *s`. */
  readonly argument: string
  /** What it does with it; `return …` or a store. */
  readonly statement: string
  /** In words, for whoever looks at a difference. */
  readonly about: string
  /** Whether clang 16 may fail over it: it takes no bit-field that is wider than its struct is aligned for. */
  readonly mayFail: boolean
  /** Whether libbpf always has an answer, and does not refuse. */
  readonly isSafe: boolean
}

/** The numbers of `__builtin_preserve_field_info` (`enum bpf_field_info_kind`). */
const [signedness, leftShift, rightShift] = [3, 4, 5] as const
const infos = ['offset', 'size', 'exists', 'signed', 'left shift', 'right shift'] as const

/** So many fields of a struct are asked about. */
const mostFields = 10

/** Questions about fields of a struct, `argument` being a pointer to it. */
export function aboutFields(argument: string, struct: Composite, random: Random): Question[] {
  const places = shuffled(placesIn(struct, '', false, random), random).slice(0, mostFields)
  return places.flatMap((place) => {
    const root = random(12) === 0 ? `s[${1 + random(3)}].` : 's->'
    const mayFail = place.type.kind === 'bits'
    const ask = (statement: string, about: string): Question => ({
      argument,
      statement,
      about,
      mayFail,
      isSafe: false,
    })
    const path = `${root}${place.path}`
    const asked: Question[] = []
    for (const [kind, name] of infos.entries()) {
      if (!takesInfo(place.type, kind) || happens(random, 0.35)) continue
      asked.push(ask(`return __builtin_preserve_field_info(${path}, ${kind})`, `${name} of ${path}`))
    }
    if (isRead(place.type) && happens(random, 0.7)) asked.push(ask(`return (u64)${path}`, `${path}, read`))
    if (isWritten(place) && happens(random, 0.4)) asked.push(ask(`${path} = 1; return 0`, `${path}, written`))
    if (!mayFail && happens(random, 0.2)) asked.push(ask(`return (u64)&${path}`, `${path}, its address`))
    return asked
  })
}

/** Questions about types: whether they are there, how large they are, whether they match, and their numbers. */
export function aboutTypes(types: readonly string[], random: Random): Question[] {
  return shuffled(types, random)
    .slice(0, 4)
    .flatMap((type) => [
      ...['exists', 'size', 'matches'].map((name, kind) =>
        question(`__builtin_preserve_type_info(*(${type} *)0, ${kind})`, `${type} ${name}`),
      ),
      ...['local id', 'id'].map((name, kind) =>
        question(`__builtin_btf_type_id(*(${type} *)0, ${kind})`, `${name} of ${type}`),
      ),
    ])
}

/** Questions about a value of an enumeration. */
export function aboutValue(type: string, value: string): Question[] {
  return ['exists', 'value'].map((name, kind) =>
    question(`__builtin_preserve_enum_value(*(${type} *)${value}, ${kind})`, `${value} of ${type} ${name}`),
  )
}

/** The structs and unions with a name that are defined within one. */
export function namedWithin({ fields }: Composite, flavour: string): string[] {
  return fields.flatMap(({ type }) => {
    const inner = elementOf(type)
    if (inner.kind !== 'struct' && inner.kind !== 'union') return []
    return [...(inner.name === '' ? [] : [`${inner.kind} ${inner.name}${flavour}`]), ...namedWithin(inner, flavour)]
  })
}

interface Place {
  readonly path: string
  readonly type: Type
  readonly isConst: boolean
}

function question(expression: string, about: string): Question {
  const isSafe = about.endsWith('exists')
  return { argument: 'void *s', statement: `return ${expression}`, about, mayFail: false, isSafe }
}

/** All fields that can be named, with an element of each array. */
function placesIn({ fields }: Composite, before: string, isConst: boolean, random: Random): Place[] {
  return fields.flatMap(({ name, qualifier, type }: Field) => {
    if (name === '') return placesIn(type as Composite, before, isConst, random)
    return placesAt({ path: `${before}${name}`, type, isConst: isConst || qualifier === 'const' }, random)
  })
}

function placesAt(place: Place, random: Random): Place[] {
  const { path, type, isConst } = place
  if (type.kind === 'struct' || type.kind === 'union') return [place, ...placesIn(type, `${path}.`, isConst, random)]
  if (type.kind !== 'array') return [place]
  // Also one that is not there: a loader must look at it.
  const index = oneOf([0, 0, 1, 2, 3, 7], random)
  return [place, ...placesAt({ path: `${path}[${index}]`, type: type.of, isConst }, random)]
}

/** What clang 16 answers: the sign of what is a number, and shifts of what fits into a register. */
function takesInfo(type: Type, kind: number): boolean {
  const isNumber = ['number', 'float', 'enum', 'bits'].includes(type.kind)
  if (kind === signedness) return isNumber
  if (kind !== leftShift && kind !== rightShift) return true
  const isPointer = ['pointer', 'pointer to array', 'function'].includes(type.kind)
  return (isNumber && !isWider(type)) || isPointer
}

function isRead(type: Type): boolean {
  return !['struct', 'union', 'float'].includes(type.kind)
}

function isWritten({ type, isConst }: Place): boolean {
  return !isConst && ['number', 'enum', 'bits'].includes(type.kind)
}

function isWider(type: Type): boolean {
  return type.kind === 'number' && type.word === '__int128'
}

function elementOf(type: Type): Type {
  return type.kind === 'array' ? elementOf(type.of) : type
}
