// Walks over maps: every entry once, by batches and key by key, in pieces of any size, while the map changes under them.
import test from 'ava'
import { ArrayMap, BytesMap, HashMap, LpmTrie, PerCpuArray } from 'ayajs'
import { u32Key } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing, makeHash, makeTypedHash, numbered, sizeOf } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

for (const count of [0, 1, 31, 32, 33, 1000]) {
  test(`a hash of ${count} entries is walked once from end to end`, (t) => {
    const hash = makeTypedHash(t, { maxEntries: 1000 })
    hash.setAll(numbered(count))
    t.deepEqual([...hash].sort(byKey), numbered(count))
    t.deepEqual(
      [...hash.keys()].sort(byNumber),
      numbered(count).map(([key]) => key),
    )
    t.is([...hash.values()].length, count)
    let calls = 0
    hash.forEach((value, key) => (calls += Number(value === BigInt(key) * 3n)))
    t.is(calls, count)
  })
}

test('a walk that is larger than one piece sees each of 100,000 entries once', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 100_000 })
  hash.setAll(numbered(100_000))
  const seen = new Set<number>()
  for (const [key, value] of hash) if (value === BigInt(key) * 3n) seen.add(key)
  t.is(seen.size, 100_000)
  t.is(sizeOf(hash.asBytes()), 100_000)
})

test('entries can be deleted while a hash is walked, the current one as well', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  let seen = 0
  for (const [key] of hash) {
    t.true(hash.delete(key))
    seen++
  }
  t.is(seen, 5000)
  t.deepEqual([...hash], [])
})

test('values can be set while a hash is walked: each entry is seen once all the same', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  const seen = new Map<number, number>()
  for (const key of hash.keys()) {
    hash.set(key, 1n)
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  t.is(seen.size, 5000)
  t.true([...seen.values()].every((times) => times === 1))
})

test('two walks of one map do not disturb each other, nor single elements between', (t) => {
  const hash = makeTypedHash(t)
  hash.setAll(numbered(10))
  const pairs = new Set<string>()
  for (const one of hash.keys()) {
    for (const [other] of hash) {
      t.is(hash.get(one), BigInt(one) * 3n)
      pairs.add(`${one} ${other}`)
    }
  }
  t.is(pairs.size, 100)
})

test('a walk can be left early', (t) => {
  const hash = makeTypedHash(t)
  hash.setAll(numbered(10))
  for (const [key] of hash) {
    t.true(hash.has(key))
    break
  }
  t.is(sizeOf(hash), 10)
})

/** A map that the kernel cannot walk in batches. Its values are indexes of network devices: 1 is loopback. */
function makeDeviceHash(count: number): BytesMap {
  const map = BytesMap.create({ mapType: 'DevMapHash', keySize: 4, valueSize: 4, maxEntries: 512 })
  for (let key = 0; key < count; key++) map.set(u32Key(key), u32Key(1))
  return map
}

test('a map without batches is walked key by key, each entry once', (t) => {
  const map = closing(t, makeDeviceHash(300))
  t.is(new Set([...map.keys()].map(String)).size, 300)
  t.deepEqual(
    [...map.values()].map(String),
    Array.from({ length: 300 }, () => '1,0,0,0'),
  )
  const batches = [...map.batches({ maxEntries: 7 })]
  t.is(
    batches.reduce((sum, { count }) => sum + count, 0),
    300,
  )
  t.true(batches.every(({ cursor, count, keys }) => cursor === null && keys.length === count * 4 && count <= 7))
})

for (const [title, deletes] of [
  ['every entry', () => true],
  ['every second entry', (index: number) => index % 2 === 0],
  ['the first entry', (index: number) => index === 0],
] as const) {
  test(`a walk key by key on which ${title} is deleted ends, and has seen all`, (t) => {
    const map = closing(t, makeDeviceHash(300))
    const seen: string[] = []
    for (const { keys } of map.batches({ maxEntries: 1 })) {
      if (deletes(seen.length)) map.delete(keys)
      seen.push(String(keys))
    }
    t.is(seen.length, 300)
    t.is(new Set(seen).size, 300)
  })
}

test('a walk key by key on which the next entries are deleted ends', (t) => {
  const map = closing(t, makeDeviceHash(300))
  let seen = 0
  for (const { keys } of map.batches({ maxEntries: 1 })) {
    seen++
    for (const key of [...map.keys()].slice(1, 3)) if (String(key) !== String(keys)) map.delete(key)
  }
  t.true(seen >= 100 && seen <= 300, `${seen} entries`)
})

test('a trie on which every entry is deleted is walked once', (t) => {
  const trie = closing(t, LpmTrie.create({ keySize: 8, valueSize: 4, maxEntries: 1000 }))
  for (let index = 0; index < 1000; index++) trie.set(network(index), u32Key(index))
  const seen = new Set<string>()
  for (const { keys, values } of trie.asBytes().batches({ maxEntries: 10 })) {
    for (let at = 0; at < keys.length; at += 8) {
      trie.delete(keys.slice(at, at + 8))
      seen.add(String(values.slice(at / 2, at / 2 + 4)))
    }
  }
  t.is(seen.size, 1000)
  t.deepEqual([...trie], [])
})

test('arrays are walked in order, in pieces of any size', (t) => {
  const array = closing(t, ArrayMap.create({ valueSize: 4, maxEntries: 100 }))
  array.setAll(Array.from({ length: 100 }, (_, index) => [index, u32Key(index * 2)]))
  const expected = Array.from({ length: 100 }, (_, index) => u32Key(index * 2))
  t.deepEqual([...array], expected)
  for (const maxEntries of [1, 3, 99, 100, 101]) {
    const values = [...array.asBytes().batches({ maxEntries })].flatMap(({ values: some }) => [...some])
    t.deepEqual(
      values,
      expected.flatMap((value) => [...value]),
      String(maxEntries),
    )
  }
  const perCpu = closing(t, PerCpuArray.create({ valueSize: 4, maxEntries: 100 }))
  t.is([...perCpu].length, 100)
})

test('entries that programs add and delete meanwhile do not keep a walk from ending', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 1000 })
  hash.setAll(numbered(500))
  let steps = 0
  for (const [key] of hash) {
    hash.delete(key)
    hash.set(10_000 + steps++, 1n)
  }
  t.true(steps >= 500 && steps <= 1000, `${steps} steps`)
})

test('a walk of a closed map throws ERR_EBPF_CLOSED, also in the middle', (t) => {
  const hash = HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 100_000 })
  hash.setAll(Array.from({ length: 50_000 }, (_, index) => [u32Key(index), new Uint8Array(8)]))
  const walk = (): void => {
    for (const _ of hash) hash.close()
  }
  t.throws(walk, { code: 'ERR_EBPF_CLOSED' })
  t.throws(() => [...makeClosed()], { code: 'ERR_EBPF_CLOSED' })
  t.true(makeHash(t).asBytes() instanceof BytesMap)
})

function makeClosed(): HashMap<Uint8Array, Uint8Array> {
  const hash = HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 1 })
  hash.close()
  return hash
}

function network(index: number): Uint8Array {
  return new Uint8Array([...u32Key(32), 10, 0, index >> 8, index & 0xff])
}

function byKey([a]: readonly [number, unknown], [b]: readonly [number, unknown]): number {
  return a - b
}

function byNumber(a: number, b: number): number {
  return a - b
}
