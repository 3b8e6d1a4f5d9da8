// Runs a soak: cycles without end, until a limit or a signal, between two readings of what may grow.

import { growth, Meter, type Gauge } from './gauge.ts'
import { Stage } from './stage.ts'
import type { Outcome } from './verdict.ts'

/** Something to be done again and again. */
export interface Soak {
  readonly name: string
  /** What it does, for the help. */
  readonly summary: string
  /** When it ends where nobody says. */
  readonly limit: Limit
  /** How much may have grown in all, however many cycles there were. */
  readonly bounds: (workers: number) => Gauge
  /** Cycles before the first reading: what is made once and kept is there then. */
  readonly warmUp: (workers: number) => number
  /** Makes what is needed, until the stage ends. */
  readonly start: (stage: Stage, workers: number) => Promise<Running> | Running
}

/** A soak that has been started. */
export interface Running {
  /** Does one thing, and throws when it does not go as it must. Gives how many cycles that were. Default: one. */
  cycle(index: number): Promise<number | void>
  /** Comes to rest before a reading: what runs beside is waited for. */
  rest?(): Promise<void>
  /** What has been counted so far, for the line of figures. */
  counts(): Counts
}

type Counts = Readonly<Record<string, number>>

/** When a soak ends: after so many cycles, or so many minutes, whatever comes first. */
export interface Limit {
  readonly cycles?: number | undefined
  readonly minutes?: number | undefined
}

/** How it is run. */
export interface Run {
  readonly limit?: Limit
  readonly workers?: number
  /** Ends it after the cycle that runs. */
  readonly signal?: AbortSignal
  /** Called when it has warmed up, and growth is measured from here on. */
  readonly onStart?: () => void
  /** Called now and then with the figures so far. */
  readonly onProgress?: (outcome: Outcome) => void
}

const progressMs = 30_000

/** Runs it. Whatever goes wrong is in the outcome; growth is judged by the caller, against the soak's bounds. */
export async function run(
  soak: Soak,
  { limit = soak.limit, workers = 0, signal, onStart, onProgress }: Run,
): Promise<Outcome> {
  const stage = new Stage()
  const meter = new Meter()
  const start = meter.read()
  let [before, cycles, started]: [Gauge, number, number] = [start, 0, performance.now()]
  let running: Running | undefined
  let countsBefore: Counts = {}
  let failure: unknown
  const isInterrupted = (): boolean => signal?.aborted === true
  const outcome = (now: Gauge): Outcome => ({
    name: soak.name,
    cycles,
    seconds: (performance.now() - started) / 1000,
    growth: growth(before, now),
    counts: since(countsBefore, running?.counts() ?? {}),
    ...(failure === undefined ? {} : { failure }),
    interrupted: isInterrupted(),
  })
  try {
    running = await soak.start(stage, workers)
    const warmUp = soak.warmUp(workers)
    for (let index = 0; index < warmUp && !isInterrupted();) index += (await running.cycle(index)) ?? 1
    await running.rest?.()
    before = await meter.steady()
    countsBefore = { ...running.counts() }
    started = performance.now()
    const end = started + (limit.minutes ?? Infinity) * 60_000
    let told = started
    onStart?.()
    while (cycles < (limit.cycles ?? Infinity) && performance.now() < end && !isInterrupted()) {
      cycles += (await running.cycle(warmUp + cycles)) ?? 1
      if (onProgress === undefined || performance.now() < told + progressMs) continue
      told = performance.now()
      onProgress(outcome(meter.read()))
    }
    await running.rest?.()
  } catch (error) {
    failure = error
  }
  const result = outcome(await meter.settled(before.objects))
  try {
    await stage.end()
    const { objects } = await meter.settled(start.objects)
    if (objects > start.objects) throw new Error(`when all was over, the kernel had still: ${meter.left().join(', ')}`)
  } catch (error) {
    return { ...result, failure: result.failure ?? error }
  }
  return result
}

function since(before: Counts, now: Counts): Counts {
  return Object.fromEntries(Object.entries(now).map(([what, count]) => [what, count - (before[what] ?? 0)]))
}
