// Reads from a ring until the last record, while another process writes, and tells what it has seen.

import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The number of the record after which everything has been read. */
export const lastEvent = 0xffffffff

const maximum = 4_000_000

/** What is noted for each record: when it was written, and, once for those that came together, when it was read. */
export class Notes {
  #latencies = new Float64Array(maximum)
  #count = 0
  #first = 0
  #last = 0

  get count() {
    return this.#count
  }

  get elapsedNs() {
    return this.#last - this.#first
  }

  add(writtenNs, readNs) {
    if (this.#count === 0) this.#first = readNs
    this.#last = readNs
    if (this.#count < maximum) this.#latencies[this.#count] = readNs - writtenNs
    this.#count++
  }

  quantile(part) {
    const sorted = this.#latencies.subarray(0, Math.min(this.#count, maximum)).sort()
    return sorted[Math.floor(sorted.length * part)] ?? 0
  }
}

/** CLOCK_MONOTONIC in nanoseconds: a number is exact for 104 days. */
export function now() {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e9 + nanoseconds
}

/** Has `read` read everything, and gives the answer. */
export async function measureLive(read) {
  const notes = new Notes()
  const delays = monitorEventLoopDelay({ resolution: 1 })
  console.log('ready')
  delays.enable()
  const before = usage()
  await read(notes)
  const after = usage()
  delays.disable()
  return JSON.stringify({
    records: notes.count,
    elapsedNs: notes.elapsedNs,
    cpuNs: after.cpuNs - before.cpuNs,
    switches: after.switches - before.switches,
    p50Ns: notes.quantile(0.5),
    p99Ns: notes.quantile(0.99),
    stallNs: delays.max,
  })
}

function usage() {
  const { userCPUTime, systemCPUTime, voluntaryContextSwitches } = process.resourceUsage()
  return { cpuNs: (userCPUTime + systemCPUTime) * 1000, switches: voluntaryContextSwitches }
}
