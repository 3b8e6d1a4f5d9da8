// The report on the terminal: who takes part, one block a row, the targets at the end.

import { effort, fullTitle, machineWords, number, reachedWords, times, titles, wantedWords } from './format.ts'
import type { ContenderResult, Results, RowResult } from './results.ts'
import type { Row } from './row.ts'
import { rows } from './rows.ts'
import { ratio, summarize } from './statistics.ts'
import { judge } from './verdicts.ts'

/** What is printed before the first row: the machine, the contenders with their versions. */
export function heading({ machine, started, contenders }: Pick<Results, 'machine' | 'started' | 'contenders'>): string {
  const lines = contenders.map((contender) => {
    const { missing } = contender
    return missing === undefined ? `  ${fullTitle(contender)}` : `  ${contender.title}: skipped, ${missing}`
  })
  return [machineWords({ machine, started }), '', ...lines].join('\n')
}

/** A row: each contender's median, quartiles and ratio to the first one that was measured. */
export function rowReport(result: RowResult, contenders: readonly ContenderResult[]): string {
  const row = rowOf(result)
  const title = titles({ contenders })
  const base = result.series.find(({ samples }) => samples.length > 0)
  const cells = result.series.map(({ contender, samples, missing }) => {
    if (samples.length === 0) return [title(contender), '–', missing ?? '', '']
    const { median, lower, upper } = summarize(samples)
    const relative = base === undefined ? NaN : ratio(samples, base.samples).median
    return [
      title(contender),
      number(median),
      `${number(lower)}–${number(upper)}`,
      Number.isFinite(relative) ? times(relative) : '',
    ]
  })
  const rounds = base?.samples.length ?? 0
  const unit = row.unit === '' ? '' : `${row.unit}; `
  return [`${row.title} (${unit}${effort(row, rounds)})`, ...table(cells)].join('\n')
}

/** The targets of contenders that were asked for, and whether they were met. */
export function verdictReport({ rows: results, contenders }: Pick<Results, 'rows' | 'contenders'>): string {
  const title = titles({ contenders })
  const isKnown = (name: string | undefined): boolean =>
    name === undefined || contenders.some((contender) => contender.name === name)
  const verdicts = results
    .flatMap((result) => judge(rowOf(result), result))
    .filter(({ target }) => isKnown(target.contender) && isKnown(target.than))
  const cells = verdicts.map((verdict) => [
    verdict.row.name,
    title(verdict.target.contender),
    wantedWords(verdict, title),
    reachedWords(verdict),
  ])
  return ['Targets', ...table(cells)].join('\n')
}

/** The description of a measured row. */
export function rowOf({ name }: Pick<RowResult, 'name'>): Row {
  const row = rows.find((candidate) => candidate.name === name)
  if (row === undefined) throw new RangeError(`no row ${name}`)
  return row
}

/** Lines of cells below each other; cells that are numbers stand on the right. */
function table(cells: readonly (readonly string[])[]): string[] {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
  return cells.map((line) => {
    const padded = line.map((cell, column) => {
      const width = widths[column] ?? 0
      return /^[\d,.–]+×?$/.test(cell) ? cell.padStart(width) : cell.padEnd(width)
    })
    return `  ${padded.join('  ')}`.trimEnd()
  })
}
