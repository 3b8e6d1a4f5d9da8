// `npm run bench`: measures all contenders in turns, reports, and keeps the raw results. scripts/bench.mjs has built them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { runTool } from '../__test__/helpers/tool.ts'
import { chart } from './chart.ts'
import { missingReason, type Contender } from './contenders.ts'
import { EventWriter } from './events.ts'
import { describeMachine, loadWarning } from './machine.ts'
import { pinMaps } from './maps.ts'
import { measureRows } from './measure.ts'
import { readOptions, usage, type Options } from './options.ts'
import { withResults } from './page.ts'
import { Peer } from './peer.ts'
import { built, root } from './places.ts'
import { heading, verdictReport } from './report.ts'
import type { ContenderResult, Results } from './results.ts'

process.exitCode = await runTool({ readOptions, usage }, main)

async function main(options: Options): Promise<number> {
  // The contenders inherit it: what else runs here is to wait, not to be measured.
  setPriority(constants.priority.PRIORITY_HIGHEST)
  const results = await measure(options)
  console.log(verdictReport(results))
  keep(results)
  if (options.docs) await document(results)
  return 0
}

/** Measures everything that is asked for; the maps are gone at the end, also when it is interrupted. */
async function measure(options: Options): Promise<Results> {
  const started = new Date().toISOString()
  const machine = describeMachine()
  const { pins, remove } = pinMaps()
  const peers: Peer[] = []
  let writer: EventWriter | undefined
  const clean = (): void => {
    for (const peer of peers.splice(0)) peer.stop()
    writer?.close()
    remove()
  }
  const leave = (signal: NodeJS.Signals): void => {
    clean()
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave)
  try {
    writer = new EventWriter(pins)
    const contenders = await startAll(options, pins, peers)
    const warning = loadWarning(machine)
    console.log(heading({ machine, started, contenders }))
    console.log(warning === undefined ? '' : `\nWarning: ${warning}\n`)
    const rows = await measureRows({ options, peers, contenders, writer })
    return { format: 1, started, quick: options.quick, machine, contenders, rows }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, leave)
    clean()
  }
}

/** Starts whom there is, and has the first who can fill the maps. */
async function startAll(options: Options, pins: string, peers: Peer[]): Promise<ContenderResult[]> {
  const contenders: ContenderResult[] = []
  for (const contender of options.contenders) {
    const { name, title, ours } = contender
    const started = missingReason(contender) ?? (await tryStart(contender, pins))
    if (started instanceof Peer) peers.push(started)
    contenders.push(
      started instanceof Peer
        ? { name, title, ours, version: started.version }
        : { name, title, ours, version: '', missing: started },
    )
  }
  const filler = peers.find(({ rows }) => rows.includes('fill'))
  if (filler === undefined) throw new Error('nobody is there who could fill the maps')
  await filler.run('fill', 0)
  return contenders
}

/** The contender's process, or why there is none. */
async function tryStart(contender: Contender, pins: string): Promise<Peer | string> {
  try {
    return await Peer.start(contender, pins)
  } catch (error) {
    return `does not start: ${(error as Error).message}`
  }
}

function keep(results: Results): void {
  const name = `results-${results.started.replaceAll(/[:.]/g, '-')}.json`
  mkdirSync(built, { recursive: true })
  writeFileSync(join(built, name), `${JSON.stringify(results, null, 2)}\n`)
  console.log(`\nraw results: .cache/benchmark/${name}`)
}

async function document(results: Results): Promise<void> {
  const page = join(root, 'docs/benchmarks.md')
  const text = withResults(readFileSync(page, 'utf8'), results)
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), parser: 'markdown' }))
  writeFileSync(join(root, 'docs/benchmarks.svg'), chart(results))
  console.log('written: docs/benchmarks.md, docs/benchmarks.svg')
}
