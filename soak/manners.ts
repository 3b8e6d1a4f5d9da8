// The ways of reading that the soak `events` takes in turn. Each reads until its signal is aborted, and says how many records it had.

import { once } from 'node:events'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { RingBuf } from 'ayajs'
import { numbered, type Numbered, type RingOptions } from '../__test__/helpers/rings.ts'

/** What is read, and until when. */
export interface Reading {
  readonly ring: RingBuf<Uint8Array>
  /** By which a worker opens the same ring. */
  readonly options: RingOptions
  readonly signal: AbortSignal
}

type Manner = (reading: Reading) => Promise<number>

export const manners: readonly Manner[] = [
  async function records({ ring, signal }) {
    const counter = new Counter()
    return untilAborted(signal, counter, async () => {
      for await (const record of ring.as(numbered).events({ signal })) counter.add(record)
    })
  },
  async function batches({ ring, signal }) {
    const counter = new Counter()
    return untilAborted(signal, counter, async () => {
      for await (const batch of ring.as(numbered).batches({ signal, maxRecords: 500 })) {
        for (const record of batch.decode()) counter.add(record)
      }
    })
  },
  async function reusedBatches({ ring, signal }) {
    const counter = new Counter()
    return untilAborted(signal, counter, async () => {
      for await (const batch of ring.batches({ signal, reuse: true })) {
        for (let index = 0; index < batch.count; index++) {
          counter.add(numbered.decode({ bytes: batch.bytes, view: batch.view }, batch.offset(index)))
        }
      }
    })
  },
  async function loopsThatAreLeft({ ring, signal }) {
    const counter = new Counter()
    return untilAborted(signal, counter, async () => {
      for (let times = 1; ; times++) {
        for await (const record of ring.as(numbered).events({ signal })) {
          counter.add(record)
          if (counter.count % 97 === 0) break
        }
        if (times % 100 === 0) await turn()
      }
    })
  },
  async function polling({ ring, signal }) {
    const counter = new Counter()
    while (!signal.aborted) {
      for (const record of ring.as(numbered).drain({ maxRecords: 3_000 })) counter.add(record)
      await turn()
    }
    return counter.count
  },
  async function pausing({ ring, signal }) {
    const counter = new Counter()
    return untilAborted(signal, counter, async () => {
      for await (const batch of ring.as(numbered).batches({ signal })) {
        for (const record of batch) counter.add(record)
        await sleep(5)
      }
    })
  },
  async function inAWorker({ ring, options, signal }) {
    // There is one reader in a process: that of this thread makes room. What it has drained it has delivered.
    ring.close()
    const worker = new Worker(new URL('events-worker.ts', import.meta.url), { workerData: options })
    try {
      if (!signal.aborted) await once(signal, 'abort')
      worker.postMessage('enough')
      const [count] = (await once(worker, 'message')) as [number]
      return count
    } finally {
      await worker.terminate()
    }
  },
]

/** Counts records, and sees that each is whole and comes after the one before. */
export class Counter {
  count = 0
  #last = -1

  add({ number, isWhole }: Numbered): void {
    if (!isWhole || number <= this.#last) throw new Error(`record ${number} came after ${this.#last}`)
    this.#last = number
    this.count++
  }
}

/** Counts what a loop adds, which its signal ends by an exception. */
export async function untilAborted(signal: AbortSignal, counter: Counter, loop: () => Promise<void>): Promise<number> {
  try {
    await loop()
  } catch (error) {
    if (error !== signal.reason) throw error
  }
  return counter.count
}
