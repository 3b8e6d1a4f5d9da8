// The tables and lists of a document, for tests that try what they say.
import { read } from '../helpers/sources.ts'

/** A row of a table: its cells by the titles of their columns, as they are written. */
export type Row = Readonly<Record<string, string>>

/** The rows of the first table below a heading, whatever its level. */
export function tableBelow(document: string, heading: string): readonly Row[] {
  const [, text = ''] = read(document).split(new RegExp(`^#+ ${heading}\\n`, 'm'))
  const [table = ''] = /^\|.*\|\n(?:\|.*\|\n)+/m.exec(text) ?? []
  const [titles = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf)
  return rows.map((row) => Object.fromEntries(titles.map((title, index) => [title, row[index] ?? ''])))
}

/** What is in backticks in a cell. */
export function codeIn(cell = ''): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** A cell without backticks. */
export function plain(cell = ''): string {
  return cell.replaceAll('`', '')
}

/** The items of all lists above a heading, without backticks. */
export function itemsAbove(document: string, heading: string): readonly string[] {
  const [text = ''] = read(document).split(new RegExp(`^#+ ${heading}\\n`, 'm'))
  return [...text.matchAll(/^- (.*)$/gm)].map(([, item = '']) => plain(item))
}

function cellsOf(line: string): readonly string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())
}
