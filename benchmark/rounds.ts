// Measures a row: all contenders in turns, round by round, so that what happens to the machine happens to all of them.

import type { Contender } from './contenders.ts'
import type { Peer } from './peer.ts'
import { notMeasured, type RowResult, type Series } from './results.ts'
import type { Row } from './row.ts'

export interface Plan {
  readonly rounds: number
  /** Told before each measurement. */
  progress(text: string): void
  /** Done before each measurement. */
  prepare(): Promise<void>
}

interface Runner {
  readonly peer: Peer
  readonly samples: number[]
  sum: string | undefined
  missing: string | undefined
}

/** Measures a row with those of the peers that have it; the others of `everyone` are in the result with the reason. */
export async function measureRow(
  row: Row,
  everyone: readonly Contender[],
  peers: readonly Peer[],
  plan: Plan,
): Promise<RowResult> {
  const runners: Runner[] = peers
    .filter(({ contender }) => everyone.includes(contender) && row.without?.[contender.name] === undefined)
    .filter((peer) => peer.rows.includes(row.name))
    .map((peer) => ({ peer, samples: [], sum: undefined, missing: undefined }))
  for (let round = -row.warmUps; round < plan.rounds; round++) {
    const place = round < 0 ? 'warming up' : `round ${round + 1} of ${plan.rounds}`
    for (const runner of inTurn(runners, round + row.warmUps)) {
      plan.progress(`${row.name}: ${place}, ${runner.peer.contender.title}`)
      await plan.prepare()
      await measureOnce(row, runner, round >= 0)
    }
  }
  requireOneSum(row, runners)
  return { name: row.name, series: everyone.map((contender) => seriesOf(row, contender, runners)) }
}

/** The runners, beginning with another one each round, so that nobody always follows the same one. */
export function inTurn<T>(runners: readonly T[], round: number): readonly T[] {
  const first = runners.length === 0 ? 0 : round % runners.length
  return [...runners.slice(first), ...runners.slice(0, first)]
}

/** A contender that fails is out for the rest of the row: series must be of the same rounds. */
async function measureOnce(row: Row, runner: Runner, counted: boolean): Promise<void> {
  if (runner.missing !== undefined) return
  try {
    const { elapsedNs, sum } = await runner.peer.run(row.name, row.iterations, row.before)
    if (counted) runner.samples.push(elapsedNs / row.iterations / row.scale)
    runner.sum = sum
  } catch (error) {
    runner.missing = `failed: ${(error as Error).message}`
  }
}

/** Whoever reads something else measures something else: such numbers are not to be shown. */
function requireOneSum(row: Row, runners: readonly Runner[]): void {
  const sums = new Map(runners.flatMap(({ sum, peer }) => (sum === undefined ? [] : [[sum, peer.contender.title]])))
  if (sums.size <= 1) return
  const found = [...sums].map(([sum, title]) => `${title}: ${sum}`).join('; ')
  throw new Error(`${row.name}: contenders did not read the same: ${found}`)
}

function seriesOf(row: Row, contender: Contender, runners: readonly Runner[]): Series {
  const runner = runners.find(({ peer }) => peer.contender === contender)
  const failed = runner?.missing
  if (runner !== undefined && failed === undefined) return { contender: contender.name, samples: runner.samples }
  const missing = failed ?? row.without?.[contender.name] ?? notMeasured
  return { contender: contender.name, samples: [], missing }
}
