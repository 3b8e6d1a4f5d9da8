// The rows about ring buffers: drained when they are full, and live, while another process writes.

import type { EventSize } from './events.ts'
import type { Row, Target } from './row.ts'

/** At half the price of Go, where nothing is decoded. */
const bytes: readonly Target[] = [
  { contender: 'ring-bytes', atMost: 0.5, than: 'go' },
  { contender: 'ring-bytes', atMost: 2.5, than: 'c' },
]

/** Two million records a second. */
const each: Target = { contender: 'ring-each', atMost: 500 }

const drain = { subject: 'ring', unit: 'ns', scale: 1, rounds: 31, warmUps: 5 } as const

interface DrainRow extends Row {
  /** The records that the ring is filled with before. */
  readonly size: EventSize
}

/** As many records as the ring has room for, and a round of a millisecond needs. */
export const drainRows: readonly DrainRow[] = [
  {
    ...drain,
    name: 'ring-16',
    title: 'Drain records of 16 bytes, each',
    size: 16,
    iterations: 262_144,
    targets: [...bytes, { contender: 'ring-objects', atMost: 30, over: 'ring-bytes' }, each],
  },
  {
    ...drain,
    name: 'ring-64',
    title: 'Drain records of 64 bytes, each',
    size: 64,
    iterations: 262_144,
    targets: [...bytes, { contender: 'ring-objects', atMost: 1, than: 'go-fields' }, each],
  },
  {
    ...drain,
    name: 'ring-512',
    title: 'Drain records of 512 bytes, each',
    size: 512,
    iterations: 32_768,
    targets: [...bytes, each],
  },
]

/** What is written in a live measurement. */
export interface Traffic {
  readonly name: 'flood' | 'paced'
  readonly records: number
  /** Records that are written in one go, and the time from one to the next; 0 is as fast as it goes. */
  readonly burst: number
  readonly everyMs: number
}

export const floodTraffic: Traffic = { name: 'flood', records: 2_000_000, burst: 5_000, everyMs: 0 }
export const pacedTraffic: Traffic = { name: 'paced', records: 100_000, burst: 100, everyMs: 1 }

/** Who measures live, in the order of tables; of ours all. */
const ours = ['ring-bytes', 'ring-objects', 'ring-each'] as const

const live = { subject: 'live', targets: [], rounds: 9, warmUps: 1 } as const
const flood = { ...live, iterations: floodTraffic.records } as const
const paced = { ...live, iterations: pacedTraffic.records } as const

export const floodRows: readonly Row[] = [
  { ...flood, name: 'flood-time', title: 'Flood: time for each record received', unit: 'ns', scale: 1 },
  { ...flood, name: 'flood-cpu', title: 'Flood: CPU time for each record received', unit: 'ns', scale: 1 },
  { ...flood, name: 'flood-lost', title: 'Flood: records lost', unit: '%', scale: 1 },
  { ...flood, name: 'flood-wake-ups', title: 'Flood: wake-ups for 1,000 records', unit: '', scale: 1 },
  {
    ...flood,
    name: 'flood-stall',
    title: 'Flood: the longest stall of the event loop',
    unit: 'ms',
    scale: 1_000_000,
    targets: ours.map((contender) => ({ contender, atMost: 5 })),
  },
]

export const pacedRows: readonly Row[] = [
  { ...paced, name: 'paced-p50', title: 'Paced: latency, median', unit: 'µs', scale: 1_000 },
  {
    ...paced,
    name: 'paced-p99',
    title: 'Paced: latency, 99th percentile',
    unit: 'µs',
    scale: 1_000,
    targets: ours.map((contender) => ({ contender, atMost: 2, than: 'go' })),
  },
  { ...paced, name: 'paced-cpu', title: 'Paced: CPU time for each record', unit: 'ns', scale: 1 },
  { ...paced, name: 'paced-wake-ups', title: 'Paced: wake-ups for 1,000 records', unit: '', scale: 1 },
  { ...paced, name: 'paced-lost', title: 'Paced: records lost', unit: '%', scale: 1 },
]

/** The rows of each traffic, which are measured together. */
export const liveRows: readonly Row[] = [...floodRows, ...pacedRows]
