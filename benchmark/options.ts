// The options of `npm run bench`.

import { parseArgs } from 'node:util'
import { contenders, type Contender } from './contenders.ts'
import { floodRows, pacedRows } from './ring-rows.ts'
import type { Row } from './row.ts'
import { peerRows, rows, startRows } from './rows.ts'

export interface Options {
  readonly help: boolean
  readonly quick: boolean
  readonly docs: boolean
  /** The rows to measure; those of a group are measured together. */
  readonly rows: readonly Row[]
  readonly contenders: readonly Contender[]
}

/** Rows that are measured together, and asked for by one name. */
export const groups: Readonly<Record<'require' | 'flood' | 'paced', readonly Row[]>> = {
  require: startRows,
  flood: floodRows,
  paced: pacedRows,
}

export const usage = `usage: npm run bench [-- <option> …]

  --quick        a sixth of the rounds, to see whether it works
  --only a,b     only these rows and contenders
  --docs         write the results into docs/benchmarks.md and docs/benchmarks.svg as well
  --help         this

rows:        ${peerRows.map(({ name }) => name).join(', ')}, ${Object.keys(groups).join(', ')}
contenders:  ${contenders.map(({ name }) => name).join(', ')}
`

/** @throws {Error} What is wrong with the arguments, in words. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      quick: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  })
  const names = values.only?.split(',').filter(Boolean) ?? []
  const asked = { rows: rowsNamed(names), contenders: contenders.filter(({ name }) => names.includes(name)) }
  const known = [...rows.map(({ name }) => name), ...contenders.map(({ name }) => name), ...Object.keys(groups)]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`there is no row or contender ${unknown}`)
  return {
    help: values.help,
    quick: values.quick,
    docs: values.docs,
    rows: asked.rows.length > 0 ? asked.rows : rows,
    contenders: asked.contenders.length > 0 ? asked.contenders : contenders,
  }
}

function rowsNamed(names: readonly string[]): readonly Row[] {
  const grouped = Object.entries(groups).flatMap(([group, members]) => (names.includes(group) ? members : []))
  return rows.filter((row) => names.includes(row.name) || grouped.includes(row))
}
