// Walks off the event loop, until a signal says stop.
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { ArrayMap, BytesMap, type HashMap } from 'ayajs'
import { u32Key } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing, makeHash, makeTypedHash, numbered, sizeOf } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

test('entriesAsync gives every entry once, in pieces of any size', async (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  for (const options of [{}, { maxEntries: 1 }, { maxEntries: 77 }, { maxEntries: 100_000 }]) {
    const entries = await all(hash.entriesAsync(options))
    t.deepEqual(
      entries.sort(([a], [b]) => a - b),
      numbered(5000),
      JSON.stringify(options),
    )
  }
  const array = closing(t, ArrayMap.create({ valueSize: 4, maxEntries: 10 }))
  t.deepEqual(
    (await all(array.entriesAsync())).map(([index]) => index),
    [...Array(10).keys()],
  )
})

test('entriesAsync leaves the event loop free, with and without batches', async (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  const devices = closing(t, BytesMap.create({ mapType: 'DevMapHash', keySize: 4, valueSize: 4, maxEntries: 2048 }))
  for (let key = 0; key < 2000; key++) devices.set(u32Key(key), u32Key(1))
  for (const map of [hash, devices] as { entriesAsync: BytesMap['entriesAsync'] }[]) {
    let turns = 0
    const counter = setInterval(() => turns++, 0)
    const entries = await all(map.entriesAsync({ maxEntries: 100 }))
    clearInterval(counter)
    t.true(entries.length >= 2000)
    t.true(turns > 0)
  }
})

test('entriesAsync of a signal that was aborted before throws its reason', async (t) => {
  const reason = new Error('no more')
  const hash = makeTypedHash(t)
  hash.setAll(numbered(3))
  t.is(await t.throwsAsync(all(hash.entriesAsync({ signal: AbortSignal.abort(reason) }))), reason)
  t.is(await t.throwsAsync(all(makeTypedHash(t).entriesAsync({ signal: AbortSignal.abort(reason) }))), reason)
})

test('entriesAsync throws the reason of a signal that is aborted between two entries, and while it fetches', async (t) => {
  const hash = makeTypedHash(t)
  hash.setAll(numbered(10))
  const between = new AbortController()
  const reason = new Error('no more')
  let seen = 0
  const walk = async (): Promise<void> => {
    for await (const _ of hash.entriesAsync({ signal: between.signal })) if (++seen === 4) between.abort(reason)
  }
  t.is(await t.throwsAsync(walk()), reason)
  t.is(seen, 4)
  const during = new AbortController()
  const first = hash.entriesAsync({ signal: during.signal }).next()
  await Promise.resolve()
  during.abort(reason)
  t.is(await t.throwsAsync(first), reason)
})

test('a signal that is aborted after the walk changes nothing, and nothing listens to it any more', async (t) => {
  const hash = makeTypedHash(t)
  hash.setAll(numbered(10))
  const controller = new AbortController()
  t.is((await all(hash.entriesAsync({ signal: controller.signal, maxEntries: 1 }))).length, 10)
  controller.abort()
  t.is(sizeOf(hash), 10)
})

test('entriesAsync checks its options at once', (t) => {
  const hash = makeTypedHash(t)
  const walk = (options: unknown): unknown => hash.entriesAsync(options as object)
  t.throws(() => walk({ signal: {} }), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  t.throws(() => walk({ maxEntries: 0 }), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => walk({ maxEntries: '1' }), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  t.throws(() => walk({ signals: 1 }), { code: 'ERR_INVALID_ARG_VALUE', message: /did you mean "signal"\?/ })
  t.throws(() => walk(null), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
})

test('a map that is closed while entriesAsync fetches throws ERR_EBPF_CLOSED, or ends', async (t) => {
  const hash: HashMap<Uint8Array, Uint8Array> = makeHash(t, { maxEntries: 5000 })
  for (let index = 0; index < 5000; index++) hash.set(u32Key(index), new Uint8Array(8))
  const walk = async (): Promise<void> => {
    for await (const _ of hash.entriesAsync({ maxEntries: 50 })) hash.close()
  }
  await t.throwsAsync(walk(), { code: 'ERR_EBPF_CLOSED' })
})

test('batchesAsync gives packed entries, and takes them out with remove', async (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  const batches = await all(hash.asBytes().batchesAsync({ maxEntries: 512 }))
  t.is(
    batches.reduce((sum, { count }) => sum + count, 0),
    5000,
  )
  t.true(batches.every(({ keys, values, count }) => keys.length === count * 4 && values.length === count * 8))
  const [first] = batches
  const rest = await all(hash.asBytes().batchesAsync({ cursor: first?.cursor }))
  t.is(
    rest.reduce((sum, { count }) => sum + count, first?.count ?? 0),
    5000,
  )
  const taken = await all(hash.asBytes().batchesAsync({ remove: true }))
  t.is(
    taken.reduce((sum, { count }) => sum + count, 0),
    5000,
  )
  t.is(sizeOf(hash), 0)
})

test('batchesAsync with remove hands out what it has taken before it throws the reason of its signal', async (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  const controller = new AbortController()
  const reason = new Error('no more')
  let taken = 0
  const walk = async (): Promise<void> => {
    const batches = hash.asBytes().batchesAsync({ remove: true, maxEntries: 100, signal: controller.signal })
    const first = batches.next()
    await setImmediate()
    controller.abort(reason)
    const { value } = await first
    taken = value?.count ?? 0
    for await (const { count } of batches) taken += count
  }
  t.is(await t.throwsAsync(walk()), reason)
  t.true(taken > 0)
  t.is(taken + sizeOf(hash), 5000)
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
