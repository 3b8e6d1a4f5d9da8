// What others can do to a ring buffer that they have too: write to the position of its reader, and to nothing else.
import { constants } from 'node:os'
import test, { type ExecutionContext } from 'ava'
import { MapBase, RingBuf } from 'ayajs'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { pageSize } from '../../helpers/page-size.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { startMeddler, type Meddler } from '../../helpers/ring-meddler.ts'
import { numberOf, openRing, upTo, type OpenRing } from '../../helpers/rings.ts'

leaveNothingBehind(test)

const size = pageSize
/** What a record of `write` takes in the ring: 16 bytes with their header. */
const recordSize = 24n

/** A pinned ring, and somebody else who has it. */
function openBoth(t: ExecutionContext): OpenRing & Meddler {
  const pin = `${makePinDirectory(t)}/events`
  return { ...openRing(t, { pin, size }), ...startMeddler(t, { pin, size }) }
}

test('Others can map the position of the reader writable, but neither headers nor records nor the position of the writer', (t) => {
  const { mappingErrors } = openBoth(t)
  const { EPERM, EACCES } = constants.errno
  const [reader, writerAndData, dataAlone, madeWritable] = mappingErrors()
  t.is(reader, 0)
  t.deepEqual([writerAndData, dataAlone], [EPERM, EPERM])
  t.is(madeWritable, EACCES)
})

interface Meddling {
  readonly title: string
  readonly meddle: (meddler: Meddler) => void
}

/** Five records are in the ring, of which two were read, when this happens. */
const meddlings: readonly Meddling[] = [
  { title: 'back to a record that was read', meddle: ({ move }) => move(-recordSize) },
  { title: 'back by less than a record', meddle: ({ move }) => move(-8n) },
  { title: 'to where no record can begin', meddle: ({ move }) => move(3n) },
  { title: 'on to the next record', meddle: ({ move }) => move(recordSize) },
  { title: 'on to the writer, as another reader does', meddle: ({ move }) => move(3n * recordSize) },
  { title: 'beyond the writer', meddle: ({ move }) => move(1000n * recordSize) },
  { title: 'a whole ring back', meddle: ({ move }) => move(BigInt(-size)) },
  { title: 'to the largest number', meddle: ({ set }) => set(2n ** 64n - 1n) },
  { title: 'to the largest place of a record', meddle: ({ set }) => set(2n ** 64n - 8n) },
]

for (const { title, meddle } of meddlings) {
  test(`The position of an open reader, moved ${title}: one error, then what is written from there on`, async (t) => {
    const both = openBoth(t)
    const { ring, write } = both
    write(5)
    t.is(ring.drain({ maxRecords: 2 }).count, 2)
    meddle(both)
    t.true(ring.stats().pendingBytes <= size)
    t.like(
      t.throws(() => ring.drain()),
      { code: 'ERR_EBPF_MAP', map: 'events' },
    )
    await goesOn(t, both)
  })

  test(`The position of a reader that is not open yet, moved ${title}: nothing but the bytes of the ring is delivered`, (t) => {
    const both = openBoth(t)
    both.write(5)
    t.is(both.ring.drain({ maxRecords: 2 }).count, 2)
    both.ring.close()
    meddle(both)
    // There is no telling a place where a record begins from one where it only looks so: each gives records, or an error.
    for (let tries = 0; tries < 20; tries++) {
      try {
        for (const record of both.ring.drain()) t.true(record.length <= size)
      } catch (error) {
        t.like(error, { code: 'ERR_EBPF_MAP', map: 'events' })
      }
    }
    t.true(both.ring.stats().pendingBytes <= size)
  })
}

test('A loop that waits while the position of its reader is moved ends with an error when the kernel wakes it up', async (t) => {
  const both = openBoth(t)
  const waiting = both.ring.events().next()
  both.move(recordSize)
  // The kernel wakes up for the record that stands where the reader is, and that is the second one now.
  both.write(2)
  await t.throwsAsync(waiting, { code: 'ERR_EBPF_MAP' })
  await goesOn(t, both)
})

test('A loop for which the kernel wakes nobody up, because the position of its reader was moved, can be aborted', async (t) => {
  const both = openBoth(t)
  both.write(1)
  t.is(both.ring.drain().count, 1)
  const end = new AbortController()
  const waiting = both.ring.events({ signal: end.signal }).next()
  both.move(-recordSize)
  both.write(1)
  end.abort(new Error('enough'))
  await t.throwsAsync(waiting, { message: 'enough' })
  t.throws(() => both.ring.drain(), { code: 'ERR_EBPF_MAP' })
  await goesOn(t, both)
})

test('A reader whose position was moved a ring back frees the ring again, which is full for the programs', async (t) => {
  const both = openBoth(t)
  both.write(100)
  t.is(both.ring.drain().count, 100)
  both.move(BigInt(-size))
  both.write(10)
  t.is(both.ring.stats().lost, 10)
  t.throws(() => both.ring.drain(), { code: 'ERR_EBPF_MAP' })
  await goesOn(t, both)
})

testIf('user-ring-buffer')('A user ring buffer, whose records others write, is no RingBuf', (t) => {
  const map = MapBase.create({ mapType: 'UserRingBuf', keySize: 0, valueSize: 0, maxEntries: size })
  t.teardown(() => map.close())
  t.throws(() => RingBuf.tryFrom(map), { code: 'ERR_EBPF_UNEXPECTED_MAP_TYPE' })
})

/** What is written now is delivered, every record once, by a loop and by `drain`. */
async function goesOn(t: ExecutionContext, { ring, write, produced }: OpenRing): Promise<void> {
  const from = produced()
  write(6)
  const seen: number[] = []
  for await (const record of ring) if (seen.push(numberOf(record)) === 3) break
  t.deepEqual([...seen, ...[...ring.drain()].map(numberOf)], upTo(6, from))
}
