// What a row of the benchmark is: what is measured, how often, and what we aim at.

/** What one of our contenders should reach in a row. */
export interface Target {
  readonly contender: string
  /** At most this many times the other contender, or this much more than it; where there is none, at most this much. */
  readonly atMost: number
  readonly than?: string
  readonly over?: string
}

/** The parts of the page, each with a table of its own. */
export const subjects = {
  maps: 'Maps',
  globals: 'Global variables',
  ring: 'Ring buffers, drained when full',
  live: 'Ring buffers, live',
  start: 'Starting',
} as const

export type Subject = keyof typeof subjects

export interface Row {
  readonly name: string
  readonly subject: Subject
  /** What one operation is. */
  readonly title: string
  /** '' for a mere number. */
  readonly unit: 'ns' | 'µs' | 'ms' | 'MiB' | '%' | ''
  /** Nanoseconds in the unit; 1 where it is no time. */
  readonly scale: number
  /** Operations of one round. */
  readonly iterations: number
  /** Operations right before, which are not timed: they fetch the data back into the caches, from which others drove it. */
  readonly before?: number
  readonly rounds: number
  /** Rounds before, which are not counted: caches fill, and V8 compiles what is hot. */
  readonly warmUps: number
  readonly targets: readonly Target[]
  /** Why contenders cannot take part, by name. */
  readonly without?: Readonly<Record<string, string>>
}
