// The two files of C that make a case: the object that asks, and the types that answer.
import { definition, surroundings } from './c-text.ts'
import { mutated } from './mutation.ts'
import type { Question } from './questions.ts'
import { happens, oneOf, type Random } from './random.ts'
import { enums, type Composite, type Names } from './types.ts'

/** A struct in one of its versions. */
export interface Version {
  readonly struct: Composite
  readonly flavour: string
}

/** What an object consists of. */
export interface ObjectParts {
  readonly versions: readonly Version[]
  /** What the structs need before them. */
  readonly types: string
  /** Typedefs of them. */
  readonly aliases: string
  readonly questions: readonly Question[]
  /** The one that a function of the object asks, which the program calls. */
  readonly inFunction: Question | undefined
}

/** The name of a program. */
export function programName(index: number): string {
  return `p${index}`
}

/** The source of an object; without the questions over which the compiler may fail, if it must be. */
export function objectSource(parts: ObjectParts, withAll: boolean): string {
  const structs = parts.versions.map(({ struct, flavour }) => definition(struct, flavour))
  const programs = parts.questions.map((one, index) => {
    return one.mayFail && !withAll ? '' : program(one, index, one === parts.inFunction)
  })
  return [
    prelude,
    '#define SEC(name) __attribute__((section(name), used))\n',
    parts.types,
    '#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)\n',
    ...structs,
    parts.aliases,
    '#pragma clang attribute pop\n',
    ...programs,
    'char _license[] SEC("license") = "GPL";\n',
  ].join('')
}

/** The struct in one or more versions; some kernels do not have it at all. */
export function targetSource(struct: Composite, often: number, names: Names, random: Random): string {
  const flavours = oneOf(targetFlavours, random)
  const text = [prelude]
  for (const [index, flavour] of flavours.entries()) {
    const version = mutated(struct, often, names, random)
    const defined = definition(version, flavour)
    const root = `${version.kind} root${flavour}`
    text.push(surroundings(defined, flavour, happens(random, 0.7), random), defined)
    // A type that nothing refers to gets no BTF.
    text.push(`${root} *v${index};\n`)
    for (const name of enums) text.push(`enum ${name}${flavour} *${name}_${index};\n`)
    const alias = ['root_t', 'alias_t'][index]
    if (alias !== undefined && random(2) === 0) text.push(`typedef ${root} ${alias};\n${alias} t${index};\n`)
  }
  return [...text, 'counter_t counted;\n'].join('')
}

const prelude = 'typedef unsigned long long u64;\ntypedef unsigned int counter_t;\n'

const targetFlavours: readonly (readonly string[])[] = [
  ...Array.from({ length: 5 }, () => ['']),
  ['', '___alt'],
  ['', '___alt'],
  ['', '___alt', '___old'],
  ['___alt'],
  [],
]

function program({ argument, statement }: Question, index: number, isInFunction: boolean): string {
  const head = `SEC("socket") u64 ${programName(index)}(${argument})`
  const body = `{ ${statement}; }\n`
  if (!isInFunction) return `${head} ${body}`
  return `static __attribute__((noinline)) u64 asked(${argument}) ${body}${head} { return asked(s); }\n`
}
