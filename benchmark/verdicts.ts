// Holds the targets of the rows against what was measured.

import type { RowResult } from './results.ts'
import type { Row, Target } from './row.ts'
import { difference, ratio, summarize } from './statistics.ts'

export interface Verdict {
  readonly row: Row
  readonly target: Target
  /** What was reached: a ratio, a difference or a number in the row's unit; nothing where one of both did not take part. */
  readonly reached: number | undefined
}

/** Whether it was reached; nothing where that is not known. Ratios are compared as they are shown, with two digits. */
export function isMet({ target, reached }: Verdict): boolean | undefined {
  return reached === undefined ? undefined : round(reached) <= round(target.atMost)
}

/** The verdicts on one row. */
export function judge(row: Row, { series }: RowResult): Verdict[] {
  const samplesOf = (name: string): readonly number[] =>
    series.find(({ contender }) => contender === name)?.samples ?? []
  return row.targets.map((target) => {
    const samples = samplesOf(target.contender)
    if (samples.length === 0) return { row, target, reached: undefined }
    const other = target.than ?? target.over
    if (other === undefined) return { row, target, reached: summarize(samples).median }
    const base = samplesOf(other)
    const compare = target.than === undefined ? difference : ratio
    return { row, target, reached: base.length === 0 ? undefined : compare(samples, base).median }
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
