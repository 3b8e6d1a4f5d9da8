// What a ring buffer delivers: every record once, in order, whole, whatever its size and wherever in the ring it stands.
import { Readable } from 'node:stream'
import test from 'ava'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { numberOf, numbered, openRing, upTo } from '../../helpers/rings.ts'

leaveNothingBehind(test)

test('RingBuf delivers every record once and in order, through many rounds of a ring of one page', async (t) => {
  const { ring, write } = openRing(t)
  const typed = ring.as(numbered)
  const seen: number[] = []
  for (let round = 0; round < 200; round++) {
    write(100) // 2,400 of 4,096 bytes: every other round wraps.
    for (const { number, isWhole } of typed.drain()) {
      t.true(isWhole)
      seen.push(number)
    }
  }
  t.deepEqual(seen, upTo(20_000))
  t.is(ring.stats().consumed, 20_000)
  t.is(ring.stats().lost, 0)
})

for (const recordSize of [8, 9, 15, 16, 17, 500, 1000, 4080]) {
  test(`RingBuf delivers records of ${recordSize} bytes that wrap around the end of the ring`, (t) => {
    const { ring, write } = openRing(t, { recordSize })
    for (let number = 0; number < 50; number++) {
      write(1, 'write_sized')
      const batch = ring.drain()
      t.is(batch.count, 1)
      t.is(batch.length(0), recordSize)
      t.is(numberOf(batch.record(0)), number)
      t.true(
        batch
          .record(0)
          .subarray(8)
          .every((byte) => byte === 0),
      )
    }
  })
}

test('RingBuf delivers a ring of 64 MiB, filled to the last record', async (t) => {
  const { ring, write } = openRing(t, { size: 64 * 2 ** 20 })
  write(3_000_000)
  const { lost = 0, pendingBytes } = ring.stats()
  const fits = Math.floor((64 * 2 ** 20) / 24)
  t.true(fits - (3_000_000 - lost) <= 1, 'the kernel keeps one byte free')
  t.is(pendingBytes, (3_000_000 - lost) * 24)
  let next = 0
  for await (const batch of ring.batches({ reuse: true })) {
    for (let index = 0; index < batch.count; index++) {
      if (batch.view.getUint32(batch.offset(index), true) !== next++) t.fail(`${next - 1} is missing`)
    }
    if (ring.stats().pendingBytes === 0) break
  }
  t.is(next, 3_000_000 - lost)
})

test('RingBuf.drain gives all of a full ring in one batch', (t) => {
  const { ring, write } = openRing(t, { size: 4 * 2 ** 20 })
  write(200_000)
  const batch = ring.drain()
  t.is(batch.count, 200_000 - (ring.stats().lost ?? 0))
  t.is(numberOf(batch.record(batch.count - 1)), batch.count - 1)
  t.is(ring.drain().count, 0)
})

test('RingBuf delivers a record of 1 MiB, and small ones after it', async (t) => {
  const { ring, write } = openRing(t, { size: 4 * 2 ** 20, recordSize: 2 ** 20 })
  write(1)
  write(2, 'write_sized')
  write(1)
  const seen: [number, number][] = []
  for await (const record of ring) if (seen.push([numberOf(record), record.length]) === 4) break
  t.deepEqual(seen, [
    [0, 16],
    [1, 2 ** 20],
    [2, 2 ** 20],
    [3, 16],
  ])
})

test('RingBuf delivers records without any bytes', (t) => {
  const { ring, write } = openRing(t)
  write(3, 'write_nothing')
  t.deepEqual([...ring.drain()], [new Uint8Array(), new Uint8Array(), new Uint8Array()])
})

test('RingBuf skips discarded records, and counts them', async (t) => {
  const { ring, write } = openRing(t, { size: 2 ** 20 })
  write(9_000, 'discard_most')
  const batch = ring.as(numbered).drain()
  t.deepEqual(
    batch.decode().map(({ number }) => number),
    upTo(3_000).map((index) => index * 3),
  )
  t.is(ring.stats().discarded, 6_000)
})

test('RingBuf goes on waiting when all that came was discarded', async (t) => {
  const { ring, write } = openRing(t)
  write(1, 'discard_most') // Number 0 is not.
  t.is(ring.drain().count, 1)
  const next = ring.events().next()
  write(2, 'discard_most')
  await new Promise(setImmediate)
  write(1)
  t.is(numberOf((await next).value ?? new Uint8Array(8)), 3)
})

test('RingBuf.drain finds records that woke nobody up', (t) => {
  const { ring, write } = openRing(t)
  t.is(ring.drain().count, 0)
  write(5, 'write_silently')
  t.is(ring.drain().count, 5)
})

test('RingBuf.drain and batches give at most maxRecords, and the rest the next time', async (t) => {
  const { ring, write } = openRing(t)
  write(10)
  t.is(ring.drain({ maxRecords: 3 }).count, 3)
  const counts: number[] = []
  for await (const batch of ring.batches({ maxRecords: 3 })) {
    counts.push(batch.count)
    if (counts.length === 3) break
  }
  t.deepEqual(counts, [3, 3, 1])
  t.is(ring.stats().pendingBytes, 0)
})

test('What a loop has drained and not delivered is kept for the next one, of whatever kind', async (t) => {
  const { ring, write } = openRing(t)
  write(20)
  const seen: number[] = []
  for await (const record of ring) if (seen.push(numberOf(record)) === 3) break
  t.is(ring.stats().pendingBytes, 17 * 24)
  for await (const { number } of ring.as(numbered)) if (seen.push(number) === 6) break
  for await (const batch of ring.batches({ maxRecords: 4 })) {
    seen.push(...[...batch].map(numberOf))
    break
  }
  write(2)
  seen.push(...[...ring.drain({ maxRecords: 11 })].map(numberOf), ...[...ring.drain()].map(numberOf))
  t.deepEqual(seen, upTo(22))
})

test('RingBuf.batches gives memory of its own each time, or the same one where that was asked for', async (t) => {
  const { ring, write } = openRing(t)
  for (const reuse of [false, true]) {
    write(2)
    const iterator = ring.batches({ maxRecords: 1, reuse })
    const first = (await iterator.next()).value
    const before = first?.record(0)
    const second = (await iterator.next()).value
    await iterator.return()
    t.is(first === second, reuse)
    t.is(before?.buffer === second?.record(0).buffer, reuse)
    if (!reuse) t.is(numberOf(first?.record(0) ?? new Uint8Array(8)), 0)
  }
})

test('A batch gives the same records by index, in a loop and all at once, wherever it begins in what was drained', async (t) => {
  const { ring, write } = openRing(t)
  const typed = ring.as(numbered)
  for (const reuse of [false, true]) {
    write(5)
    write(20, 'discard_most')
    write(5)
    const expected = [...typed.drain()].map(({ number }) => number)
    ring.close()
    write(5)
    write(20, 'discard_most')
    write(5)
    const seen: number[] = []
    for await (const batch of typed.batches({ maxRecords: 3, reuse })) {
      const byIndex = Array.from({ length: batch.count }, (_, index) => numberOf(batch.record(index)))
      t.deepEqual([...batch], batch.decode())
      t.deepEqual(
        batch.decode().map(({ number }) => number),
        byIndex,
      )
      seen.push(...byIndex)
      if (seen.length >= 2 * 3) break
    }
    // What is left of the block, and what is still in the ring.
    const rest = typed.drain()
    t.deepEqual([...rest], rest.decode())
    seen.push(...rest.decode().map(({ number }) => number))
    t.deepEqual(
      seen.map((number) => number - (seen[0] ?? 0)),
      expected.map((number) => number - (expected[0] ?? 0)),
    )
    ring.close()
  }
})

test('A record that was delivered stays as it is, however many come after it', async (t) => {
  const { ring, write } = openRing(t)
  write(1)
  const { value: first } = await ring.events().next()
  ring.close()
  for (let round = 0; round < 10; round++) {
    write(100)
    ring.drain()
  }
  t.is(numberOf(first ?? new Uint8Array(8)), 0)
})

test('EventBatch refuses an index that it does not have', (t) => {
  const { ring, write } = openRing(t)
  write(2)
  const batch = ring.drain()
  for (const index of [-1, 2, 0.5, Number.NaN]) {
    t.throws(() => batch.record(index), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
    t.throws(() => batch.length(index), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
  }
})

test('Readable.from makes a stream of a ring, which ends the loop when it is destroyed', async (t) => {
  const { ring, write } = openRing(t)
  write(5)
  const stream = Readable.from(ring)
  const seen: number[] = []
  for await (const record of stream) if (seen.push(numberOf(record as Uint8Array)) === 5) break
  t.deepEqual(seen, upTo(5))
  t.true(stream.destroyed)
  write(1)
  t.is(ring.drain().count, 1)
})
