// A case: an object whose programs ask everything about some structs, and the types that a kernel could have instead.
import { definition, enumerators, surroundings } from './c-text.ts'
import { mutated } from './mutation.ts'
import { aboutFields, aboutTypes, aboutValue, namedWithin, type Question } from './questions.ts'
import { happens, oneOf, randomOf, type Random } from './random.ts'
import { enums, Names, randomComposite, sizeBound, type Composite } from './types.ts'

export interface Case {
  readonly seed: number
  /** The programs of the object; each is named after its place in this list. */
  readonly questions: readonly Question[]
  /** The source of the object, which lacks the questions that may make the compiler fail if it must. */
  readonly object: (all: boolean) => string
  /** The source of an object that has the types of the kernel. */
  readonly target: string
}

/** A struct in one of its versions. */
interface Version {
  readonly struct: Composite
  readonly flavour: string
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
  const alias = aliases(versions[0]!, random)
  const questions = questionsAbout(versions, alias, random)
  const target = targetSource(struct, often, names, random)
  return { seed, questions, object: (all) => objectSource(types, versions, alias, questions, all), target }
}

/** The name of a program. */
export function programName(index: number): string {
  return `p${index}`
}

const prelude = 'typedef unsigned long long u64;\ntypedef unsigned int counter_t;\n'

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
function localVersions(struct: Composite, often: number, names: Names, random: Random): Version[] {
  const first: Version = { struct, flavour: oneOf(['', '', '', '___old', '____x', '___', '__x'], random) }
  if (!happens(random, 0.3)) return [first]
  const second = mutated(struct, often, names, random)
  return sizeBound(second) < largest ? [first, { struct: second, flavour: '___v2' }] : [first]
}

/** Other names of the struct: of itself, and of one like it that has no other name. */
function aliases({ struct, flavour }: Version, random: Random): string {
  const isConst = random(3) === 0 ? 'const ' : ''
  return `typedef ${isConst}${struct.kind} root${flavour} root_t;\n${definition(struct, flavour, 'alias_t')}`
}

function questionsAbout(versions: readonly Version[], alias: string, random: Random): Question[] {
  const [{ struct }] = versions as [Version]
  const isConst = alias.includes('const')
  const fields = versions.flatMap((one) => aboutFields(`${one.struct.kind} root${one.flavour} *s`, one.struct, random))
  // What is written by a const typedef does not compile.
  const byAlias = aboutFields(oneOf(['root_t *s', 'alias_t *s'], random), struct, random).slice(0, 8)
  const roots = versions.map((one) => `${one.struct.kind} root${one.flavour}`)
  const within = versions.flatMap((one) => namedWithin(one.struct, one.flavour))
  const values = enums.flatMap((name) =>
    enumerators[name].flatMap((value) => aboutValue(`enum ${name}${versions[0]!.flavour}`, `${value}${versions[0]!.flavour}`)),
  )
  return [
    ...fields,
    ...byAlias.filter(({ about }) => !isConst || !about.endsWith('written')),
    ...aboutTypes([...roots, 'root_t', 'alias_t', ...within], random),
    ...aboutTypes(oneOf([['int'], ['enum e_one', 'enum e_two'], ['counter_t']], random).map(flavouredEnum(versions[0]!)), random).filter(
      ({ about }) => !about.startsWith('int '),
    ),
    ...values,
  ]
}

function flavouredEnum({ flavour }: Version): (type: string) => string {
  return (type) => (type.startsWith('enum ') ? `${type}${flavour}` : type)
}

function objectSource(types: string, versions: readonly Version[], alias: string, questions: readonly Question[], all: boolean): string {
  const structs = versions.map(({ struct, flavour }) => definition(struct, flavour)).join('')
  const programs = questions.map(({ argument, statement, mayFail }, index) =>
    mayFail && !all ? '' : `SEC("socket") u64 ${programName(index)}(${argument}) { ${statement}; }\n`,
  )
  return [
    prelude,
    '#define SEC(name) __attribute__((section(name), used))\n',
    types,
    '#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)\n',
    structs,
    alias,
    '#pragma clang attribute pop\n',
    ...programs,
    'char _license[] SEC("license") = "GPL";\n',
  ].join('')
}

/** The struct in one or more versions; some kernels do not have it at all. */
function targetSource(struct: Composite, often: number, names: Names, random: Random): string {
  const flavours = oneOf([[''], [''], [''], [''], ['', '___alt'], ['', '___alt'], ['', '___alt', '___old'], ['___alt'], []], random)
  const text = [prelude]
  for (const [index, flavour] of flavours.entries()) {
    const version = mutated(struct, often, names, random)
    const defined = definition(version, flavour)
    text.push(surroundings(defined, flavour, happens(random, 0.7), random), defined)
    // A type that nothing refers to gets no BTF.
    text.push(`${version.kind} root${flavour} *v${index};\n`)
    for (const name of enums) text.push(`enum ${name}${flavour} *${name}_${index};\n`)
    if (happens(random, 0.5)) text.push(`typedef ${version.kind} root${flavour} ${['root_t', 'alias_t'][index] ?? 'late_t'}; ${['root_t', 'alias_t'][index] ?? 'late_t'} t${index};\n`)
  }
  text.push('counter_t counted;\n')
  return text.join('')
}
