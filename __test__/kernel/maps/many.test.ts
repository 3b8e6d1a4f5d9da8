// Many entries at once: written, deleted, drained.
import test from 'ava'
import { HashMap, LpmTrie } from 'ayajs'
import { u32Key } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing, makeTypedHash, numbered, sizeOf } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

test('setAll writes what a Map, an array or a generator gives', (t) => {
  const hash = makeTypedHash(t)
  hash.setAll(new Map(numbered(3)))
  hash.setAll([[3, 9n]])
  hash.setAll(
    (function* () {
      yield [4, 12n] as const
    })(),
  )
  hash.setAll([])
  t.deepEqual(
    [...hash].sort(([a], [b]) => a - b),
    numbered(5),
  )
})

test('setAll writes nothing when one entry does not fit', (t) => {
  const hash = makeTypedHash(t)
  t.throws(
    () =>
      hash.setAll([
        [1, 1n],
        [2, -1n],
      ]),
    { instanceOf: RangeError },
  )
  t.throws(
    () =>
      hash.setAll([
        [1, 1n],
        [2 ** 40, 1n],
      ]),
    { instanceOf: RangeError },
  )
  t.throws(() => hash.setAll([[1, 1n], 7 as never]), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  for (const none of [null, undefined, 7, {}]) {
    t.throws(() => hash.setAll(none as never), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
    t.throws(() => hash.deleteAll(none as never), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  }
  t.deepEqual([...hash], [])
})

test('setAll of what does not fit says how many were written', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 8 })
  const error = t.throws(() => hash.setAll(numbered(100))) as Error & { completed?: number }
  t.like(error, { code: 'ERR_EBPF_MAP', errnoName: 'E2BIG' })
  t.is(error.completed, sizeOf(hash))
  const twice = t.throws(() => hash.setAll(numbered(2), { noExist: true }))
  t.like(twice, { errnoName: 'EEXIST', completed: 0 })
})

test('deleteAll deletes what is there, and counts it', (t) => {
  const hash = makeTypedHash(t)
  hash.setAll(numbered(10))
  t.is(hash.deleteAll([1, 2, 2, 99, 3]), 3)
  t.is(hash.deleteAll(hash.keys()), 7)
  t.is(hash.deleteAll([]), 0)
  t.is(sizeOf(hash), 0)
})

test('drain takes every entry out, once', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  t.deepEqual(
    [...hash.drain()].sort(([a], [b]) => a - b),
    numbered(5000),
  )
  t.deepEqual([...hash], [])
  t.deepEqual([...hash.drain()], [])
})

test('drain that is left early loses nothing: what was not seen is in the map still', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 5000 })
  hash.setAll(numbered(5000))
  const taken: [number, bigint][] = []
  for (const entry of hash.drain()) if (taken.push(entry) === 10) break
  t.is(sizeOf(hash), 4990)
  t.deepEqual(
    [...taken, ...hash].sort(([a], [b]) => a - b),
    numbered(5000),
  )
})

test('a map that is closed in the middle of its drain tells how many entries that costs', (t) => {
  const map = HashMap.create({ keySize: 4, valueSize: 4, maxEntries: 8 })
  t.teardown(() => map.close())
  for (let key = 0; key < 8; key++) map.set(Uint8Array.of(key, 0, 0, 0), new Uint8Array(4))
  const drain = (): void => {
    for (const entry of map.drain()) {
      t.is(entry.length, 2)
      map.close()
      break
    }
  }
  t.throws(drain, {
    code: 'ERR_EBPF_CLOSED',
    message: /closed in the middle of a drain: 7 entries .* are lost\. Leave the loop first/,
  })
})

test('what a drain cannot put back, because a newer entry is there, comes with the next drain', (t) => {
  const hash = makeTypedHash(t)
  hash.setAll(numbered(20))
  const seen: [number, bigint][] = []
  for (const entry of hash.drain()) {
    seen.push(entry)
    hash.setAll(numbered(20).map(([key]) => [key, 1000n]))
    break
  }
  t.is(sizeOf(hash), 20)
  const rest = [...hash.drain()]
  t.is(rest.length, 39)
  const old = [...seen, ...rest].filter(([, value]) => value !== 1000n)
  t.deepEqual(
    old.sort(([a], [b]) => a - b),
    numbered(20),
  )
})

test('drains that are left one after the other lose nothing, though newer entries are there', (t) => {
  const hash = makeTypedHash(t, { maxEntries: 4096 })
  const newer = 10_000n
  hash.setAll(numbered(2048))
  const drains = [hash.drain(), hash.drain()]
  const taken = drains.map((drain) => drain.next().value as [number, bigint])
  // A batch ends where a bucket does, with less than it has room for: a few may never have been taken, and are overwritten.
  const untouched = new Set(hash.keys())
  hash.setAll(numbered(2048).map(([key]) => [key, newer]))
  for (const drain of drains) drain.return()
  const seen = [...taken, ...hash.drain()].sort(([a], [b]) => a - b)
  t.deepEqual(
    seen.filter(([, value]) => value !== newer),
    numbered(2048).filter(([key]) => !untouched.has(key)),
  )
  t.is(seen.filter(([, value]) => value === newer).length, 2048)
})

test('drain of a trie takes every entry out', (t) => {
  const trie = closing(t, LpmTrie.create({ keySize: 8, valueSize: 4, maxEntries: 100 }))
  for (let index = 0; index < 100; index++) trie.set(new Uint8Array([...u32Key(32), 10, 0, 0, index]), u32Key(index))
  t.is([...trie.drain()].length, 100)
  t.deepEqual([...trie], [])
})
