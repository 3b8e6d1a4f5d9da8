// Maps as bytes: values into the caller's memory, and packed batches, written, read and deleted.
import test from 'ava'
import { type BytesMap, Queue } from 'ayajs'
import { possibleCpus } from '../../helpers/cpus.ts'
import { u32Key } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing, dump, makeHash, makeTypedHash, makeTypedPerCpuHash, numbered, sizeOf } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

test('sizes: a value of a map that is per CPU has all CPUs, each in whole 8 bytes', (t) => {
  const bytes = makeHash(t).asBytes()
  t.deepEqual([bytes.keySize, bytes.valueBytes], [4, 8])
  t.deepEqual(makeTypedPerCpuHash(t).asBytes().valueBytes, possibleCpus() * 8)
})

test('getInto fills the given bytes, and leaves them when there is no such key', (t) => {
  const bytes = makeHash(t).set(u32Key(1), new Uint8Array(8).fill(7)).asBytes()
  const target = new Uint8Array(8)
  t.true(bytes.getInto(u32Key(1), target))
  t.deepEqual(target, new Uint8Array(8).fill(7))
  t.false(bytes.getInto(u32Key(2), target))
  t.deepEqual(target, new Uint8Array(8).fill(7))
  const part = new Uint8Array(16)
  t.true(bytes.getInto(u32Key(1), part.subarray(4, 12)))
  t.deepEqual([...part], [0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0])
})

for (const length of [0, 7, 9]) {
  test(`getInto refuses ${length} bytes where 8 are wanted`, (t) => {
    const bytes = makeHash(t).asBytes()
    const expected = { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /must be 8 bytes large/ }
    t.throws(() => bytes.getInto(u32Key(1), new Uint8Array(length)), expected)
  })
}

test('getInto refuses what is no Uint8Array', (t) => {
  const bytes = makeHash(t).asBytes()
  for (const target of [null, undefined, [], new ArrayBuffer(8), '8']) {
    const call = (): unknown => bytes.getInto(u32Key(1), target as never)
    t.throws(call, { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  }
})

test('options are read before the key is placed: they may use the same map', (t) => {
  const bytes = makeHash(t).asBytes()
  const [key, other] = [u32Key(1), u32Key(2)]
  bytes.set(key, new Uint8Array(8).fill(1)).set(other, new Uint8Array(8).fill(2))
  const options = {
    get lock() {
      bytes.get(other)
      return false
    },
  }
  const target = new Uint8Array(8)
  t.true(bytes.getInto(key, target, options))
  t.is(target[0], 1)
  t.is(bytes.lookupAndDelete(key, options)?.[0], 1)
  t.deepEqual([...bytes.keys()], [other])
})

test('a map without keys takes no batches of them', (t) => {
  const bytes = closing(t, Queue.create({ valueSize: 4, maxEntries: 1 })).asBytes()
  const expected = { code: 'ERR_EBPF_MAP', message: /many keys of the map at once: maps of type Queue have no keys/ }
  t.throws(() => bytes.setBatch(new Uint8Array(), new Uint8Array(4)), expected)
  t.throws(() => bytes.deleteBatch(new Uint8Array()), expected)
})

test('setBatch writes packed entries, as bpftool shows, and deleteBatch deletes those that are there', (t) => {
  const bytes = makeHash(t).asBytes()
  const keys = packed([1, 2, 3])
  bytes.setBatch(
    keys,
    new Uint8Array(24).map((_, index) => 1 + Math.floor(index / 8)),
  )
  const shown = dump(bytes).map(({ key, value }) => [key[0], value[0]])
  t.deepEqual(shown.sort(), [
    [1, 1],
    [2, 2],
    [3, 3],
  ])
  t.is(bytes.deleteBatch(packed([7, 2, 2, 3])), 2)
  t.deepEqual([...bytes.keys()], [u32Key(1)])
  bytes.setBatch(new Uint8Array(), new Uint8Array())
  t.is(bytes.deleteBatch(new Uint8Array()), 0)
})

test('setBatch with noExist and exist writes one by one, and says how far it came', (t) => {
  const bytes = makeHash(t).set(u32Key(3), new Uint8Array(8)).asBytes()
  const write = (): void => bytes.setBatch(packed([1, 2, 3, 4]), new Uint8Array(32), { noExist: true })
  t.like(t.throws(write), { code: 'ERR_EBPF_MAP', errnoName: 'EEXIST', completed: 2 })
  t.is(sizeOf(bytes), 3)
  bytes.setBatch(packed([1, 2, 3]), new Uint8Array(24).fill(1), { exist: true })
  t.deepEqual(bytes.get(u32Key(2)), new Uint8Array(8).fill(1))
})

test('a batch that does not fit says how far it came', (t) => {
  const bytes = makeHash(t, { maxEntries: 10 }).asBytes()
  const write = (): void => bytes.setBatch(packed([...Array(20).keys()]), new Uint8Array(160))
  const error = t.throws(write) as Error & { completed?: number }
  t.like(error, { code: 'ERR_EBPF_MAP', errnoName: 'E2BIG', map: 'test' })
  t.is(error.completed, sizeOf(bytes))
  t.true((error.completed ?? 0) >= 10)
})

const sizes: [title: string, call: (bytes: BytesMap) => unknown][] = [
  ['setBatch of keys that do not end', (bytes) => bytes.setBatch(new Uint8Array(6), new Uint8Array(8))],
  ['setBatch of too few values', (bytes) => bytes.setBatch(packed([1, 2]), new Uint8Array(8))],
  ['setBatch of too many values', (bytes) => bytes.setBatch(packed([1]), new Uint8Array(16))],
  ['deleteBatch of keys that do not end', (bytes) => bytes.deleteBatch(new Uint8Array(5))],
  ['batches of none', (bytes) => bytes.batches({ maxEntries: 0 })],
  ['batches of half an entry', (bytes) => bytes.batches({ maxEntries: 0.5 })],
  ['batches of too many for into', (bytes) => bytes.batches({ maxEntries: 3, into: room(2) })],
  ['batches into no room', (bytes) => bytes.batches({ into: room(0) })],
]

for (const [title, call] of sizes) {
  test(`${title} is a RangeError before anything happens`, (t) => {
    t.throws(() => call(makeHash(t).asBytes()), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
  })
}

test('batches refuse an option that they do not know', (t) => {
  const bytes = makeHash(t).asBytes()
  const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE', message: /did you mean "maxEntries"\?/ }
  t.throws(() => bytes.batches({ maxEntrie: 1 } as object), expected)
  t.throws(() => bytes.batchesAsync({ maxEntrie: 1 } as object), expected)
})

for (const maxEntries of [1, 2, 7, 64, 1000, 5000]) {
  test(`batches of ${maxEntries} entries at most hold every entry once`, (t) => {
    const bytes = filled(t, 1000)
    const keys: number[] = []
    for (const batch of bytes.batches({ maxEntries })) {
      t.is(batch.keys.length, batch.count * 4)
      t.is(batch.values.length, batch.count * 8)
      keys.push(...numbersOf(batch.keys))
    }
    t.deepEqual(
      keys.sort((a, b) => a - b),
      [...Array(1000).keys()],
    )
  })
}

test('batches have memory of their own, those with into share theirs', (t) => {
  const bytes = filled(t, 100)
  const kept = [...bytes.batches({ maxEntries: 10 })].flatMap(({ keys }) => numbersOf(keys))
  t.is(new Set(kept).size, 100)
  const into = room(64)
  let seen = 0
  for (const { keys, values, count } of bytes.batches({ into })) {
    t.is(keys.buffer, into.keys.buffer)
    t.is(values.buffer, into.values.buffer)
    seen += count
  }
  t.is(seen, 100)
})

test('batches go on behind a cursor, also in another handle', (t) => {
  const bytes = filled(t, 1000)
  const [first] = bytes.batches({ maxEntries: 100 })
  t.truthy(first?.cursor)
  const rest = [...bytes.batches({ cursor: first?.cursor })].flatMap(({ keys }) => numbersOf(keys))
  const all = [...numbersOf(first?.keys ?? new Uint8Array()), ...rest]
  t.is(all.length, 1000)
  t.is(new Set(all).size, 1000)
  const last = [...bytes.batches()].at(-1)
  t.is(last?.cursor, null)
})

test('batches with remove take the entries out', (t) => {
  const bytes = filled(t, 1000)
  const taken = [...bytes.batches({ remove: true, maxEntries: 64 })].reduce((sum, { count }) => sum + count, 0)
  t.is(taken, 1000)
  t.deepEqual(dump(bytes), [])
})

function filled(t: Parameters<typeof makeTypedHash>[0], count: number): BytesMap {
  const hash = makeTypedHash(t, { maxEntries: 4096 })
  hash.setAll(numbered(count))
  return hash.asBytes()
}

function packed(keys: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(keys).buffer)
}

function numbersOf(keys: Uint8Array): number[] {
  return [...new Uint32Array(keys.slice().buffer)]
}

function room(entries: number): { keys: Uint8Array; values: Uint8Array } {
  return { keys: new Uint8Array(entries * 4), values: new Uint8Array(entries * 8) }
}
