// Types as C has them. What names something takes a flavour with it, so that one file can have several versions.
import { happens, oneOf, type Random } from './random.ts'
import { enums, type Composite, type Field, type Type } from './types.ts'

/** A definition, `struct root___old { … };`; with a name, that of a typedef of a struct which has no other name. */
export function definition(struct: Composite, flavour: string, alias = ''): string {
  const type = alias === '' ? struct : unnamed(struct)
  const text = `${declaration({ name: alias, qualifier: '', type }, flavour).trim()};\n`
  // Members that point to the root know it as a struct.
  const pointing = text.replaceAll(/\bstruct (root\w* \*)/g, `${struct.kind} $1`)
  return alias === '' ? pointing : `typedef ${pointing}`
}

/** What a definition needs before it: enumerations, and what pointers point to. Of a target not all of it need be there. */
export function surroundings(definitions: string, flavour: string, isTarget: boolean, random: Random): string {
  const often = isTarget ? 1 : 0
  const text = enums
    .filter((name) => definitions.includes(`enum ${name}${flavour} `) || !happens(random, 0.3 * often))
    .map((name) => enumeration(name, flavour, 0.2 * often, random))
  for (const name of ['struct ext_a', 'union ext_b']) {
    text.push(`${name}${flavour}${happens(random, 0.4) ? ' { int q; }' : ''};\n`)
  }
  if (happens(random, 0.5)) text.push(`enum e_three${flavour} { E_LAST${flavour} = 1 };\n`)
  return text.join('')
}

/** The values that the enumerations of every case have in its object. */
export const enumerators: Readonly<Record<(typeof enums)[number], readonly string[]>> = {
  e_one: ['E_A', 'E_B', 'E_C'],
  e_two: ['E_D', 'E_E', 'E_Ex'],
}

function enumeration(name: (typeof enums)[number], flavour: string, lacks: number, random: Random): string {
  const isWide = name === 'e_two' && happens(random, 0.4)
  const values = enumerators[name]
    .filter(() => !happens(random, lacks))
    .map((one) => `${one}${flavour} = ${value(isWide, random)}`)
  if (values.length === 0) values.push(`E_other_${name}${flavour} = 1`)
  return `enum ${name}${flavour} { ${values.join(', ')} };\n`
}

/** A wide one makes the whole enumeration one of 64 bits. */
function value(isWide: boolean, random: Random): string {
  if (isWide && random(2) === 0) return oneOf(['0x123456789abLL', '-5000000000LL', '0xffffffffffffffffULL'], random)
  return String(random(2) === 0 ? random(50) : oneOf([0, 1, 2, 100, -1, 0x7fffffff], random))
}

/** Without the names of what is in it, which can be defined only once. */
function unnamed(struct: Composite): Composite {
  const strip = (type: Type): Type => {
    if (type.kind === 'array') return { ...type, of: strip(type.of) }
    return type.kind === 'struct' || type.kind === 'union' ? unnamed(type) : type
  }
  return { ...struct, name: '', fields: struct.fields.map((field) => ({ ...field, type: strip(field.type) })) }
}

function declaration({ name, qualifier, type }: Field, flavour: string): string {
  return [qualifier, declarator(name, type, flavour)].filter(Boolean).join(' ')
}

function members({ fields }: Composite, flavour: string): string {
  return fields.map((field) => `\t${declaration(field, flavour)};\n`).join('')
}

function declarator(name: string, type: Type, flavour: string): string {
  switch (type.kind) {
    case 'struct':
    case 'union':
      return `${type.kind} ${type.name === '' ? '' : `${type.name}${flavour} `}{\n${members(type, flavour)}} ${name}`
    case 'array':
      return declarator(`${name}[${type.length ?? ''}]`, type.of, flavour)
    case 'bits':
      return `${flavoured(type.word, flavour)} ${name} : ${type.width}`
    case 'pointer':
      return `${flavoured(type.word, flavour)} *${name}`
    case 'pointer to array':
      return `${flavoured(type.word, flavour)} (*${name})[${type.length}]`
    case 'function': {
      const word = flavoured(type.word, flavour)
      return `${word} (*${name})(int, ${word})`
    }
    case 'number':
    case 'float':
    case 'enum':
      return `${flavoured(type.word, flavour)} ${name}`
    default:
      return type satisfies never
  }
}

/** `struct ext_a *` → `struct ext_a___old *`; numbers have no flavours. */
function flavoured(word: string, flavour: string): string {
  return word.replace(/^((?:struct|union|enum) \w+)/, `$1${flavour}`)
}
