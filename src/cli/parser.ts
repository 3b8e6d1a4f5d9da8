// From words on the command line to what they ask for, by node:util's parseArgs and a command's own table.

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { nearest } from '../nearest.ts'
import { optionsOf, type Command, type Given, type Option } from './command.ts'
import { UsageError } from './usage-error.ts'

/** The table that is parsed by: a command, or what `ayajs` takes without one. */
type Grammar = Pick<Command, 'options' | 'operands'> & { readonly name?: string }

/** Checks and sorts the words behind a command. Asked for help, it does not insist on operands. */
export function parse(grammar: Grammar, words: readonly string[]): Given {
  const known = optionsOf(grammar)
  const options = Object.fromEntries(Object.entries(known).map(([name, option]) => [name, toNode(option)]))
  const { values, positionals } = strictly(grammar, { args: [...words], options, allowPositionals: true })
  const entries = Object.entries(values)
  const given: Given = {
    operands: positionals,
    values: Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    flags: new Set(entries.filter(([, value]) => value === true).map(([name]) => name)),
  }
  if (!given.flags.has('help')) checkOperands(grammar, positionals)
  return given
}

/** Of names that nobody knows: what was probably meant, else what there is. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return near === undefined ? `there is: ${known.join(', ')}` : `did you mean ${near}?`
}

function toNode({ short, value }: Option): { type: 'string' | 'boolean'; short?: string } {
  return { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) }
}

function strictly(grammar: Grammar, config: ParseArgsConfig): { values: object; positionals: string[] } {
  const repeated = repeatedOption(config)
  if (repeated !== undefined) throw new UsageError(`${repeated} is given twice`, grammar.name)
  try {
    return parseArgs({ ...config, strict: true })
  } catch (error) {
    throw new UsageError(complaint(error, config), grammar.name)
  }
}

/** parseArgs takes the last of several: silently, something that was asked for would not be done. */
function repeatedOption(config: ParseArgsConfig): string | undefined {
  const names = optionTokens(config).map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  return repeated === undefined || !Object.hasOwn(config.options ?? {}, repeated) ? undefined : `--${repeated}`
}

function complaint(error: unknown, config: ParseArgsConfig): string {
  if (!(error instanceof Error)) throw error
  const known = Object.keys(config.options ?? {})
  const unknown = optionTokens(config).find(({ name }) => !known.includes(name))
  if (unknown === undefined) return error.message.split(/[.\n]/, 1)[0] ?? error.message
  return `unknown option ${unknown.rawName}; ${didYouMean(
    unknown.rawName,
    known.map((name) => `--${name}`),
  )}`
}

function optionTokens(config: ParseArgsConfig): { name: string; rawName: string }[] {
  const { tokens } = parseArgs({ ...config, strict: false, tokens: true })
  return tokens.flatMap((token) => (token.kind === 'option' ? [token] : []))
}

function checkOperands({ name, operands }: Grammar, given: readonly string[]): void {
  const missing = operands[given.length]
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing: ${missing.means}`, name)
  const extra = given[operands.length]
  if (extra !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`, name)
  if (given.includes('')) throw new UsageError('an argument is empty', name)
}
