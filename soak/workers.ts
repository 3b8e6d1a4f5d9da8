// Workers that do cycles of `lifecycle`, end in one way or another without closing what they have, and are replaced.

import { rmSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Stage } from './stage.ts'
import { pinOf, type Place } from './ways.ts'

/** What a worker is told. */
export interface Task {
  readonly cgroup: string
  readonly pins: string
  readonly thread: number
  readonly sharedMap: number
  readonly cycles: number
  readonly ending: Ending
}

/** How a worker ends: by itself, by `process.exit()`, by an exception, or terminated amid its cycles. */
export type Ending = (typeof endings)[number]
const endings = ['end', 'exit', 'throw', 'terminate'] as const

/** What a worker tells after each cycle. */
export interface Done {
  readonly failing: boolean
}

const cyclesEach = 25

/** So many workers at a time. */
export class Crew {
  failing = 0
  ended = 0
  readonly #place: Place
  readonly #size: number
  readonly #sharedMap: number
  readonly #running = new Set<Promise<void>>()
  #made = 0
  #done = 0
  #told = 0
  #failure: unknown

  constructor(stage: Stage, size: number, place: Place, sharedMap: number) {
    this.#size = size
    this.#sharedMap = sharedMap
    this.#place = place
    stage.teardown(() => this.rest())
  }

  /** Fills the crew up, lets it work for a moment, and says how many cycles it has done since this was asked last. */
  async next(): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure
    while (this.#running.size < this.#size) this.#start()
    await new Promise(setImmediate)
    const since = this.#done - this.#told
    this.#told = this.#done
    return since
  }

  /** Waits until all have ended. */
  async rest(): Promise<void> {
    await Promise.all(this.#running)
    if (this.#failure !== undefined) throw this.#failure
  }

  #start(): void {
    const running = this.#work(++this.#made)
      .catch((error: unknown) => void (this.#failure ??= error))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #work(thread: number): Promise<void> {
    const { cgroup, pins } = this.#place
    const ending = endings[thread % endings.length] ?? 'end'
    const workerData: Task = { cgroup, pins, thread, sharedMap: this.#sharedMap, cycles: cyclesEach, ending }
    const worker = new Worker(new URL('lifecycle-worker.ts', import.meta.url), {
      workerData,
      stderr: true,
      stdout: true,
    })
    let done = 0
    worker.on('message', ({ failing }: Done) => {
      this.#done++
      if (failing) this.failing++
      if (++done === cyclesEach - 2 && ending === 'terminate') void worker.terminate()
    })
    let thrown: unknown
    worker.on('error', (error) => (thrown = error))
    // Not `once`, which rejects for an exception that is on purpose.
    await new Promise((resolve) => worker.once('exit', resolve))
    this.ended++
    // A pin outlives the thread that was about to remove it.
    if (ending === 'terminate') rmSync(pinOf(pins, thread), { force: true })
    const expected = ending === 'throw' ? 'on purpose' : undefined
    if ((thrown as Error | undefined)?.message !== expected) throw thrown ?? new Error('a worker did not throw')
    if (ending !== 'terminate' && done !== cyclesEach) throw new Error(`a worker did ${done} of ${cyclesEach} cycles`)
  }
}
