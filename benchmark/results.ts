// What a run gives: the shape of the JSON file, from which the report, the chart and the page are made.

import type { Machine } from './machine.ts'

/** Who took part, or why not. */
export interface ContenderResult {
  readonly name: string
  readonly title: string
  /** Of the library, as the contender itself says it; '' where there is none. */
  readonly version: string
  /** Whether it is this package. */
  readonly ours: boolean
  /** Why it took no part. */
  readonly missing?: string
}

/** What one contender did in one row. */
export interface Series {
  readonly contender: string
  /** One number a round, in the row's unit; the same index is the same round in every series of a row. */
  readonly samples: readonly number[]
  /** Why there are none. */
  readonly missing?: string
}

/** The reason where there is no other. */
export const notMeasured = 'not measured'

export interface RowResult {
  readonly name: string
  readonly series: readonly Series[]
}

export interface Results {
  readonly format: 1
  readonly started: string
  readonly quick: boolean
  readonly machine: Machine
  readonly contenders: readonly ContenderResult[]
  readonly rows: readonly RowResult[]
}
