// The results as an SVG chart: a panel for each row, a bar for each contender, a whisker over the quartiles.

import { number } from './format.ts'
import type { ContenderResult, Results, RowResult, Series } from './results.ts'
import { rowOf } from './report.ts'
import { summarize } from './statistics.ts'

const columns = 2
const panelWidth = 460
const labelWidth = 140
const barsWidth = 220
const barHeight = 18
const titleHeight = 34
const margin = 16

/** Of light and of dark pages; our bars have a colour of their own. */
const style = `
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.value { font-variant-numeric: tabular-nums }
.peer { fill: #afb8c1 }
.ours { fill: #1f6feb }
.whisker { stroke: #57606a; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.peer { fill: #57606a }
.ours { fill: #4493f8 }
.whisker { stroke: #b1bac4 }
}
`

/** The chart of all rows, those without numbers left out. */
export function chart({ rows, contenders }: Pick<Results, 'rows' | 'contenders'>): string {
  const panels = rows
    .map((row) => ({ ...row, series: row.series.filter(({ samples }) => samples.length > 0) }))
    .filter(({ series }) => series.length > 0)
  let top = margin
  const drawn: string[] = []
  for (let first = 0; first < panels.length; first += columns) {
    const line = panels.slice(first, first + columns)
    drawn.push(...line.map((row, column) => panel(row, contenders, margin + column * panelWidth, top)))
    top += Math.max(...line.map(({ series }) => titleHeight + series.length * barHeight)) + margin
  }
  const size = `${margin + columns * panelWidth} ${top}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" role="img" aria-label="Benchmarks: time of each contender in each row">
<style>${style}</style>
${drawn.join('\n')}
</svg>
`
}

function panel(row: RowResult, contenders: readonly ContenderResult[], x: number, y: number): string {
  const { title, unit } = rowOf(row)
  const longest = Math.max(...row.series.map(({ samples }) => summarize(samples).upper), 0)
  const bars = row.series.map((series, index) => {
    const contender = contenders.find(({ name }) => name === series.contender)
    return bar(series, contender, longest, titleHeight + index * barHeight)
  })
  return `<g transform="translate(${x} ${y})">
<text class="title" y="16">${escape(unit === '' ? title : `${title} (${unit})`)}</text>
${bars.join('\n')}
</g>`
}

function bar(series: Series, contender: ContenderResult | undefined, longest: number, y: number): string {
  const { median, lower, upper } = summarize(series.samples)
  const at = (value: number): string => (longest === 0 ? 0 : (Math.max(value, 0) / longest) * barsWidth).toFixed(1)
  const middle = y - 8 + barHeight / 2
  const whisker = `<line class="whisker" x1="${at(lower)}" x2="${at(upper)}" y1="${middle}" y2="${middle}"/>`
  return `<text y="${y + 5}">${escape(contender?.title ?? series.contender)}</text>
<g transform="translate(${labelWidth} 0)"><rect class="${contender?.ours ? 'ours' : 'peer'}" width="${at(median)}" height="${barHeight - 5}" y="${y - 6}" rx="2"/>${whisker}<text class="value" x="${barsWidth + 8}" y="${y + 5}">${escape(number(median))}</text></g>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
