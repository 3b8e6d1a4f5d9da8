// The rows of the benchmark.

import { drainRows, liveRows } from './ring-rows.ts'
import type { Row, Target } from './row.ts'

const noBatches = 'has no batches'
const onlyMaps = 'has only maps'

/** One element in one call: bytes at the speed of C, types not slower than Go's. */
const single: readonly Target[] = [
  { contender: 'ours-raw', atMost: 1.15, than: 'c' },
  { contender: 'ours-typed', atMost: 1.35, than: 'c' },
  { contender: 'ours-typed', atMost: 1, than: 'go' },
]

const batch: readonly Target[] = [
  { contender: 'ours-raw', atMost: 1.2, than: 'c' },
  { contender: 'ours-typed', atMost: 1.25, than: 'go' },
]

const nanoseconds = { subject: 'maps', unit: 'ns', scale: 1 } as const

/** A round of a few milliseconds is mostly over before the scheduler has something else to do. */
const short = { ...nanoseconds, iterations: 10_000, before: 2_048, rounds: 61, warmUps: 10 } as const
const long = { ...nanoseconds, iterations: 65_536, rounds: 31, warmUps: 3 } as const

const mapRows: readonly Row[] = [
  { name: 'lookup', title: 'Look one entry of a hash up', ...short, targets: single },
  { name: 'update', title: 'Update one entry of a hash', ...short, targets: single },
  {
    name: 'delete',
    title: 'Delete one entry of a hash',
    ...short,
    // As many keys as there are samples: each is there once, and has just been written.
    iterations: 1_024,
    before: 0,
    warmUps: 40,
    targets: single,
  },
  { name: 'array-lookup', title: 'Look one entry of an array up', ...short, targets: single },
  {
    name: 'per-cpu-lookup',
    title: 'Look one entry of a per-CPU hash up',
    ...short,
    targets: single,
    without: { 'npm-bpf': 'knows no per-CPU maps' },
  },
  {
    name: 'iterate',
    title: 'Iterate 65,536 entries, each',
    ...long,
    targets: [
      { contender: 'ours-raw', atMost: 1 / 3, than: 'go' },
      { contender: 'ours-typed', atMost: 1 / 3, than: 'go' },
    ],
  },
  {
    name: 'batch-update',
    title: 'Update in batches of 4,096, each entry',
    ...short,
    iterations: 8_192,
    before: 4_096,
    targets: batch,
    without: { rust: noBatches },
  },
  {
    name: 'batch-lookup',
    title: 'Look up in batches of 4,096, each entry',
    ...long,
    targets: batch,
    without: { rust: noBatches },
  },
  {
    name: 'load',
    subject: 'start',
    title: 'Open an object, load its 4 programs, close it',
    unit: 'µs',
    scale: 1000,
    iterations: 5,
    rounds: 15,
    warmUps: 1,
    targets: [{ contender: 'ours-typed', atMost: 1.15, than: 'rust' }],
    without: { 'npm-bpf': onlyMaps },
  },
]

/** C has no global variables here but what a system call reads and writes. */
const globalRows: readonly Row[] = [
  {
    name: 'global-read',
    title: 'Read a global variable',
    ...short,
    subject: 'globals',
    targets: [{ contender: 'ours-typed', atMost: 30 }],
  },
  { name: 'global-write', title: 'Write a global variable', ...short, subject: 'globals', targets: [] },
]

/** Each contender's time for these is asked from it, see the protocol in peer.ts. */
export const peerRows: readonly Row[] = [...mapRows, ...globalRows, ...drainRows]

const starts = { subject: 'start', iterations: 1, rounds: 31, warmUps: 1 } as const
const milliseconds = { unit: 'ms', scale: 1_000_000, ...starts } as const
const mebibytes = { unit: 'MiB', scale: 1, ...starts } as const
const cheap: readonly Target[] = [{ contender: 'ours-typed', atMost: 15 }]

/** Measured from outside, by starting Node again and again: what comes on top of bare Node. */
export const startRows: readonly Row[] = [
  { name: 'require-time', title: 'Require the package: time over bare Node', ...milliseconds, targets: cheap },
  { name: 'require-memory', title: 'Require the package: memory over bare Node', ...mebibytes, targets: cheap },
  { name: 'first-use-time', title: 'Require it and call the addon: time over bare Node', ...milliseconds, targets: [] },
  {
    name: 'first-use-memory',
    title: 'Require it and call the addon: memory over bare Node',
    ...mebibytes,
    targets: [],
  },
]

export const rows: readonly Row[] = [...peerRows, ...liveRows, ...startRows]
