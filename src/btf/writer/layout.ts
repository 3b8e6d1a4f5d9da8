// How generated files are laid out: as prettier does it, without semicolons, in 120 columns.

import { commented } from './names.ts'

/** A type as it is written: `HashMap<FlowKey, Flow>`. */
export interface TypeText {
  readonly name: string
  /** What stands in angle brackets. */
  readonly parameters?: readonly TypeText[]
}

/** A property of an interface. */
export interface PropertyText {
  /** Quoted where it has to be. */
  readonly name: string
  readonly type: TypeText
  readonly comment: string
  readonly readonly?: boolean
  /** It may be absent, or as good as that: `{ ...read, v6: undefined }` can be written back. */
  readonly optional?: boolean
}

const maxWidth = 120

/** A comment for whoever hovers over the name. */
export function docComment(text: string, indent: string): string {
  return `${indent}/** ${commented(text)} */\n`
}

/** `type` at column `column` of a line that is indented so. */
function typeText(type: TypeText, column: number, indent: string): string {
  const flat = flatText(type)
  const { name, parameters = [] } = type
  if (column + flat.length <= maxWidth || isAtom(parameters)) return flat
  const inner = `${indent}  `
  const lines = parameters.map((parameter) => inner + typeText(parameter, inner.length, inner))
  return `${name}<\n${lines.join(',\n')}\n${indent}>`
}

/** Properties, one a line, each with its comment. */
export function propertyLines(properties: readonly PropertyText[], indent: string): string {
  return properties
    .map((property) => {
      const start = `${indent}${property.readonly ? 'readonly ' : ''}${property.name}${property.optional ? '?' : ''}:`
      const written = property.optional
        ? union([flatText(property.type), 'undefined'], start.length, indent)
        : ` ${typeText(property.type, start.length + 1, indent)}`
      return `${docComment(property.comment, indent)}${start}${written}\n`
    })
    .join('')
}

/** `{ … }` with properties, which nothing breaks where there are none. */
export function typeLiteral(properties: readonly PropertyText[], indent: string): string {
  return properties.length === 0 ? '{}' : `{\n${propertyLines(properties, `${indent}  `)}${indent}}`
}

/** Names in braces between two texts, on one line if they fit. */
export function nameList(before: string, names: readonly string[], after: string): string {
  const flat = `${before}{ ${names.join(', ')} }${after}`
  if (flat.length <= maxWidth) return `${flat}\n`
  return `${before}{\n${names.map((name) => `  ${name},\n`).join('')}}${after}\n`
}

/** The alternatives of a type alias, behind `=`. */
export function alternatives(before: string, types: readonly string[]): string {
  return `${before}${union(types, before.length, '')}\n`
}

/** A constant that is an object, whose lines are given, on the line of its name if that fits. */
export function objectConstant(before: string, lines: readonly string[]): string {
  const [start, indent] = before.length + 2 <= maxWidth ? [`${before} `, ''] : [`${before}\n  `, '  ']
  return `${start}{\n${lines.map((line) => `${indent}  ${line}\n`).join('')}${indent}}\n`
}

/** Alternatives at column `column`: there if they fit, else on the next line, else on a line each. */
function union(types: readonly string[], column: number, indent: string): string {
  const flat = types.join(' | ')
  if (column + 1 + flat.length <= maxWidth) return ` ${flat}`
  const start = `\n${indent}  `
  return start.length - 1 + flat.length <= maxWidth ? start + flat : types.map((type) => `${start}| ${type}`).join('')
}

function flatText({ name, parameters = [] }: TypeText): string {
  return parameters.length === 0 ? name : `${name}<${parameters.map(flatText).join(', ')}>`
}

/** What prettier leaves on one line, however long: nothing, or one plain name. */
function isAtom(parameters: readonly TypeText[]): boolean {
  const [first, second] = parameters
  if (first === undefined) return true
  return second === undefined && first.parameters === undefined && !first.name.endsWith(']')
}
