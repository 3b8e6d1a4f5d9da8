// A child process or a worker that reads a ring, tells when it has begun, and comes to an end in a stated way.
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Ebpf } from 'ayajs'
import { fixturePath } from './fixtures.ts'
import { ringOptions, withRing, type RingOptions } from './rings.ts'

export interface Reading {
  readonly options: RingOptions
  /**
   * `flood`: writes to itself without end. `flood, then exit`: calls `process.exit()` in the middle of it. `wait`: for
   * what nobody writes. `idle`: has waited once, and does no more. `unref`: waits, and does not want to be kept alive for
   * it. `some`: reads until it has seen a hundred records of its own.
   */
  readonly ending: 'flood' | 'flood, then exit' | 'wait' | 'idle' | 'unref' | 'some'
}

const { options, ending } = (parentPort === null ? JSON.parse(process.argv[2] ?? '') : workerData) as Reading
const { ring, write } = withRing(Ebpf.loadFile(fixturePath('ring'), ringOptions(options)))

if (ending.startsWith('flood')) await flood()
else if (ending === 'some') await some()
else if (ending === 'idle') await idle()
else await wait()

async function flood(): Promise<void> {
  write(1000)
  let count = 0
  for await (const _ of ring) {
    if (++count % 100 === 0) write(1000)
    if (count === 1000) await tell('reading')
    if (count === 5000 && ending === 'flood, then exit') process.exit(7)
  }
}

async function some(): Promise<void> {
  setTimeout(() => write(100), 1)
  let count = 0
  for await (const _ of ring) if (++count === 100) break
  await tell(count)
}

async function idle(): Promise<void> {
  write(1)
  for await (const _ of ring) break
  await tell('reading')
}

async function wait(): Promise<void> {
  if (ending === 'unref') ring.unref()
  setTimeout(() => void tell('reading'), 1)
  for await (const _ of ring) await sleep(1)
}

async function tell(message: unknown): Promise<void> {
  if (parentPort === null) await new Promise((resolve) => process.send?.(message, undefined, undefined, resolve))
  else parentPort.postMessage(message)
  if (ending === 'idle' || ending === 'unref') process.channel?.unref()
}
