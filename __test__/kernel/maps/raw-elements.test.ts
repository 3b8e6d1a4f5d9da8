// One element of a map at a time, through shared memory: every command, on every shape of keys and values.
import test from 'ava'
import { RawMap } from '../../../dist/maps/raw/raw-map.js'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { getValue, makeRawMap, put, read, setKey, setValue } from '../../helpers/raw-maps.ts'

leaveNothingBehind(test)

for (const mapType of ['Hash', 'LruHash']) {
  test(`Elements write, read and delete entries of a map of type ${mapType}`, (t) => {
    const raw = makeRawMap(t, { mapType })
    t.is(read(raw, 7), undefined)
    put(raw, 7, 2n ** 64n - 1n)
    put(raw, 8, 5n)
    t.is(read(raw, 7), 2n ** 64n - 1n)
    t.is(read(raw, 8), 5n)
    for (const key of [7, 8]) {
      setKey(raw, key)
      t.true(raw.elements.delete())
      t.false(raw.elements.delete())
    }
    t.false(raw.elements.next(true))
  })

  testIf('lookup-and-delete-hash')(`Elements take entries out of a map of type ${mapType}`, (t) => {
    const raw = makeRawMap(t, { mapType })
    put(raw, 8, 5n)
    setValue(raw, 0n)
    t.true(raw.elements.lookupAndDelete())
    t.is(getValue(raw), 5n)
    t.false(raw.elements.lookupAndDelete())
    t.false(raw.elements.next(true))
  })
}

test('Elements walk all keys, from the first to the end', (t) => {
  const raw = makeRawMap(t)
  for (let key = 0; key < 64; key++) put(raw, key, 1n)
  const seen = new Set<number>()
  for (let first = true; raw.elements.next(first); first = false) {
    raw.elements.key.bytes.set(raw.elements.nextKey.bytes)
    seen.add(raw.elements.key.view.getUint32(0, true))
  }
  t.is(seen.size, 64)
})

test('Elements.next begins anew after a key that is not there', (t) => {
  const raw = makeRawMap(t)
  put(raw, 1, 1n)
  setKey(raw, 99)
  t.true(raw.elements.next(false))
  t.deepEqual([...raw.elements.nextKey.bytes], [...raw.elements.key.bytes].fill(1, 0, 1))
})

test('Elements read zeroes of an array, and nothing beyond its end', (t) => {
  const raw = makeRawMap(t, { mapType: 'Array', maxEntries: 2 })
  t.is(read(raw, 1), 0n)
  put(raw, 1, 9n)
  t.is(read(raw, 1), 9n)
  t.is(read(raw, 2), undefined)
})

for (const mapType of ['PerCpuArray', 'PerCpuHash', 'LruPerCpuHash']) {
  test(`Elements have a value for each possible CPU of a map of type ${mapType}`, (t) => {
    const raw = makeRawMap(t, { mapType, valueSize: 4 })
    const { cpus, perCpu, valueBytes, valueStride } = raw
    t.like({ perCpu, valueStride, valueBytes }, { perCpu: true, valueStride: 8, valueBytes: cpus * 8 })
    setKey(raw, 1)
    for (let cpu = 0; cpu < cpus; cpu++) setValue(raw, BigInt(cpu + 100), cpu)
    raw.elements.update()
    raw.elements.value.bytes.fill(0xff)
    t.true(raw.elements.lookup())
    for (let cpu = 0; cpu < cpus; cpu++) t.is(getValue(raw, cpu), BigInt(cpu + 100))
  })
}

test('Elements find the longest prefix of a trie', (t) => {
  const raw = makeRawMap(t, { mapType: 'LpmTrie', keySize: 8, mapFlags: 1 })
  const { key } = raw.elements
  const set = (prefix: number, ...address: number[]): void => {
    setKey(raw, prefix)
    key.bytes.set(address, 4)
  }
  set(8, 10, 0, 0, 0)
  setValue(raw, 8n)
  raw.elements.update()
  set(16, 10, 1, 0, 0)
  setValue(raw, 16n)
  raw.elements.update()
  set(32, 10, 1, 2, 3)
  t.true(raw.elements.lookup())
  t.is(getValue(raw), 16n)
  set(32, 10, 2, 2, 3)
  t.true(raw.elements.lookup())
  t.is(getValue(raw), 8n)
  set(32, 11, 2, 2, 3)
  t.false(raw.elements.lookup())
})

const orders = [
  { mapType: 'Queue', taken: [1n, 2n] },
  { mapType: 'Stack', taken: [2n, 1n] },
]
for (const { mapType, taken } of orders) {
  test(`Elements push, peek and pop a map of type ${mapType}, which has no keys`, (t) => {
    const raw = makeRawMap(t, { mapType, keySize: 0 })
    const { elements } = raw
    t.is(elements.key.bytes.length, 0)
    t.false(elements.lookup())
    for (const value of [1n, 2n]) {
      setValue(raw, value)
      elements.update()
    }
    for (const value of taken) {
      t.true(elements.lookup())
      t.is(getValue(raw), value)
      setValue(raw, 0n)
      t.true(elements.lookupAndDelete())
      t.is(getValue(raw), value)
    }
    t.false(elements.lookupAndDelete())
  })
}

testIf('bloom-filter')('Elements add to a Bloom filter and ask it', (t) => {
  const raw = makeRawMap(t, { mapType: 'BloomFilter', keySize: 0 })
  setValue(raw, 77n)
  t.false(raw.elements.lookup())
  raw.elements.update()
  t.true(raw.elements.lookup())
})

test('Elements of one map do not share memory with those of another handle', (t) => {
  const raw = makeRawMap(t)
  put(raw, 1, 1n)
  const again = new RawMap(raw.native)
  put(again, 1, 2n)
  t.is(getValue(raw), 1n)
  t.is(read(raw, 1), 2n)
})

test('Elements read what is there while entries come and go', (t) => {
  const raw = makeRawMap(t, { maxEntries: 1000 })
  for (let round = 0; round < 20; round++) {
    for (let key = 0; key < 1000; key++) put(raw, key, BigInt(key + round))
    for (let key = round; key < 1000; key += 2) {
      setKey(raw, key)
      t.true(raw.elements.delete())
    }
    let there = 0
    for (let key = 0; key < 1000; key++) {
      const value = read(raw, key)
      if (value !== undefined && value === BigInt(key + round)) there++
    }
    t.is(there, 1000 - Math.ceil((1000 - round) / 2))
  }
})
