// How a loop over a ring buffer waits and ends: break, throw, abort, close, and what the event loop does meanwhile.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { until } from '../../helpers/poll.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { numberOf, numbered, openRing, startWriter, upTo } from '../../helpers/rings.ts'

leaveNothingBehind(test)

test('A loop over a RingBuf waits for records, and goes on when they come', async (t) => {
  const { ring, write } = openRing(t)
  const seen: number[] = []
  const loop = (async () => {
    for await (const record of ring) if (seen.push(numberOf(record)) === 30) break
  })()
  for (let round = 0; round < 10; round++) {
    await sleep(1)
    write(3)
    t.true(await until(() => seen.length === (round + 1) * 3))
  }
  await loop
  t.deepEqual(seen, upTo(30))
  t.true(ring.stats().wakeUps >= 10)
})

test('RingBuf.close ends a loop that waits, and one that does not', async (t) => {
  const { ring, write } = openRing(t)
  const waiting = ring.events().next()
  await turn()
  ring.close()
  t.deepEqual(await waiting, { done: true, value: undefined })
  write(3)
  const seen: number[] = []
  for await (const record of ring) {
    seen.push(numberOf(record))
    ring.close()
  }
  t.deepEqual(seen, [0])
  t.notThrows(() => ring.close())
})

test('Closing the object ends a loop that waits', async (t) => {
  const { ring, bpf } = openRing(t)
  const waiting = ring.batches().next()
  await turn()
  bpf.close()
  t.deepEqual(await waiting, { done: true, value: undefined })
  t.true(ring.closed)
})

test('Closing a ring that was taken ends a loop that waits', async (t) => {
  const { ring, bpf } = openRing(t)
  bpf.takeMap('events')
  bpf.close()
  const waiting = ring.events().next()
  await turn()
  ring.close()
  t.deepEqual(await waiting, { done: true, value: undefined })
  t.true(ring.closed)
})

test('A ring whose object was closed before is refused with ERR_EBPF_CLOSED', async (t) => {
  const { ring, bpf } = openRing(t)
  bpf.close()
  await t.throwsAsync(ring.events().next(), { code: 'ERR_EBPF_CLOSED' })
  await t.throwsAsync(ring.batches().next(), { code: 'ERR_EBPF_CLOSED' })
  t.throws(() => ring.drain(), { code: 'ERR_EBPF_CLOSED' })
  t.throws(() => ring.stats(), { code: 'ERR_EBPF_CLOSED' })
  t.notThrows(() => ring.close())
})

test('A signal that was aborted before refuses the first next(), and nothing is read', async (t) => {
  const { ring, write } = openRing(t)
  write(1)
  const iterator = ring.events({ signal: AbortSignal.abort(new Error('before')) })
  await t.throwsAsync(iterator.next(), { message: 'before' })
  t.deepEqual(await iterator.next(), { done: true, value: undefined })
  t.is(ring.drain().count, 1)
})

test('A signal that is aborted while next() waits rejects it with its reason', async (t) => {
  const { ring } = openRing(t)
  const controller = new AbortController()
  const waiting = ring.batches({ signal: controller.signal }).next()
  await turn()
  controller.abort()
  await t.throwsAsync(waiting, { name: 'AbortError', any: true })
  t.is(ring.drain().count, 0)
})

test('A signal that is aborted between two records rejects the next one, which is kept', async (t) => {
  const { ring, write } = openRing(t)
  write(3)
  const controller = new AbortController()
  const seen: number[] = []
  const loop = async (): Promise<void> => {
    for await (const record of ring.events({ signal: controller.signal })) {
      seen.push(numberOf(record))
      controller.abort(new Error('between'))
    }
  }
  await t.throwsAsync(loop, { message: 'between' })
  t.deepEqual(seen, [0])
  t.deepEqual([...ring.drain()].map(numberOf), [1, 2])
})

test('A signal that is aborted after the loop has ended does nothing', async (t) => {
  const { ring, write } = openRing(t)
  const controller = new AbortController()
  write(2)
  for await (const _ of ring.events({ signal: controller.signal })) break
  controller.abort()
  t.is(ring.drain().count, 1)
})

test('A timeout aborts a loop in the middle of an endless flood', async (t) => {
  const { ring, write } = openRing(t, { size: 2 ** 20 })
  let count = 0
  write(1)
  const loop = async (): Promise<void> => {
    for await (const _ of ring.events({ signal: AbortSignal.timeout(50) })) if (count++ % 10_000 === 0) write(20_000)
  }
  await t.throwsAsync(loop, { name: 'TimeoutError', any: true })
  t.true(count > 0)
})

for (const way of ['events', 'batches'] as const) {
  test(`Timers run while ${way} deliver an endless flood`, async (t) => {
    const { ring, write } = openRing(t, { size: 2 ** 20 })
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    t.teardown(() => clearInterval(timer))
    let count = 0
    write(40_000)
    for await (const _ of ring[way]()) {
      if (way === 'batches' || count++ % 20_000 === 0) write(20_000)
      if (ticks === 20) break
    }
    t.is(ticks, 20)
  })
}

test('A loop that throws lets the next one begin', async (t) => {
  const { ring, write } = openRing(t)
  write(2)
  const loop = async (): Promise<void> => {
    for await (const _ of ring) throw new Error('on purpose')
  }
  await t.throwsAsync(loop, { message: 'on purpose' })
  t.deepEqual([...ring.drain()].map(numberOf), [1])
})

test('A second loop over the same ring is refused while the first one has not ended', async (t) => {
  const { ring, write } = openRing(t)
  write(2)
  const first = ring.events()
  await first.next()
  await t.throwsAsync(ring.events().next(), { code: 'ERR_EBPF_BUSY' })
  await t.throwsAsync(ring.as(numbered).batches().next(), { code: 'ERR_EBPF_BUSY' })
  t.throws(() => ring.drain(), { code: 'ERR_EBPF_BUSY' })
  t.is(numberOf((await first.next()).value ?? new Uint8Array(8)), 1)
  await first.return()
  write(1)
  t.is(ring.drain().count, 1)
})

test('A second object for the same ring is refused while the first one reads, and reads after it', (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const one = openRing(t, { pin })
  const other = openRing(t, { pin })
  one.write(2)
  t.is(one.ring.drain({ maxRecords: 1 }).count, 1)
  const error = t.throws(() => other.ring.drain(), { code: 'ERR_EBPF_BUSY' })
  t.regex(
    error?.message ?? '',
    /has a reader in this process.*Read with the object that reads already, or close\(\) that/,
  )
  one.ring.close()
  t.deepEqual([...other.ring.drain()].map(numberOf), [1])
})

test('Calls of next() that overlap get records in turn, and all end together', async (t) => {
  const { ring, write } = openRing(t)
  const iterator = ring.events()
  const calls = [iterator.next(), iterator.next(), iterator.next(), iterator.next()]
  await turn()
  write(2)
  t.deepEqual(
    (await Promise.all(calls.slice(0, 2))).map(({ value }) => numberOf(value ?? new Uint8Array(8))),
    [0, 1],
  )
  await iterator.return()
  t.deepEqual(await Promise.all(calls.slice(2)), [
    { done: true, value: undefined },
    { done: true, value: undefined },
  ])
})

test('No wake-up is lost when every record finds a loop that has just gone to sleep', async (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const { ring } = openRing(t, { pin, size: 2 ** 16 })
  const runs = 5_000
  const writer = startWriter(t, { options: { pin, size: 2 ** 16 }, times: 1, runs })
  let next = 0
  for await (const { number, isWhole } of ring.as(numbered)) {
    if (number !== next++ || !isWhole) t.fail(`${number} instead of ${next - 1}`)
    if (next === runs) break
  }
  t.is(await writer.next(), 'started')
  t.deepEqual(await writer.next(), { produced: runs, lost: 0 })
  t.true(ring.stats().wakeUps > 0)
})

test('The programs may be unloaded while a loop waits: it goes on waiting, and ends when it is told to', async (t) => {
  const { ring, bpf, write } = openRing(t)
  write(1)
  const iterator = ring.events()
  await iterator.next()
  const waiting = iterator.next()
  for (const [, program] of bpf.programs()) if (program.asRawFd() !== null) program.unload()
  await sleep(5)
  ring.close()
  t.deepEqual(await waiting, { done: true, value: undefined })
})
