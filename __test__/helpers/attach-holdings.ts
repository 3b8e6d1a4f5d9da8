// What holds a program attached, and how whoever holds it comes to an end: the words between attach-actor.ts and its tests.

/** Ways of holding a program attached, by the names of the cgroups that they are on. */
export const holdings = {
  link: 'owned',
  'taken-link': 'taken',
  'fd-link': 'fd',
  Single: 'owned',
  'taken-Single': 'taken',
  AllowOverride: 'owned',
  AllowMultiple: 'owned',
  'taken-AllowMultiple': 'taken',
  'pinned-open': 'pinned',
  'pinned-closed': 'pinned',
} as const

export type Holding = keyof typeof holdings

/** How it ends; `wait` and `spin` are ended from outside, `collect` waits after the garbage collector has taken all handles. */
export type Ending = 'end' | 'exit' | 'throw' | 'reject' | 'abort' | 'wait' | 'spin' | 'collect' | 'worker then exit'

export interface Part {
  /** The cgroup that has one for each holding below it. */
  readonly cgroup: string
  /** A directory for pins. */
  readonly pins: string
  readonly ending: Ending
}
