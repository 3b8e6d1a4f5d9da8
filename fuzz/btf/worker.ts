// The thread that runs cases one after the other, and says in shared memory which: whoever watches it may have to end it.
import { parentPort, workerData } from 'node:worker_threads'
import { runCase } from './targets.ts'

/** What the watcher asks for. */
export interface Task {
  readonly targets: readonly string[]
  readonly firstSeed: number
  readonly cases: number
  /** When to end, in milliseconds since 1970. */
  readonly until: number
  /** Seed, index of the target, and how many cases are done. */
  readonly state: Int32Array<SharedArrayBuffer>
}

/** What does not hold. */
export interface Finding {
  readonly target: string
  readonly seed: number
  readonly problem: string
}

/** More time of the processor than this is a hang. */
const mostMilliseconds = 1000
/** More memory outside of the heap than this is a bomb; the heap has a limit of its own. */
const mostMebibytes = 256

/** Bombs are large: one case of them takes as long as many others. */
const rarely: Readonly<Record<string, number>> = { bombs: 40 }

function main({ targets, firstSeed, cases, until, state }: Task): void {
  for (let done = 0; done < cases && Date.now() < until; done++) {
    const seed = (firstSeed + done) >>> 0
    for (const [index, target] of targets.entries()) {
      if (targets.length > 1 && seed % (rarely[target] ?? 1) !== 0) continue
      Atomics.store(state, 0, seed)
      Atomics.store(state, 1, index)
      const problem = problemOf(target, seed)
      if (problem !== undefined) parentPort?.postMessage({ target, seed, problem } satisfies Finding)
      Atomics.add(state, 2, 1)
    }
  }
}

function problemOf(target: string, seed: number): string | undefined {
  const [memory, time, processor] = [process.resourceUsage().maxRSS, performance.now(), process.cpuUsage()]
  try {
    runCase(target, seed)
  } catch (error) {
    return described(error)
  }
  const { user, system } = process.cpuUsage(processor)
  // The threads of the garbage collector count as well; on a busy machine the clock goes on without us.
  const taken = Math.min((user + system) / 1000, performance.now() - time)
  if (taken > mostMilliseconds) return `took ${Math.round(taken)} ms`
  const grown = (process.resourceUsage().maxRSS - memory) / 1024
  return grown > mostMebibytes ? `took ${Math.round(grown)} MiB` : undefined
}

function described(error: unknown): string {
  const { message, cause } = error as Error
  const { stack } = (cause ?? error) as Error
  return `${message}\n${stack ?? String(cause)}`
}

main(workerData as Task)
