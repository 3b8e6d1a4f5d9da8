// Measures the rows that are asked for, one after the other, and reports each.

import { candidates } from './contenders.ts'
import type { EventWriter } from './events.ts'
import { measureLive } from './live.ts'
import { groups, type Options } from './options.ts'
import type { Peer } from './peer.ts'
import { untilFreed } from './programs.ts'
import { rowReport } from './report.ts'
import type { ContenderResult, RowResult } from './results.ts'
import { drainRows, floodTraffic, pacedTraffic } from './ring-rows.ts'
import { measureRow } from './rounds.ts'
import type { Row } from './row.ts'
import { peerRows } from './rows.ts'
import { measureStart } from './start-up.ts'

interface Run {
  readonly options: Options
  readonly peers: readonly Peer[]
  readonly contenders: readonly ContenderResult[]
  readonly writer: EventWriter
}

export async function measureRows(run: Run): Promise<RowResult[]> {
  const { options, peers, contenders, writer } = run
  const results: RowResult[] = []
  const add = (result: RowResult): void => {
    progress('')
    results.push(result)
    console.log(`${rowReport(result, contenders)}\n`)
  }
  const present = options.contenders.filter((contender) => peers.some((peer) => peer.contender === contender))
  const planOf = (row: Row): { rounds: number; progress: typeof progress } => ({
    rounds: options.quick ? Math.ceil(row.rounds / 6) : row.rounds,
    progress,
  })
  for (const row of peerRows.filter((candidate) => options.rows.includes(candidate))) {
    const plan = { ...planOf(row), prepare: preparation(row, writer) }
    add(await measureRow(row, candidates(row, present), peers, plan))
  }
  for (const traffic of [floodTraffic, pacedTraffic]) {
    const row = options.rows.find((candidate) => groups[traffic.name].includes(candidate))
    if (row === undefined) continue
    const plan = { ...planOf(row), warmUps: row.warmUps }
    const measured = await measureLive(traffic, candidates(row, present), peers, writer, plan)
    measured.forEach(add)
  }
  const start = options.rows.find((row) => groups.require.includes(row))
  if (start !== undefined) {
    const names = present.map(({ name }) => name)
    measureStart(names, planOf(start).rounds, progress).forEach(add)
  }
  return results
}

/** What has to be done before each measurement of a row. */
function preparation(row: Row, writer: EventWriter): () => Promise<void> {
  if (row.name === 'load') return untilFreed
  const drained = drainRows.find(({ name }) => name === row.name)
  if (drained === undefined) return async () => {}
  return async () => writer.fill(drained.size, drained.iterations)
}

/** What is going on, in one line that is written over; only where somebody looks on. */
function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`)
}
