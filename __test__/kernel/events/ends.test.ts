// Rings and the ends of those who read them: many at a time, in workers, in processes, in the middle of a flood.
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { Ebpf } from 'ayajs'
import { commandOf, startChild, type Child } from '../../helpers/children.ts'
import { fixturePath } from '../../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { pageSize } from '../../helpers/page-size.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { slowness, until } from '../../helpers/poll.ts'
import type { Reading } from '../../helpers/ring-actor.ts'
import { numberOf, numbered, openRing, ringOptions, startWriter, upTo, withRing } from '../../helpers/rings.ts'

leaveNothingBehind(test)

test('64 rings in one process are read side by side, by one thread that waits, which ends with the last of them', async (t) => {
  const rings = upTo(64).map(() => withRing(Ebpf.loadFile(fixturePath('ring'), ringOptions({}))))
  t.teardown(() => rings.forEach(({ bpf }) => bpf.close()))
  const loops = rings.map(async ({ ring }) => {
    const seen: number[] = []
    for await (const record of ring) if (seen.push(numberOf(record)) === 10) break
    return seen
  })
  // One program writes into one ring only, and 64 are enough for this kernel.
  for (const { write } of rings) write(10)
  for (const seen of await Promise.all(loops)) t.deepEqual(seen, upTo(10))
  t.is(pollers(), 1)
  for (const { bpf } of rings) bpf.close()
  t.is(pollers(), 0)
})

test('Rings are read in 20 workers at the same time', async (t) => {
  // Each compiles this file's helpers anew, for half a second of CPU time: on an emulated one twenty take minutes.
  const workers = upTo(slowness > 1 ? 4 : 20)
  const ends = workers.map(async () => {
    const { worker, ended } = startWorker(t, { options: {}, ending: 'some' })
    const [count] = (await once(worker, 'message')) as [number]
    return [count, ...(await ended)]
  })
  t.deepEqual(
    await Promise.all(ends),
    workers.map(() => [100, 0]),
  )
  t.is(pollers(), 0)
  t.true(await until(() => ownDescriptors().length === 0))
})

test('Workers that are terminated in the middle of a flood leave nothing behind, and their ring free', async (t) => {
  const pin = `${makePinDirectory(t)}/events`
  for (let round = 0; round < 10; round++) {
    const { worker } = startWorker(t, { options: { pin }, ending: 'flood' })
    await once(worker, 'message')
    await worker.terminate()
  }
  t.is(pollers(), 0)
  t.true(await until(() => ownDescriptors().length === 0))
  const { ring, write } = openRing(t, { pin })
  ring.drain()
  write(1)
  t.is(ring.drain().count, 1)
})

test('A worker that is terminated while it waits leaves nothing behind', async (t) => {
  const { worker } = startWorker(t, { options: {}, ending: 'wait' })
  await once(worker, 'message')
  await worker.terminate()
  t.is(pollers(), 0)
  t.true(await until(() => ownDescriptors().length === 0))
})

test('A ring that is read in a worker is refused in another thread', async (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const { worker } = startWorker(t, { options: { pin }, ending: 'wait' })
  await once(worker, 'message')
  const { ring, write } = openRing(t, { pin })
  t.throws(() => ring.drain(), { code: 'ERR_EBPF_BUSY' })
  await t.throwsAsync(ring.events().next(), { code: 'ERR_EBPF_BUSY' })
  await worker.terminate()
  write(1)
  t.is(ring.drain().count, 1)
})

test('`process.exit()` in the middle of a flood ends the process with its code', async (t) => {
  const child = startActor(t, { options: {}, ending: 'flood, then exit' })
  t.is(await child.next(), 'reading')
  t.like(await child.ended, { code: 7, signal: null, stderr: '' })
})

test('A process that is killed in the middle of a flood leaves nothing behind', async (t) => {
  const child = startActor(t, { options: {}, ending: 'flood' })
  t.is(await child.next(), 'reading')
  child.kill('SIGKILL')
  t.like(await child.ended, { signal: 'SIGKILL' })
})

for (const ending of ['idle', 'unref'] as const) {
  const title = { idle: 'A ring that nobody waits for', unref: 'A loop that waits after unref()' }[ending]
  test(`${title} does not keep its process alive`, async (t) => {
    const child = startActor(t, { options: {}, ending })
    t.is(await child.next(), 'reading')
    // 13 is how Node says that something is still awaited at the top level of the program.
    t.like(await child.ended, { code: ending === 'idle' ? 0 : 13, signal: null })
  })
}

test('A loop that waits keeps its process alive', async (t) => {
  const child = startActor(t, { options: {}, ending: 'wait' })
  t.is(await child.next(), 'reading')
  const first = await Promise.race([child.ended, sleep(300, 'alive')])
  t.is(first, 'alive')
})

test('A pinned ring delivers what another process writes, also what it wrote before it ended', async (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const writer = startWriter(t, { options: { pin }, times: 5, runs: 2 })
  t.is(await writer.next(), 'started')
  t.deepEqual(await writer.next(), { produced: 10, lost: 0 })
  t.like(await writer.ended, { code: 0 })
  const { ring } = openRing(t, { pin })
  t.deepEqual([...ring.drain()].map(numberOf), upTo(10))
})

test('A pinned ring of another size than declared is refused, and read in its real size where it is given', async (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const { ring } = openRing(t, { pin, size: 2 ** 17 })
  t.is(ring.stats().size, 2 ** 17)
  t.throws(() => openRing(t, { pin, size: pageSize }), { code: 'ERR_EBPF_MAP' })
  t.is(openRing(t, { size: pageSize + 1 }).ring.stats().size, 2 * pageSize)
})

test('A producer that is faster than any consumer loses exactly what was not delivered, and the kernel is the queue', async (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const options = { pin, size: 2 ** 16 }
  const { ring } = openRing(t, options)
  const writer = startWriter(t, { options, times: 5_000, runs: 200 })
  const typed = ring.as(numbered)
  let [delivered, last] = [0, -1]
  const end = new AbortController()
  const done = (async () => {
    t.is(await writer.next(), 'started')
    const counts = await writer.next<{ produced: number; lost: number }>()
    end.abort(new Error('the producer has ended'))
    return counts
  })()
  const loop = async (): Promise<void> => {
    for await (const { number, isWhole } of typed.events({ signal: end.signal })) {
      if (number <= last || !isWhole) t.fail(`${number} after ${last}`)
      last = number
      // A consumer that is paused for a while, in the middle.
      if (++delivered === 10_000) await sleep(500)
    }
  }
  await t.throwsAsync(loop, { message: 'the producer has ended' })
  const { produced, lost } = await done
  delivered += typed.drain().count
  t.is(produced, 1_000_000)
  t.is(delivered + lost, produced)
  t.true(lost > 0)
})

test('A consumer that pauses for seconds in a flood gets all that fitted into the ring, and the rest is counted as lost', async (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const options = { pin, size: 2 ** 16 }
  const { ring } = openRing(t, options)
  const writer = startWriter(t, { options, times: 1_000, runs: 300, pauseMs: 10 })
  const seen: number[] = []
  let counts = { produced: 0, lost: 0 }
  for await (const record of ring) {
    seen.push(numberOf(record))
    if (seen.length === 1) {
      t.is(await writer.next(), 'started')
      counts = await writer.next() // It has written for three seconds at least.
    }
    if (ring.stats().pendingBytes === 0) break
  }
  t.is(counts.produced, 300_000)
  // Nothing was taken from the ring meanwhile: what found room came first, without a gap.
  t.deepEqual(seen, upTo(counts.produced - counts.lost))
  t.true(seen.length >= Math.floor((2 ** 16 - 1) / 24), `${seen.length} records`)
})

test('A flood that is read for a while takes no more descriptors and memory than in the beginning', async (t) => {
  const { ring, write } = openRing(t, { size: 2 ** 20 })
  const typed = ring.as(numbered)
  const round = async (): Promise<void> => {
    for (let loop = 0; loop < 50; loop++) {
      write(40_000)
      let left = 40_000
      for await (const _ of typed) if (--left === 20_000) break
      for await (const batch of ring.batches({ reuse: true })) if ((left -= batch.count) === 0) break
      const waiting = ring.events().next()
      write(1)
      await waiting
      ring.close()
    }
    globalThis.gc?.()
  }
  await round()
  const [descriptors, memory] = [readdirSync('/proc/self/fd').length, process.memoryUsage().rss]
  for (let again = 0; again < 4; again++) await round()
  t.is(readdirSync('/proc/self/fd').length, descriptors)
  const grown = process.memoryUsage().rss - memory
  t.true(grown < 48 * 2 ** 20, `${grown} bytes more`)
})

interface RunningWorker {
  readonly worker: Worker
  readonly ended: Promise<unknown[]>
}

function startWorker(t: ExecutionContext, workerData: Reading): RunningWorker {
  const worker = new Worker(new URL('../../helpers/ring-actor.ts', import.meta.url), { workerData })
  t.teardown(() => worker.terminate())
  return { worker, ended: once(worker, 'exit') }
}

function startActor(t: ExecutionContext, reading: Reading): Child {
  return startChild(t, commandOf('ring-actor.ts', JSON.stringify(reading)))
}

/** How many threads of ours wait for rings. */
function pollers(): number {
  const names = readdirSync('/proc/self/task').map((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, 'utf8')
    } catch {
      return '' // It has ended.
    }
  })
  return names.filter((name) => name === 'ayajs-events\n').length
}

test('a loop over a ring whose object is closed is rejected, whether or not the ring had been read before', async (t) => {
  for (const isRead of [false, true]) {
    const { ring, bpf } = openRing(t)
    if (isRead) ring.drain()
    bpf.close()
    const loop = async (): Promise<void> => {
      for await (const record of ring) t.fail(`${record.length} bytes`)
    }
    await t.throwsAsync(loop, { code: 'ERR_EBPF_CLOSED' })
  }
})
