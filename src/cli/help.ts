// Help: of one command, and of all.

import { optionsOf, type Command, type Io, type Operand, type Option } from './command.ts'
import { columns, heading } from './text.ts'

/** How a command is called: `ayajs types OBJECT [options]`. */
export function usageOf({ name, operands }: Pick<Command, 'name' | 'operands'>): string {
  return ['ayajs', name, ...operands.map((operand) => operand.name), '[options]'].join(' ')
}

/** As in `-o, --output FILE`. */
export function spelling(name: string, { short, value }: Option): string {
  const long = `--${name}${value === undefined ? '' : ` ${value}`}`
  return short === undefined ? `    ${long}` : `-${short}, ${long}`
}

/** The help of a command. */
export function commandHelp(command: Command, io: Io): string {
  const { description, operands, options, examples } = command
  const title = (text: string): string => heading(text, io.stdout, io)
  return [
    `${title('Usage:')} ${usageOf(command)}\n`,
    ...description.map((paragraph) => `${wrap(paragraph, maxWidth).join('\n')}\n`),
    `${title('Arguments:')}\n${columns(operands.map(({ name, means }: Operand) => [name, means]))}`,
    `${title('Options:')}\n${optionColumns(optionsOf({ options }))}`,
    `${title('Examples:')}\n${examples.map(({ command: line, means }) => `  ${line}\n      ${means}\n`).join('')}`,
  ].join('\n')
}

/** The help of `ayajs` itself. */
export function overview(commands: readonly Command[], options: Readonly<Record<string, Option>>, io: Io): string {
  const title = (text: string): string => heading(text, io.stdout, io)
  return [
    `${title('Usage:')} ayajs COMMAND [arguments] [options]\n`,
    `${title('Commands:')}\n${columns(commands.map(({ name, summary }) => [name, summary]))}`,
    `${title('Options:')}\n${optionColumns(options)}`,
    'More about a command: ayajs COMMAND --help\n',
  ].join('\n')
}

function optionColumns(options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(options).map(([name, option]): [string, string] => [spelling(name, option), option.means])
  const width = Math.max(...rows.map(([spelled]) => spelled.length))
  return columns(
    rows.flatMap(([spelled, means]) =>
      wrap(means, maxWidth - width - 4).map((line, index) => [index === 0 ? spelled : '', line]),
    ),
  )
}

const maxWidth = 90

/** The lines of a text, none longer than `width` unless a word is. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  // What stands in backticks is one word.
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
