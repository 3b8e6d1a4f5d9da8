// Writes the results into docs/benchmarks.md, between two markers, and tells what the tables hold.

import { effort, fullTitle, machineWords, number, reachedWords, titles, wantedWords } from './format.ts'
import { loadWarning } from './machine.ts'
import { rowOf } from './report.ts'
import { notMeasured, type ContenderResult, type Results, type Series } from './results.ts'
import { subjects, type Subject } from './row.ts'
import { summarize } from './statistics.ts'
import { judge } from './verdicts.ts'

const begin = '<!-- Between these markers: written by `npm run bench -- --docs`; do not edit. -->'
const end = '<!-- End of what is written by the benchmark. -->'

/** The text of the page with the results in the place of those before. */
export function withResults(page: string, results: Results): string {
  const [before, rest, more] = page.split(begin)
  const after = rest?.split(end)
  if (before === undefined || after?.length !== 2 || more !== undefined) {
    throw new Error(`docs/benchmarks.md needs each of these lines once: ${begin} and ${end}`)
  }
  return `${before}${begin}\n\n${section(results)}\n\n${end}${after[1]}`
}

function section(results: Results): string {
  const { contenders } = results
  const took = contenders.filter(({ missing }) => missing === undefined)
  const absent = contenders.filter(({ missing }) => missing !== undefined)
  return [
    `![Bars: each contender in each row](benchmarks.svg)`,
    `${machineWords(results)} ${took.map(fullTitle).join('; ')}.`,
    ...absent.map(({ title, missing }) => `Without ${title}: ${missing}.`),
    ...[loadWarning(results.machine) ?? []].flat(),
    ...(results.quick ? ['This was a quick run, of few rounds.'] : []),
    ...parts(results).flatMap((part) => [`### ${subjects[part.subject]}`, measured(part, took), targets(part)]),
  ].join('\n\n')
}

/** A part of the results that has tables of its own. */
interface Part extends Pick<Results, 'rows' | 'contenders'> {
  readonly subject: Subject
}

function parts({ rows, contenders }: Results): Part[] {
  return (Object.keys(subjects) as Subject[])
    .map((subject) => ({ subject, contenders, rows: rows.filter((row) => rowOf(row).subject === subject) }))
    .filter((part) => part.rows.length > 0)
}

/** A line for each row, a column for each contender that has something in it. */
function measured({ rows }: Part, contenders: readonly ContenderResult[]): string {
  const columns = contenders.filter(({ name }) =>
    rows.some(({ series }) => series.some(({ contender, samples }) => contender === name && samples.length > 0)),
  )
  const head = ['', ...columns.map(({ title }) => title)]
  const lines = rows.map((result) => {
    const row = rowOf(result)
    const rounds = Math.max(...result.series.map(({ samples }) => samples.length))
    const cells = columns.map(({ name }) => cell(result.series.find(({ contender }) => contender === name)))
    const unit = row.unit === '' ? '' : ` (${row.unit})`
    return [`${row.title}${unit}, ${effort(row, rounds)}`, ...cells]
  })
  return markdownTable([head, ...lines])
}

function cell(series: Series | undefined): string {
  if (series === undefined) return '–'
  if (series.samples.length === 0) return series.missing === notMeasured ? '–' : (series.missing ?? '–')
  const { median, lower, upper } = summarize(series.samples)
  return `**${number(median)}** (${number(lower)}–${number(upper)})`
}

function targets(part: Part): string {
  const title = titles(part)
  const verdicts = part.rows.flatMap((result) => judge(rowOf(result), result))
  if (verdicts.length === 0) return 'There are no targets for these.'
  const lines = verdicts.map((verdict) => [
    verdict.row.title,
    title(verdict.target.contender),
    wantedWords(verdict, title),
    reachedWords(verdict),
  ])
  return markdownTable([['row', 'who', 'wanted', 'reached'], ...lines])
}

function markdownTable([head = [], ...lines]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
