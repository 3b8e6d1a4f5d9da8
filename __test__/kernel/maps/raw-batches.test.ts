// Batches: whole maps in pieces of any size, right at the end, on full buckets, under churn, on and off the event loop.
import test from 'ava'
import { EbpfError } from 'ayajs'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import {
  fill,
  getValue,
  makeRawMap,
  packKeys,
  packValues,
  range,
  setKey,
  setValue,
  sorted,
  unpack,
  walk,
} from '../../helpers/raw-maps.ts'

leaveNothingBehind(test)

const chunks = [1, 2, 7, 63, 64, 65, 1000]

for (const mapType of ['Hash', 'LruHash']) {
  for (const chunk of chunks) {
    test(`Batches read a full map of type ${mapType} in pieces of ${chunk}, each entry once`, (t) => {
      const raw = makeRawMap(t, { mapType, maxEntries: 1000 })
      const keys = range(mapType === 'Hash' ? 1000 : 100)
      fill(raw, keys)
      const { entries, tooSmall } = walk(raw, chunk)
      t.deepEqual(
        sorted(entries),
        keys.map((key) => [key, key * 3]),
      )
      // A thousand entries in 1,024 buckets: that none shares one does not happen.
      if (chunk === 1 && mapType === 'Hash') t.true(tooSmall > 0)
      t.true(raw.batches.supported)
    })
  }
}

for (const chunk of chunks) {
  test(`Batches read an array of 64 in pieces of ${chunk}, in order`, (t) => {
    const raw = makeRawMap(t, { mapType: 'Array' })
    fill(raw, range(64))
    const { entries, tooSmall } = walk(raw, chunk)
    t.deepEqual(
      entries,
      range(64).map((key) => [key, key * 3]),
    )
    t.is(tooSmall, 0)
  })
}

test('Batches read nothing of an empty map', (t) => {
  t.deepEqual(walk(makeRawMap(t), 10), { entries: [], tooSmall: 0 })
})

testIf('batch-lpm-trie')('Batches read and write the prefixes of a trie', (t) => {
  const raw = makeRawMap(t, { mapType: 'LpmTrie', keySize: 8, mapFlags: 1 })
  const keys = Uint8Array.from(range(20).flatMap((network) => [16, 0, 0, 0, 10, network, 0, 0]))
  raw.batches.update(keys, packValues(range(20)), 20)
  const found = new Set<number>()
  let cursor: Uint8Array | null = null
  do {
    const [part, values] = [new Uint8Array(3 * 8), new Uint8Array(3 * 8)]
    const batch = raw.batches.lookup(cursor, part, values, 3)
    for (let index = 0; index < batch.count; index++) {
      t.is(part[index * 8 + 5], values[index * 8])
      found.add(part[index * 8 + 5] ?? -1)
    }
    cursor = batch.cursor
  } while (cursor !== null)
  t.is(found.size, 20)
  t.is(raw.batches.delete(keys, 20), 20)
})

for (const mapType of ['PerCpuHash', 'PerCpuArray', 'LruPerCpuHash']) {
  const declare: ReturnType<typeof testIf> = mapType === 'PerCpuArray' ? testIf('batch-percpu-array') : test
  declare(`Batches of a map of type ${mapType} have a value for each possible CPU`, (t) => {
    const raw = makeRawMap(t, { mapType, maxEntries: 8 })
    const { cpus, valueBytes } = raw
    const values = packValues(range(8).flatMap((key) => range(cpus).map((cpu) => key * 1000 + cpu)))
    raw.batches.update(packKeys(range(8)), values, 8)
    const read = new Uint8Array(8 * valueBytes)
    const keys = new Uint8Array(8 * 4)
    t.is(raw.batches.lookup(null, keys, read, 8).count, 8)
    for (let index = 0; index < 8; index++) {
      const key = keys[index * 4] ?? -1
      const expected = values.slice(key * valueBytes, (key + 1) * valueBytes)
      t.deepEqual(read.slice(index * valueBytes, (index + 1) * valueBytes), expected)
    }
  })
}

test('Batches that remove empty the map, and give each entry once', (t) => {
  const raw = makeRawMap(t, { maxEntries: 500 })
  fill(raw, range(500))
  const { entries } = walk(raw, 3, { remove: true })
  t.deepEqual(
    sorted(entries),
    range(500).map((key) => [key, key * 3]),
  )
  t.deepEqual(walk(raw, 10).entries, [])
})

test('Batches give entries that stay exactly once while others come and go', (t) => {
  const raw = makeRawMap(t, { maxEntries: 3000 })
  const staying = range(1000)
  fill(raw, staying)
  let round = 0
  const { entries } = walk(raw, 50, {}, () => {
    const coming = range(40, 10_000 + round * 40)
    fill(raw, coming)
    if (round > 0) raw.batches.delete(packKeys(range(40, 10_000 + (round - 1) * 40)), 40)
    round++
  })
  t.true(round > 5)
  t.deepEqual(
    sorted(entries.filter(([key]) => key < 1000)),
    staying.map((key) => [key, key * 3]),
  )
})

test('Batches.delete tells how many keys there were, wherever the others are among them', (t) => {
  const raw = makeRawMap(t)
  fill(raw, range(20))
  t.is(raw.batches.delete(packKeys([99, 0, 98, 97, 1, 2, 0, 96]), 8), 3)
  t.is(raw.batches.delete(packKeys([99, 98]), 2), 0)
  t.is(raw.batches.delete(packKeys(range(20)), 20), 17)
  t.is(raw.batches.delete(new Uint8Array(0), 0), 0)
})

for (const chunk of [1, 50, 5000]) {
  test(`Batches.lookupAsync reads a whole map in pieces of ${chunk} off the event loop`, async (t) => {
    const raw = makeRawMap(t, { maxEntries: 1000 })
    fill(raw, range(1000))
    const entries: [number, number][] = []
    let cursor: Uint8Array | null = null
    do {
      const batch = await raw.batches.lookupAsync(cursor, chunk)
      t.is(batch.keys.length, batch.count * 4)
      t.is(batch.values.length, batch.count * 8)
      entries.push(...unpack(batch.keys, batch.values, batch.count))
      cursor = batch.cursor
    } while (cursor !== null)
    t.deepEqual(
      sorted(entries),
      range(1000).map((key) => [key, key * 3]),
    )
  })
}

test('Batches.lookupAsync can remove, and knows what is not supported', async (t) => {
  const raw = makeRawMap(t)
  fill(raw, [1, 2, 3])
  t.is((await raw.batches.lookupAsync(null, 64, { remove: true })).count, 3)
  t.deepEqual(walk(raw, 4).entries, [])
  const array = makeRawMap(t, { mapType: 'Array' })
  const error = await t.throwsAsync(array.batches.lookupAsync(null, 64, { remove: true }), { instanceOf: EbpfError })
  t.is(error?.code, 'ERR_EBPF_UNSUPPORTED')
  t.is(array.batches.supports('lookupAndDelete'), false)
})

test('Batches.lookupAsync that runs while the map is closed still reads it', async (t) => {
  const raw = makeRawMap(t, { maxEntries: 1000 })
  fill(raw, range(1000))
  const reading = Promise.all(range(8).map(async () => raw.batches.lookupAsync(null, 1000)))
  raw.native.close()
  for (const { count } of await reading) t.is(count, 1000)
  await t.throwsAsync(raw.batches.lookupAsync(null, 1), { code: 'ERR_EBPF_CLOSED' })
})

test('a batch that was read is not touched by what follows', (t) => {
  const raw = makeRawMap(t)
  fill(raw, [5])
  const values = new Uint8Array(8)
  raw.batches.lookup(null, new Uint8Array(4), values, 1)
  setKey(raw, 5)
  setValue(raw, 1n)
  raw.elements.update()
  t.deepEqual([...values], [15, 0, 0, 0, 0, 0, 0, 0])
  t.true(raw.elements.lookup())
  t.is(getValue(raw), 1n)
})
