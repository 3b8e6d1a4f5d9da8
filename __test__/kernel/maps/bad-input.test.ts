// What maps say to misused arguments: a TypeError or RangeError before anything happens.
import test from 'ava'
import { ArrayMap, HashMap, LpmTrie, MapBase, PerCpuArray, Queue } from 'ayajs'
import { possibleCpus } from '../../helpers/cpus.ts'
import { mapOf, openFixture, u32Key } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing, makeHash, makeTypedHash, typedMap } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

const eight = new Uint8Array(8)
const range = { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' }
const type = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' }

for (const length of [0, 3, 5, 4096]) {
  test(`a key of ${length} bytes where 4 are wanted is a RangeError that names the map`, (t) => {
    const hash = makeHash(t)
    const key = new Uint8Array(length)
    const expected = { ...range, message: `The key of map "test" must be 4 bytes large. Received ${length} bytes` }
    const placed = (list: string): object => ({ ...range, message: `${list}[1]: ${expected.message}` })
    t.throws(
      () =>
        hash.setAll([
          [u32Key(1), eight],
          [key, eight],
        ]),
      placed('entries'),
    )
    t.throws(() => hash.deleteAll([u32Key(1), key]), placed('keys'))
    const calls = [
      () => hash.get(key),
      () => hash.has(key),
      () => hash.set(key, eight),
      () => hash.delete(key),
      () => hash.lookupAndDelete(key),
      () => hash.asBytes().getInto(key, new Uint8Array(8)),
    ]
    for (const call of calls) t.throws(call, expected, String(call))
  })

  test(`a value of ${length} bytes where 8 are wanted is a RangeError that names the map`, (t) => {
    const hash = makeHash(t)
    const value = new Uint8Array(length)
    const expected = { ...range, message: `The value of map "test" must be 8 bytes large. Received ${length} bytes` }
    t.throws(() => hash.set(u32Key(1), value), expected)
    t.throws(() => hash.setAll([[u32Key(1), value]]), { ...range, message: `entries[0]: ${expected.message}` })
    t.throws(() => closing(t, Queue.create({ valueSize: 8, maxEntries: 1, name: 'test' })).push(value), expected)
    t.deepEqual([...hash], [])
  })
}

const notBytes = [undefined, null, 7, 7n, 'abcd', [0, 0, 0, 0], {}, new Uint16Array(2)]

test('forEach wants a function, whether there are entries or not', (t) => {
  t.throws(() => makeHash(t).forEach({} as never), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
})

test('messages about a map without a name do without it', (t) => {
  const hash = closing(t, HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 1 }))
  const [key, value] = [new Uint8Array(4), new Uint8Array(8)]
  const calls: [() => unknown, RegExp][] = [
    [() => hash.get(new Uint8Array(3)), /^The key of the map must be 4 bytes large/],
    [() => hash.set(key, value, { exist: true }), /^Cannot update the map: there is no such key/],
    [() => hash.unpin(), /^The map is not pinned/],
    [() => Queue.tryFrom(hash), /^The map is of type Hash, not a Queue\./],
    [() => HashMap.create({ keySize: 0, valueSize: 8, maxEntries: 1 }), /^Cannot create the map \(type Hash/],
  ]
  for (const [call, message] of calls) t.throws(call, { message })
})

test('tryFrom of a map seen as bytes says which one it wants', (t) => {
  const message = /is seen as bytes here, though it is of type Hash: give HashMap\.tryFrom the map that asBytes/
  t.throws(() => HashMap.tryFrom(makeHash(t).asBytes()), { code: 'ERR_EBPF_UNEXPECTED_MAP_TYPE', message })
})

test('what is no bytes is a TypeError where bytes are wanted', (t) => {
  const hash = makeHash(t)
  for (const value of notBytes as never[]) {
    t.throws(() => hash.get(value), type)
    t.throws(() => hash.set(u32Key(1), value), type)
    t.throws(() => hash.delete(value), type)
  }
})

test('bytes can be any of the forms that JavaScript has, and parts of others', (t) => {
  const bytes = makeHash(t).asBytes()
  bytes.set(u32Key(1), new Uint8Array(16).fill(3).subarray(8))
  bytes.set(new DataView(u32Key(2).buffer) as never, new ArrayBuffer(8))
  bytes.set(Buffer.from(u32Key(3)), new DataView(new ArrayBuffer(8)))
  t.is([...bytes].length, 3)
})

/** What a `__u32` key of maps.bpf.o cannot be. */
const notU32: unknown[] = [-1, 2 ** 32, 2 ** 63, 0.5, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER, -(2 ** 31)]
/** What a `__u64` value cannot be. */
const notU64: unknown[] = [-1n, 2n ** 64n, 2n ** 100n, -(2n ** 63n)]

test('numbers that do not fit are a RangeError that names map and member', (t) => {
  const hash = makeTypedHash(t)
  for (const key of notU32) {
    const expected = { ...range, message: /test\.key/ }
    for (const call of [
      () => hash.get(key as number),
      () => hash.set(key as number, 1n),
      () => hash.has(key as number),
    ]) {
      t.throws(call, expected, String(key))
    }
  }
  for (const value of notU64) {
    t.throws(() => hash.set(1, value as bigint), { ...range, message: /test\.value/ }, String(value))
  }
  for (const value of ['1', null, undefined, {}, [1], true, Symbol('1')]) {
    t.throws(() => hash.set(value as never, 1n), { instanceOf: TypeError }, String(value))
    t.throws(() => hash.set(1, value as never), { instanceOf: TypeError }, String(value))
  }
  t.deepEqual([...hash], [])
})

test('numbers at the edge fit', (t) => {
  const hash = makeTypedHash(t)
  for (const key of [0, 2 ** 31, 2 ** 32 - 1]) t.is(hash.set(key, 2n ** 64n - 1n).get(key), 2n ** 64n - 1n)
})

test('of many entries the wrong one is told, and none is written', (t) => {
  const hash = makeTypedHash(t)
  const entries = Array.from({ length: 40 }, (_, key): [number, bigint] => [key, 1n])
  entries[30] = [30, 5 as never]
  t.throws(() => hash.setAll(entries), {
    instanceOf: TypeError,
    message: /^entries\[30\]: test\.value must be a bigint/,
  })
  t.throws(() => hash.deleteAll([1, 2, -1]), { ...range, message: /^keys\[2\]: test\.key: -1/ })
  t.throws(() => hash.setAll([[1, 1n], 2 as never]), {
    ...type,
    message: /^The "entries\[1\]" argument must be an array/,
  })
  t.deepEqual([...hash], [])
})

test('what a getter throws while many entries are read is thrown as it is', (t) => {
  const reason = new RangeError('mine')
  const entry = {
    get length() {
      throw reason
    },
  }
  t.is(
    t.throws(() => makeHash(t).setAll([[u32Key(1), new Proxy(eight, { get: () => entry.length })]]), { any: true }),
    reason,
  )
})

test('a prefix that is longer than the key of a trie is a RangeError, whatever is done with it', (t) => {
  const trie = closing(t, LpmTrie.create({ keySize: 8, valueSize: 8, maxEntries: 8, name: 'routes' }))
  for (const length of [33, 2 ** 32 - 1]) {
    const key = new Uint8Array(8)
    key.set(u32Key(length))
    const message = `The value of "the prefix of routes.key" is out of range. It must be at most 32 bits long. Received ${length}`
    const calls = [() => trie.get(key), () => trie.has(key), () => trie.set(key, eight), () => trie.delete(key)]
    for (const call of calls) t.throws(call, { ...range, message }, String(call))
    t.throws(() => trie.setAll([[key, eight]]), { ...range, message: `entries[0]: ${message}` })
    t.throws(() => trie.asBytes().get(key), range)
    t.throws(() => trie.asBytes().deleteBatch(key), { code: 'ERR_EBPF_MAP', message: /prefix is longer than the key/ })
  }
})

const noIndexes: unknown[] = [-1, 0.5, NaN, Infinity, 2 ** 32, 2 ** 53]

test('what is no index is a RangeError or TypeError', (t) => {
  const array = closing(t, ArrayMap.create({ valueSize: 8, maxEntries: 4 }))
  for (const index of noIndexes as number[]) {
    for (const call of [() => array.get(index), () => array.has(index), () => array.set(index, eight)]) {
      t.throws(call, range, String(index))
    }
  }
  for (const index of ['0', 0n, null, undefined, {}, [0]] as never[]) {
    for (const call of [() => array.get(index), () => array.has(index), () => array.set(index, eight)]) {
      t.throws(call, type, String(index))
    }
  }
})

test('a per-CPU value needs one value for each possible CPU, each of which is checked', (t) => {
  const array = closing(t, PerCpuArray.create({ valueSize: 8, maxEntries: 1, name: 'test' }))
  const cpus = possibleCpus()
  for (const count of [0, cpus - 1, cpus + 1]) {
    const values = Array.from({ length: count }, () => eight)
    t.throws(() => array.set(0, values), { ...range, message: /test\.value\.length/ })
  }
  for (const none of [eight, null, undefined, 7]) t.throws(() => array.set(0, none as never), type)
  const wrong = Array.from({ length: cpus }, (_, cpu) => (cpu === cpus - 1 ? new Uint8Array(7) : eight))
  t.throws(() => array.set(0, wrong), range)
})

const badOptions: [options: unknown, code: string, message: RegExp][] = [
  [{ noexist: true }, 'ERR_INVALID_ARG_VALUE', /Unknown option "noexist".*did you mean "noExist"\?/],
  [{ exists: true }, 'ERR_INVALID_ARG_VALUE', /did you mean "exist"\?/],
  [{ flags: 1 }, 'ERR_INVALID_ARG_VALUE', /known are: noExist, exist, lock/],
  [{ noExist: true, exist: true }, 'ERR_INVALID_ARG_VALUE', /cannot go with noExist/],
  [{ noExist: 1 }, 'ERR_INVALID_ARG_TYPE', /"options.noExist" argument must be of type boolean/],
  [{ lock: 'yes' }, 'ERR_INVALID_ARG_TYPE', /"options.lock" argument must be of type boolean/],
  [null, 'ERR_INVALID_ARG_TYPE', /"options" argument must be of type object/],
  [[], 'ERR_INVALID_ARG_TYPE', /"options" argument must be an object of options\. Received an instance of Array/],
  [1, 'ERR_INVALID_ARG_TYPE', /"options" argument must be of type object/],
]

for (const [options, code, message] of badOptions) {
  test(`set refuses the options ${JSON.stringify(options)} before anything happens`, (t) => {
    const hash = makeHash(t)
    const expected = { instanceOf: TypeError, code, message }
    t.throws(() => hash.set(u32Key(1), eight, options as object), expected)
    t.throws(() => hash.setAll([[u32Key(1), eight]], options as object), expected)
    t.throws(() => hash.asBytes().setBatch(u32Key(1), eight, options as object), expected)
    t.deepEqual([...hash], [])
  })
}

test('get takes lock only, push overwrite only', (t) => {
  const hash = makeHash(t)
  const queue = closing(t, Queue.create({ valueSize: 8, maxEntries: 1 }))
  const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE' }
  t.throws(() => hash.get(u32Key(1), { noExist: true } as object), expected)
  t.throws(() => hash.lookupAndDelete(u32Key(1), { exist: true } as object), expected)
  t.throws(() => queue.push(eight, { exist: true } as object), expected)
})

test('a signal in place of options is refused, not ignored', (t) => {
  const { signal } = new AbortController()
  const expected = {
    ...type,
    message: /must be an object of options, as in \{ signal \}\. Received an instance of Abort/,
  }
  t.throws(() => makeHash(t).entriesAsync(signal as never), expected)
  t.throws(
    () =>
      makeHash(t)
        .asBytes()
        .batchesAsync(signal as never),
    expected,
  )
})

test('a type of the wrong size for its map is refused, and bytes work all the same', (t) => {
  const array = typedMap(t, 'array')
  const wide = closing(t, MapBase.create({ like: array, valueSize: 16 })) as ArrayMap<bigint>
  t.throws(() => wide.get(0), { code: 'ERR_EBPF_BTF', message: /8 bytes large.*16.*asBytes\(\)/ })
  t.deepEqual(wide.asBytes().get(u32Key(0)), new Uint8Array(16))
  t.is(mapOf(openFixture(t, 'maps'), 'array').get(u32Key(0))?.length, 8)
})
