// Writes the types of an object as TypeScript: whole, or as the declarations that go with JavaScript.

import { alternatives, docComment, nameList, objectConstant, propertyLines, typeLiteral } from './layout.ts'
import type { Model } from './model.ts'
import { commented, quoted } from './names.ts'
import type { Declaration, EnumDeclaration } from './types.ts'

/** Erasable TypeScript: types, and a constant for each enum and for the object. */
export function typeScript(model: Model): string {
  const { name, fingerprint } = model
  const lines = [`fingerprint: ${quoted(fingerprint)},`]
  return join(model, enumWithValues, objectConstant(`export const ${name}: ObjectType<${name}> =`, lines))
}

/** A `.d.ts` for what {@link javaScript} writes. */
export function declarations(model: Model): string {
  return join(model, enumDeclared, `export declare const ${model.name}: ObjectType<${model.name}>\n`)
}

type WriteEnum = (declaration: EnumDeclaration) => string

function join(model: Model, writeEnum: WriteEnum, constant: string): string {
  return [
    `// ${commented(model.header)}\n`,
    nameList('import type ', model.imports, " from 'ayajs'"),
    ...model.declarations.map((declaration) => declared(declaration, writeEnum)),
    objectInterface(model),
    docComment(`Carries the types into a call: \`Ebpf.loadFile(path, { as: ${model.name} })\`.`, '') + constant,
  ].join('\n')
}

function declared(declaration: Declaration, writeEnum: WriteEnum): string {
  if (declaration.kind === 'enum') return writeEnum(declaration)
  const { name, comment, properties } = declaration
  const start = `${docComment(comment, '')}export interface ${name} `
  return properties.length === 0 ? `${start}{}\n` : `${start}{\n${propertyLines(properties, '  ')}}\n`
}

/** Frozen by a call of its own: the type of `as const` is what `isolatedDeclarations` can see. */
function enumWithValues({ name, comment, constants, result }: EnumDeclaration): string {
  const lines = constants.map((constant) => `  ${constant.name}: ${constant.value},\n`).join('')
  const value = `export const ${name} = {\n${lines}} as const\nObject.freeze(${name})\n`
  return `${docComment(comment, '')}${value}${enumType(name, result)}`
}

function enumDeclared({ name, comment, constants, result }: EnumDeclaration): string {
  const lines = constants.map((constant) => `  readonly ${constant.name}: ${constant.value}\n`).join('')
  return `${docComment(comment, '')}export declare const ${name}: {\n${lines}}\n${enumType(name, result)}`
}

/** C lets an enum have values without a name; `& {}` keeps the ones with a name in sight of editors. */
function enumType(name: string, result: 'number' | 'bigint'): string {
  return alternatives(`export type ${name} =`, [`(typeof ${name})[keyof typeof ${name}]`, `(${result} & {})`])
}

function objectInterface({ name, programs, maps, globals }: Model): string {
  const parts = Object.entries({ programs, maps, globals })
  const lines = parts.map(([part, properties]) => `  ${part}: ${typeLiteral(properties, '  ')}\n`)
  return `/** The programs, maps and global variables of the object. */\nexport interface ${name} {\n${lines.join('')}}\n`
}
