// A worker of the soak `events`: reads a pinned ring until it is told that it is enough, and says how many records it had.

import { parentPort, workerData } from 'node:worker_threads'
import { Ebpf } from 'ayajs'
import { fixturePath } from '../__test__/helpers/fixtures.ts'
import { numbered, ringOptions, withRing, type RingOptions } from '../__test__/helpers/rings.ts'
import { Counter, untilAborted } from './manners.ts'

const { ring } = withRing(Ebpf.loadFile(fixturePath('ring'), ringOptions(workerData as RingOptions)))
const end = new AbortController()
parentPort?.once('message', () => end.abort(new Error('enough')))

const { signal } = end
const counter = new Counter()
await untilAborted(signal, counter, async () => {
  for await (const record of ring.as(numbered).events({ signal })) counter.add(record)
})
// What the loop had drained, and not delivered, is this thread's alone.
for (const record of ring.as(numbered).drain()) counter.add(record)
parentPort?.postMessage(counter.count)
