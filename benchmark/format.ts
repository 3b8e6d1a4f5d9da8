// Numbers, contenders and verdicts in words, for the terminal and for the page.

import type { ContenderResult, Results } from './results.ts'
import type { Row } from './row.ts'
import { isMet, type Verdict } from './verdicts.ts'

/** Three digits where that many matter: `8.31`, `57.4`, `352`, `1,203`. */
export function number(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function times(value: number): string {
  return `${value.toFixed(2)}×`
}

/** `Rust, aya 0.14.0`. */
export function fullTitle({ title, version }: ContenderResult): string {
  return version === '' ? title : `${title} ${version}`
}

/** `at most 1.15× of C, libbpf`. */
export function wantedWords({ row, target }: Verdict, titleOf: (name: string) => string): string {
  const { atMost, than, over } = target
  if (than !== undefined) return `at most ${times(atMost)} of ${titleOf(than)}`
  const amount = `at most ${number(atMost)} ${row.unit}`
  return over === undefined ? amount : `${amount} over ${titleOf(over)}`
}

/** `1.08×, met`. */
export function reachedWords(verdict: Verdict): string {
  const { reached, row, target } = verdict
  if (reached === undefined) return 'not measured'
  const amount = target.than === undefined ? `${number(reached)} ${row.unit}` : times(reached)
  return `${amount}, ${isMet(verdict) ? 'met' : 'missed'}`
}

/** `15 rounds of 50,000`. */
export function effort(row: Row, rounds: number): string {
  return `${rounds} rounds of ${row.iterations.toLocaleString('en-US')}`
}

/** Titles of contenders by name. */
export function titles({ contenders }: Pick<Results, 'contenders'>): (name: string) => string {
  const byName = new Map(contenders.map((contender) => [contender.name, contender.title]))
  return (name) => byName.get(name) ?? name
}

/** One sentence: what it ran on. */
export function machineWords({ machine, started }: Pick<Results, 'machine' | 'started'>): string {
  const { kernel, cpu, cpus, architecture, node, ayajs, commit, load } = machine
  const own = `ayajs ${ayajs}${commit === '' ? '' : ` (${commit})`}`
  const place = `Linux ${kernel}, ${cpus} × ${cpu} (${architecture})`
  return `${started.slice(0, 10)}: ${own}, Node ${node}, ${place}, load average ${load.toFixed(2)} before the start.`
}
