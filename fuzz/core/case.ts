// A case: an object whose programs ask everything about some structs, and the types that a kernel could have instead.
import { definition, enumerators, surroundings } from './c-text.ts'
import { mutated } from './mutation.ts'
import { aboutFields, aboutTypes, aboutValue, namedWithin, type Question } from './questions.ts'
import { happens, oneOf, randomOf, type Random } from './random.ts'
import { objectSource, targetSource, type Version } from './sources.ts'
import { enums, Names, randomComposite, sizeBound, type Composite } from './types.ts'

export interface Case {
  readonly seed: number
  /** The instruction set: what `-mcpu` takes. */
  readonly cpu: string
  /** The programs of the object; each is named after its place in this list. */
  readonly questions: readonly Question[]
  /** The source of the object, which lacks the questions that may make the compiler fail if it must. */
  readonly object: (withAll: boolean) => string
  /** The source of an object that has the types of the kernel. */
  readonly target: string
}

/** The case of a seed, the same one each time. */
export function makeCase(seed: number): Case {
  const random = randomOf(seed)
  const names = new Names()
  const struct = randomRoot(names, random)
  // How much differs between versions of the struct.
  const often = oneOf([0, 0.1, 0.25, 0.5], random)
  const versions = localVersions(struct, often, names, random)
  const types = versions.map(({ flavour }) => surroundings('', flavour, false, random)).join('')
  const aliases = typedefs(versions[0], random)
  const questions = questionsAbout(versions, aliases, random)
  const inFunction = chooseFunction(questions, random)
  return {
    seed,
    cpu: oneOf(['v1', 'v2', 'v3'], random),
    questions,
    object: (withAll) => objectSource({ versions, types, aliases, questions, inFunction }, withAll),
    target: targetSource(struct, often, names, random),
  }
}

type Versions = readonly [Version, ...Version[]]

/**
 * Four of these are no larger than an instruction can say: clang 16 cuts the offset of a field that is further away, and
 * libbpf then refuses the program, wherever the field is in the kernel.
 */
const largest = 32767 / 4

function randomRoot(names: Names, random: Random): Composite {
  for (;;) {
    const struct = randomComposite('root', 2, names, random)
    if (struct.fields.length >= 3 && sizeBound(struct) < largest) return struct
  }
}

/** The struct as the object has it, under its own name or that of a flavour; sometimes in two versions. */
function localVersions(struct: Composite, often: number, names: Names, random: Random): Versions {
  // Some only look like a flavour: a kernel has no such struct.
  const flavours = random(6) > 0 ? ['', '', '___old'] : ['____x', '___', '__x']
  const first: Version = { struct, flavour: oneOf(flavours, random) }
  if (!happens(random, 0.3)) return [first]
  const second = mutated(struct, often, names, random)
  return sizeBound(second) < largest ? [first, { struct: second, flavour: '___v2' }] : [first]
}

/** Other names: of the struct, and of one like it that has no other name. */
function typedefs({ struct, flavour }: Version, random: Random): string {
  const qualifier = random(3) === 0 ? 'const ' : ''
  return `typedef ${qualifier}${struct.kind} root${flavour} root_t;\n${definition(struct, flavour, 'alias_t')}`
}

function questionsAbout(versions: Versions, aliases: string, random: Random): Question[] {
  const [{ struct, flavour }] = versions
  const fields = versions.flatMap((one) => {
    return aboutFields(`${one.struct.kind} root${one.flavour} *s`, one.struct, random)
  })
  const byAlias = aboutFields(oneOf(['root_t *s', 'alias_t *s'], random), struct, random).slice(0, 8)
  const isWritable = !aliases.startsWith('typedef const')
  const named = versions.flatMap((one) => [
    `${one.struct.kind} root${one.flavour}`,
    ...namedWithin(one.struct, one.flavour),
  ])
  const others = oneOf([[], ['counter_t'], enums.map((name) => `enum ${name}${flavour}`)], random)
  return [
    ...fields,
    ...byAlias.filter(({ about }) => isWritable || !about.endsWith('written')),
    ...aboutTypes(['root_t', 'alias_t', ...named], random),
    ...aboutTypes(others, random),
    ...enums.flatMap((name) => {
      return enumerators[name].flatMap((value) => aboutValue(`enum ${name}${flavour}`, `${value}${flavour}`))
    }),
  ]
}

/** A single one: a function whose relocation libbpf refuses, or answers otherwise for another one, is part of all programs. */
function chooseFunction(questions: readonly Question[], random: Random): Question | undefined {
  const safe = questions.filter(({ isSafe }) => isSafe)
  return safe[random(2 * safe.length)]
}
