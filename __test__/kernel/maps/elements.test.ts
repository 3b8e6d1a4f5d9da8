// Single elements of maps, by the types that the kernel has of them: what we write bpftool reads, and the other way round.
import test from 'ava'
import {
  ArrayMap,
  BloomFilter,
  EbpfError,
  HashMap,
  LpmTrie,
  MapBase,
  PerCpuArray,
  type PerCpuHashMap,
  Queue,
  Stack,
} from 'ayajs'
import { bpftool } from '../../helpers/bpftool.ts'
import { possibleCpus } from '../../helpers/cpus.ts'
import { u32Key } from '../../helpers/fixtures.ts'
import { hasFeature, testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing, dump, makeHash, makeTypedHash, makeTypedPerCpuHash, typedMap, update } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

test('a map opened by its id has the types of its object', (t) => {
  const hash = HashMap.tryFrom<number, bigint>(typedMap(t, 'hash'))
  t.is(hash.set(40, 7n), hash)
  t.is(hash.get(40), 7n)
  t.deepEqual([...hash], [[40, 7n]])
  const [entry] = bpftool('map', 'dump', 'id', `${hash.info().id}`) as { formatted: unknown }[]
  t.deepEqual(entry?.formatted, { key: 40, value: 7 })
})

test('a map that bpftool made has no types: it is read and written as bytes', (t) => {
  const hash = makeHash(t)
  update(hash, u32Key(5), new Uint8Array(8).fill(9))
  t.deepEqual(hash.get(u32Key(5)), new Uint8Array(8).fill(9))
  hash.set(u32Key(6), new Uint8Array(8).fill(1))
  const [six] = dump(hash).filter(({ key }) => key[0] === 6)
  t.deepEqual(six, { key: [6, 0, 0, 0], value: [1, 1, 1, 1, 1, 1, 1, 1] })
})

test('get gives undefined, has false and delete false for a key that is not there', (t) => {
  const hash = makeTypedHash(t)
  t.is(hash.get(1), undefined)
  t.false(hash.has(1))
  t.false(hash.delete(1))
  hash.set(1, 2n)
  t.true(hash.has(1))
  t.true(hash.delete(1))
  t.false(hash.has(1))
  t.deepEqual(dump(hash), [])
})

test('get gives a copy', (t) => {
  const hash = makeHash(t).set(u32Key(1), new Uint8Array(8).fill(1))
  const value = hash.get(u32Key(1))
  value?.fill(2)
  t.deepEqual(hash.get(u32Key(1)), new Uint8Array(8).fill(1))
  t.deepEqual(value, new Uint8Array(8).fill(2))
})

test('set with noExist writes only what is new, with exist only what is there', (t) => {
  const hash = makeTypedHash(t)
  t.like(
    t.throws(() => hash.set(1, 1n, { exist: true })),
    { code: 'ERR_EBPF_MAP', errnoName: 'ENOENT' },
  )
  hash.set(1, 1n, { noExist: true })
  t.like(
    t.throws(() => hash.set(1, 2n, { noExist: true })),
    { code: 'ERR_EBPF_MAP', errnoName: 'EEXIST' },
  )
  t.is(hash.get(1), 1n)
  hash.set(1, 3n, { exist: true, noExist: false })
  t.is(hash.get(1), 3n)
})

test('lock is refused for a value without a bpf_spin_lock, and the error says so', (t) => {
  const hash = makeTypedHash(t).set(1, 1n)
  const calls = [
    () => hash.get(1, { lock: true }),
    () => hash.set(1, 1n, { lock: true }),
    () => hash.setAll([[1, 1n]], { lock: true }),
  ]
  for (const call of calls) {
    const error = t.throws(call, { instanceOf: EbpfError, code: 'ERR_EBPF_MAP' })
    t.is(error?.errnoName, 'EINVAL')
    t.regex(error?.message ?? '', /: its values have no bpf_spin_lock, .* Leave the option out, or declare/)
  }
  t.is(hash.get(1, { lock: false }), 1n)
})

testIf('lookup-and-delete-hash')('lookupAndDelete takes an entry out', (t) => {
  const hash = makeTypedHash(t).set(1, 7n)
  t.is(hash.lookupAndDelete(1), 7n)
  t.is(hash.lookupAndDelete(1), undefined)
  const ofAll = Array.from({ length: possibleCpus() }, (_, cpu) => BigInt(cpu))
  const perCpu = makeTypedPerCpuHash(t).set(1, ofAll)
  t.deepEqual(perCpu.lookupAndDelete(1), ofAll)
  t.is(perCpu.lookupAndDelete(1), undefined)
  const bytes = makeTypedHash(t).set(1, 7n).asBytes()
  t.deepEqual(bytes.lookupAndDelete(u32Key(1)), new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0]))
})

test('lookupAndDelete of a hash says so where the kernel cannot do it, and the entry stays', (t) => {
  const hash = makeTypedHash(t).set(1, 7n)
  if (hasFeature('lookup-and-delete-hash')) return t.is(hash.lookupAndDelete(1), 7n)
  t.like(
    t.throws(() => hash.lookupAndDelete(1), { message: /the kernel does not support it for maps of type Hash/ }),
    { code: 'ERR_EBPF_UNSUPPORTED', errnoName: 'ENOTSUPP', feature: 'BPF_MAP_LOOKUP_AND_DELETE_ELEM' },
  )
  t.is(hash.get(1), 7n)
})

test('a per-CPU value is an array with one value for each possible CPU', (t) => {
  const ofAll = Array.from({ length: possibleCpus() }, (_, cpu) => BigInt(100 + cpu))
  const maps: [PerCpuArray<bigint> | PerCpuHashMap<number, bigint>, string][] = [
    [PerCpuArray.tryFrom<bigint>(typedMap(t, 'percpu_array')), 'array'],
    [makeTypedPerCpuHash(t), 'hash'],
  ]
  for (const [map, title] of maps) {
    map.set(1, ofAll)
    t.deepEqual(map.get(1), ofAll, title)
    const shown = bpftool('map', 'lookup', 'id', `${map.info().id}`, 'key', '1', '0', '0', '0') as {
      values: { cpu: number; value: string[] }[]
    }
    const first = shown.values.map(({ value }) => BigInt(Number(value[0])))
    t.deepEqual(first, ofAll, title)
  }
})

test('an array walks as an array does: values in order, keys are indexes', (t) => {
  const array = ArrayMap.tryFrom<bigint>(typedMap(t, 'array'))
  array.set(0, 5n).set(1, 6n)
  t.is(array.length, 2)
  t.deepEqual([...array], [5n, 6n])
  t.deepEqual([...array.keys()], [0, 1])
  t.deepEqual([...array.values()], [5n, 6n])
  t.deepEqual(
    [...array.entries()],
    [
      [0, 5n],
      [1, 6n],
    ],
  )
  const seen: unknown[] = []
  array.forEach((value, index, map) => seen.push([value, index, map === array]))
  t.deepEqual(seen, [
    [5n, 0, true],
    [6n, 1, true],
  ])
})

test('an index behind the end has no element to read, and none to write', (t) => {
  const array = ArrayMap.tryFrom<bigint>(typedMap(t, 'array'))
  for (const index of [2, 3, 2 ** 32 - 1]) {
    t.is(array.get(index), undefined)
    t.false(array.has(index))
    t.throws(() => array.set(index, 1n), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
    t.throws(
      () =>
        array.setAll([
          [0, 9n],
          [index, 1n],
        ]),
      { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' },
    )
  }
  t.is(array.get(0), 0n)
})

test('what is no index is refused with the range and the value', (t) => {
  const array = ArrayMap.tryFrom<bigint>(typedMap(t, 'array'))
  for (const index of [-1, 0.5, 2 ** 32, NaN, Infinity]) {
    const received = `Received ${index}`
    t.throws(() => array.get(index), { instanceOf: RangeError, message: rangeOf(/<= 4294967295\./, received) })
    t.throws(() => array.has(index), { instanceOf: RangeError, message: rangeOf(/<= 4294967295\./, received) })
    t.throws(() => array.set(index, 1n), { instanceOf: RangeError, message: rangeOf(/< 2\./, received) })
  }
})

function rangeOf(end: RegExp, received: string): (message: string) => boolean {
  return (message) =>
    message.startsWith('The value of "array.index" is') && end.test(message) && message.includes(received)
}

test('a trie finds the longest prefix, and deletes exactly one', (t) => {
  const trie = closing(t, LpmTrie.create({ keySize: 8, valueSize: 4, maxEntries: 8 }))
  const prefix = (length: number, ...address: number[]): Uint8Array => new Uint8Array([...u32Key(length), ...address])
  trie.set(prefix(8, 10, 0, 0, 0), u32Key(8)).set(prefix(16, 10, 1, 0, 0), u32Key(16))
  t.deepEqual(trie.get(prefix(32, 10, 1, 2, 3)), u32Key(16))
  t.deepEqual(trie.get(prefix(32, 10, 2, 2, 3)), u32Key(8))
  t.is(trie.get(prefix(32, 11, 2, 2, 3)), undefined)
  t.false(trie.delete(prefix(32, 10, 1, 2, 3)))
  t.true(trie.delete(prefix(16, 10, 1, 0, 0)))
  t.deepEqual([...trie], [[prefix(8, 10, 0, 0, 0), u32Key(8)]])
})

test('a queue gives what came first, a stack what came last', (t) => {
  const orders: [Queue<Uint8Array> | Stack<Uint8Array>, number[]][] = [
    [closing(t, Queue.create({ valueSize: 4, maxEntries: 3 })), [1, 2, 3]],
    [closing(t, Stack.create({ valueSize: 4, maxEntries: 3 })), [3, 2, 1]],
  ]
  for (const [map, order] of orders) {
    t.is(map.capacity, 3)
    t.is(map.peek(), undefined)
    t.is(map.pop(), undefined)
    map.push(u32Key(1)).push(u32Key(2)).push(u32Key(3))
    t.deepEqual(map.peek(), u32Key(order[0] ?? 0))
    t.like(
      t.throws(() => map.push(u32Key(4))),
      { code: 'ERR_EBPF_MAP', errnoName: 'E2BIG' },
    )
    t.deepEqual(map.pop(), u32Key(order[0] ?? 0))
    t.deepEqual([...map.drain()], order.slice(1).map(u32Key))
    map.push(u32Key(1)).push(u32Key(2)).push(u32Key(3)).push(u32Key(4), { overwrite: true })
    t.is([...map.drain()].length, 3)
  }
})

testIf('bloom-filter')('a Bloom filter knows what was added', (t) => {
  const filter = closing(t, BloomFilter.create({ valueSize: 4, maxEntries: 1000, extra: 3n }))
  t.is(filter.info().mapExtra, 3n)
  t.false(filter.has(u32Key(1)))
  t.is(filter.add(u32Key(1)), filter)
  t.true(filter.has(u32Key(1)))
})

test('create takes after another map: its types, sizes and flags', (t) => {
  const like = HashMap.tryFrom<number, bigint>(typedMap(t, 'hash'))
  const same = closing(t, HashMap.create({ like }))
  t.like(same.info(), { mapType: 'Hash', keySize: 4, valueSize: 8, maxEntries: 64 })
  t.is(same.set(1, 2n).get(1), 2n)
  const lru = closing(t, HashMap.create({ like, lru: true, maxEntries: 10 }))
  t.like(lru.info(), { mapType: 'LruHash', maxEntries: 10 })
  t.is(lru.set(1, 2n).get(1), 2n)
  const any = closing(t, MapBase.create({ like: lru }))
  t.is(any.mapType, 'LruHash')
  t.throws(() => HashMap.create({ like: typedMap(t, 'array') as never }), { code: 'ERR_EBPF_UNEXPECTED_MAP_TYPE' })
})
