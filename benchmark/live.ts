// Live measurements: this process writes into the ring while one contender at a time reads.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './contenders.ts'
import type { EventWriter } from './events.ts'
import type { LiveMeasurement, Peer } from './peer.ts'
import { notMeasured, type RowResult, type Series } from './results.ts'
import { liveRows, type Traffic } from './ring-rows.ts'
import { inTurn } from './rounds.ts'

/** The size of the records, in bytes. */
const size = 64

/** How long a contender that has said it is ready is left alone, so that it sleeps when the first record comes. */
const settleMs = 20

interface Runner {
  readonly peer: Peer
  readonly samples: Map<string, number[]>
  missing: string | undefined
}

/** What a measurement gives, by the names of its rows. */
export function figures(name: Traffic['name'], written: number, live: LiveMeasurement): Map<string, number> {
  const { records, elapsedNs, cpuNs, switches, p50Ns, p99Ns, stallNs } = live
  const found: [string, number][] = [
    ['time', elapsedNs / records],
    ['cpu', cpuNs / records],
    ['lost', (1 - records / written) * 100],
    ['wake-ups', (switches / records) * 1000],
    ['p50', p50Ns],
    ['p99', p99Ns],
    ...(stallNs === undefined ? [] : [['stall', stallNs] satisfies [string, number]]),
  ]
  const known = found.map(([figure, value]) => [`${name}-${figure}`, value] as const)
  return new Map(known.filter(([row]) => liveRows.some((candidate) => candidate.name === row)))
}

/** Measures one kind of traffic with all contenders in turns, and gives all rows about it. */
export async function measureLive(
  traffic: Traffic,
  everyone: readonly Contender[],
  peers: readonly Peer[],
  writer: EventWriter,
  plan: { readonly rounds: number; readonly warmUps: number; progress(text: string): void },
): Promise<RowResult[]> {
  const runners: Runner[] = peers
    .filter(({ rows }) => rows.includes('live'))
    .map((peer) => ({ peer, samples: new Map(), missing: undefined }))
  for (let round = -plan.warmUps; round < plan.rounds; round++) {
    for (const runner of inTurn(runners, round + plan.warmUps)) {
      plan.progress(`${traffic.name}: round ${round + 1} of ${plan.rounds}, ${runner.peer.contender.title}`)
      await measureOnce(traffic, runner, writer, round >= 0)
    }
  }
  return liveRows
    .filter(({ name }) => name.startsWith(`${traffic.name}-`))
    .map(({ name, scale }) => ({ name, series: everyone.map((one) => seriesOf(name, scale, one, runners)) }))
}

async function measureOnce(traffic: Traffic, runner: Runner, writer: EventWriter, counted: boolean): Promise<void> {
  if (runner.missing !== undefined) return
  try {
    writer.begin()
    const live = await runner.peer.live(() => write(traffic, writer))
    if (!counted) return
    for (const [row, value] of figures(traffic.name, traffic.records, live)) {
      runner.samples.set(row, [...(runner.samples.get(row) ?? []), value])
    }
  } catch (error) {
    runner.missing = `failed: ${(error as Error).message}`
  }
}

/** Between bursts this thread sleeps: the CPU belongs to the contender. */
async function write({ records, burst, everyMs }: Traffic, writer: EventWriter): Promise<void> {
  await sleep(settleMs)
  const still = new Int32Array(new SharedArrayBuffer(4))
  const started = performance.now()
  for (let written = 0, next = started; written < records; written += burst, next += everyMs) {
    const early = next - performance.now()
    if (early > 0) Atomics.wait(still, 0, 0, early)
    writer.write(size, Math.min(burst, records - written))
  }
  await writer.end()
}

function seriesOf(row: string, scale: number, contender: Contender, runners: readonly Runner[]): Series {
  const runner = runners.find(({ peer }) => peer.contender === contender)
  const samples = (runner?.samples.get(row) ?? []).map((value) => value / scale)
  if (samples.length > 0 && runner?.missing === undefined) return { contender: contender.name, samples }
  return { contender: contender.name, samples: [], missing: runner?.missing ?? notMeasured }
}
