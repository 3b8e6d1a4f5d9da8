// Fuzzes src/btf: `npm run fuzz:btf -- --minutes 60`. Each case comes from a seed, which is printed when something does not hold.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { targets } from './targets.ts'
import type { Finding, Task } from './worker.ts'

const usage = `usage: npm run fuzz:btf -- [options]

  --minutes N   how long (default: 1)
  --seed N      the first seed (default: from the clock); the following ones count up from it
  --cases N     end after so many seeds
  --target T    only one of: ${Object.keys(targets).join(', ')}

exit code: 0 when everything held, 1 when something did not, 2 for wrong arguments`

/** A case that has taken so long is ended from outside. */
const patience = 20_000
/** The whole heap of the thread, in MiB. */
const heap = 256

interface Options {
  readonly names: readonly string[]
  readonly minutes: number
  readonly seed: number
  readonly cases: number
}

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  const options = parse(args[0] === '--' ? args.slice(1) : args)
  if (options === undefined) {
    console.error(usage)
    return 2
  }
  const { names, minutes, seed } = options
  console.log(`fuzzing ${names.join(', ')} from seed ${seed} for ${minutes} minutes`)
  const until = Date.now() + minutes * 60_000
  const findings: Finding[] = []
  let [done, next, left] = [0, seed, options.cases]
  while (Date.now() < until && left > 0) {
    const state = new Int32Array(new SharedArrayBuffer(12))
    const task = { targets: names, firstSeed: next, cases: left, until, state }
    const ended = await runThread(task, (finding) => report(findings, finding))
    done += state[2]!
    if (ended === undefined) break
    const at = state[0]! >>> 0
    report(findings, { target: names[state[1]!]!, seed: at, problem: ended })
    left -= ((at - next) >>> 0) + 1
    next = (at + 1) >>> 0
  }
  console.log(`${done} executions, ${findings.length} of them found something`)
  return findings.length > 0 ? 1 : 0
}

/** Runs a task on a thread of limited memory. Gives why it had to end before its time, if it had. */
async function runThread(task: Task, onFinding: (finding: Finding) => void): Promise<string | undefined> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heap },
  })
  worker.on('message', onFinding)
  const failed = new Promise<string>((resolve) => worker.once('error', (error) => resolve(String(error))))
  const watch = watchProgress(task.state)
  const exited = once(worker, 'exit').then(() => undefined)
  const ended = await Promise.race([failed, watch.stuck, exited])
  watch.stop()
  await worker.terminate()
  return ended
}

/** Tells when a case has run for longer than anybody waits; and every minute how far it is. */
function watchProgress(state: Int32Array): { stuck: Promise<string>; stop: () => void } {
  let [seen, since, told] = [-1, Date.now(), Date.now()]
  let timer: NodeJS.Timeout | undefined
  const stuck = new Promise<string>((resolve) => {
    timer = setInterval(() => {
      const now = Date.now()
      if (state[2] !== seen) [seen, since] = [state[2]!, now]
      else if (now - since > patience) resolve(`did not end within ${patience} ms`)
      if (now - told < 60_000) return
      told = now
      console.log(`${seen} executions, at seed ${state[0]! >>> 0}`)
    }, 500)
  })
  return { stuck, stop: () => clearInterval(timer) }
}

function report(findings: Finding[], finding: Finding): void {
  findings.push(finding)
  const { target, seed, problem } = finding
  console.log(`✘ ${target}, seed ${seed}: ${problem}`)
  console.log(`  again: npm run fuzz:btf -- --target ${target} --seed ${seed} --cases 1`)
}

function parse(args: string[]): Options | undefined {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ args, options: { minutes: text, seed: text, cases: text, target: text } })
    const names = values.target === undefined ? Object.keys(targets) : [values.target]
    const [minutes, seed, cases] = [
      Number(values.minutes ?? 1),
      Number(values.seed ?? Date.now() % 2 ** 31),
      Number(values.cases ?? Infinity),
    ]
    const isRight = minutes > 0 && Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 && cases > 0
    return isRight && names.every((name) => Object.hasOwn(targets, name)) ? { names, minutes, seed, cases } : undefined
  } catch {
    return undefined
  }
}
