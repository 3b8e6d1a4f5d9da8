// What a package costs a program that starts: time and memory of Node with it, over those of bare Node in the same round.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { built, root } from './places.ts'
import type { RowResult } from './results.ts'
import { inTurn } from './rounds.ts'

interface Starter {
  readonly contender: string
  /** What it measures: `require` alone, or with the first call into the addon. */
  readonly rows: 'require' | 'first-use' | 'bare'
  /** Arguments of peers/node/start.mjs. */
  readonly args: readonly string[]
}

interface Cost {
  readonly ms: number
  readonly mebibytes: number
}

const bpf = join(built, 'npm-bpf/node_modules/bpf')

const starters: readonly Starter[] = [
  { contender: '', rows: 'bare', args: [] },
  { contender: 'ours-typed', rows: 'require', args: ['ayajs'] },
  { contender: 'ours-typed', rows: 'first-use', args: ['ayajs', 'first-use'] },
  { contender: 'npm-bpf', rows: 'require', args: [bpf] },
  { contender: 'npm-bpf', rows: 'first-use', args: [bpf, 'first-use'] },
]

/** Measures the rows about starting with those of the contenders that are there. */
export function measureStart(names: readonly string[], rounds: number, progress: (text: string) => void): RowResult[] {
  const runners = starters
    .filter(({ rows, contender }) => rows === 'bare' || names.includes(contender))
    .map((starter) => ({ ...starter, costs: [] as Cost[] }))
  for (let round = -1; round < rounds; round++) {
    for (const runner of inTurn(runners, round + 1)) {
      progress(`require: ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`)
      const cost = start(runner.args)
      if (round >= 0) runner.costs.push(cost)
    }
  }
  const bare = runners.find(({ rows }) => rows === 'bare')?.costs ?? []
  return (['require', 'first-use'] as const).flatMap((name) => {
    const found = runners.filter(({ rows }) => rows === name)
    const series = (pick: (cost: Cost) => number): RowResult['series'] =>
      found.map(({ contender, costs }) => ({
        contender,
        samples: costs.map((cost, round) => pick(cost) - pick(bare[round] ?? cost)),
      }))
    return [
      { name: `${name}-time`, series: series(({ ms }) => ms) },
      { name: `${name}-memory`, series: series(({ mebibytes }) => mebibytes) },
    ]
  })
}

function start(args: readonly string[]): Cost {
  const command = [join(root, 'benchmark/peers/node/start.mjs'), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${command.join(' ')}: ${stderr}`)
  const { ms, bytes } = JSON.parse(stdout) as { ms: number; bytes: number }
  return { ms, mebibytes: bytes / 2 ** 20 }
}
