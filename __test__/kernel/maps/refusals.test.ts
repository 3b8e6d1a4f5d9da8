// What the kernel refuses maps, each with its reason: no room, no permission, nothing there, nothing that can be made.
import test from 'ava'
import { ArrayMap, type BytesMap, HashMap, LpmTrie, MapBase, type MapOptions, Queue } from 'ayajs'
import { openFixture, takenFrom, u32Key } from '../../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { closing, makeHash, makeTypedHash, numbered } from '../../helpers/map-kit.ts'
import { pageSize } from '../../helpers/page-size.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

const eight = new Uint8Array(8)
const range = { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' }
const type = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' }

test('a full map says how many entries it has room for, and how to have more', (t) => {
  const trie = closing(t, LpmTrie.create({ keySize: 8, valueSize: 4, maxEntries: 1, name: 'test' }))
  trie.set(new Uint8Array(8), u32Key(1))
  const hash = makeTypedHash(t, { maxEntries: 1 }).set(0, 1n)
  const queue = closing(t, Queue.create({ valueSize: 8, maxEntries: 1, name: 'test' })).push(eight)
  const fill = (): unknown => {
    for (let key = 1; key < 100; key++) hash.set(key, 1n)
    return 'the kernel has room for some more on each CPU, but not for as many'
  }
  const message = /^Cannot update map "test": it is full with 1 entries: .*maxEntries of create\(\)/
  t.like(t.throws(fill, { code: 'ERR_EBPF_MAP', message }), { errnoName: 'E2BIG', map: 'test' })
  t.throws(() => queue.push(eight), { code: 'ERR_EBPF_MAP', message })
  const other = new Uint8Array([1, 0, 0, 0, 128, 0, 0, 0])
  t.throws(() => trie.set(other, u32Key(1)), { code: 'ERR_EBPF_MAP', message })
})

const permissions: [title: string, flags: number, use: (map: BytesMap) => unknown, says: RegExp][] = [
  ['set of a read-only map', 8, (map) => map.set(u32Key(1), eight), /open for reading only/],
  ['delete of a read-only map', 8, (map) => map.delete(u32Key(1)), /open for reading only/],
  ['setBatch of a read-only map', 8, (map) => map.setBatch(u32Key(1), eight), /open for reading only/],
  ['get of a write-only map', 16, (map) => map.get(u32Key(1)), /open for writing only/],
  ['a walk of a write-only map', 16, (map) => [...map], /open for writing only/],
]

for (const [title, flags, use, says] of permissions) {
  test(`${title} is refused with the reason`, (t) => {
    const map = makeHash(t, { flags }).asBytes()
    const error = t.throws(() => use(map), { code: 'ERR_EBPF_MAP', message: says })
    t.like(error, { errnoName: 'EPERM', map: 'test' })
  })
}

test('a frozen map can be read, and not changed', (t) => {
  const hash = makeTypedHash(t).set(1, 7n)
  hash.freeze()
  t.is(hash.get(1), 7n)
  t.deepEqual([...hash], [[1, 7n]])
  const writes = [() => hash.set(1, 8n), () => hash.delete(1), () => hash.setAll(numbered(2)), () => [...hash.drain()]]
  for (const write of writes) {
    t.like(t.throws(write, { message: /frozen/ }), { code: 'ERR_EBPF_MAP', errnoName: 'EPERM' }, String(write))
  }
})

test('a map id that has gone is ERR_EBPF_NOT_FOUND', async (t) => {
  const { id } = closing(t, HashMap.create({ keySize: 4, valueSize: 4, maxEntries: 1 })).info()
  const gone = HashMap.create({ keySize: 4, valueSize: 4, maxEntries: 1 })
  const { id: goneId } = gone.info()
  gone.close()
  t.true(id !== goneId)
  t.true(await until(() => throwsNotFound(() => MapBase.fromId(goneId))))
  t.throws(() => HashMap.fromId(2 ** 32 - 1), { code: 'ERR_EBPF_NOT_FOUND' })
  for (const wrong of [0, -1, 0.5, NaN, 2 ** 32]) t.throws(() => HashMap.fromId(wrong), range)
  for (const wrong of ['1', 1n, null, undefined]) t.throws(() => HashMap.fromId(wrong as never), type)
})

test('a map that was taken is not said to have never been there', (t) => {
  const bpf = openFixture(t, 'maps')
  const taken = takenFrom(bpf, 'array')
  t.teardown(() => taken.close())
  const message = /^The map "array" has been taken out of the object: use the one that takeMap\(\) returned\.$/
  t.throws(() => ArrayMap.tryFrom(bpf.map('array')), { code: 'ERR_EBPF_NOT_FOUND', message })
  t.throws(() => ArrayMap.tryFrom(bpf.takeMap('array')), { code: 'ERR_EBPF_NOT_FOUND', message })
})

test('a descriptor that is none, or not of a map, is refused', (t) => {
  const program = openFixture(t, 'refused').program('fine')
  program?.load()
  for (const fd of [0, program?.fd() ?? -1, 9999]) t.throws(() => MapBase.fromFd(fd), { code: 'ERR_EBPF_MAP' })
  for (const fd of [-1, 0.5, NaN, 2 ** 31]) t.throws(() => MapBase.fromFd(fd), range)
})

const badCreations: [title: string, options: unknown, expected: object][] = [
  ['no options', undefined, type],
  ['no type', { keySize: 4, valueSize: 4, maxEntries: 1 }, type],
  [
    'a type that is none',
    { mapType: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 },
    {
      code: 'ERR_INVALID_ARG_VALUE',
      message: `The argument "options.mapType" must be a type of map in aya's spelling, as "Hash" is. Received 'hash'`,
    },
  ],
  ['no size', { mapType: 'Hash', valueSize: 4, maxEntries: 1 }, type],
  ['a negative size', { mapType: 'Hash', keySize: -4, valueSize: 4, maxEntries: 1 }, range],
  ['a size of 2^32', { mapType: 'Hash', keySize: 4, valueSize: 2 ** 32, maxEntries: 1 }, range],
  ['a size that is NaN', { mapType: 'Hash', keySize: 4, valueSize: NaN, maxEntries: 1 }, range],
  ['a size that is a string', { mapType: 'Hash', keySize: '4', valueSize: 4, maxEntries: 1 }, type],
  [
    'no room',
    { mapType: 'Hash', keySize: 4, valueSize: 4, maxEntries: 0 },
    { code: 'ERR_EBPF_MAP', message: /EINVAL\); it has no room for entries\. Set maxEntries to at least 1\.$/ },
  ],
  ['flags that are none', { mapType: 'Hash', keySize: 4, valueSize: 4, maxEntries: 1, flags: 2 ** 32 }, range],
  [
    'a key for a queue',
    { mapType: 'Queue', keySize: 4, valueSize: 4, maxEntries: 1 },
    { code: 'ERR_EBPF_MAP', message: /no keys\. Set keySize to 0\.$/ },
  ],
  [
    'no key',
    { mapType: 'Hash', keySize: 0, valueSize: 4, maxEntries: 1 },
    { code: 'ERR_EBPF_MAP', message: /its key has no size\. Set keySize/ },
  ],
  [
    'a trie without a prefix',
    { mapType: 'LpmTrie', keySize: 4, valueSize: 4, maxEntries: 1, flags: 1 },
    { code: 'ERR_EBPF_MAP', message: /1 to 256 bytes of data\. Set keySize to 5 to 260\.$/ },
  ],
  [
    'a ring buffer of no whole pages',
    { mapType: 'RingBuf', keySize: 0, valueSize: 0, maxEntries: 5000 },
    { code: 'ERR_EBPF_MAP', message: /a power of two, and whole pages\. Set maxEntries to \d+\.$/ },
  ],
  [
    'more room than there can be',
    { mapType: 'Hash', keySize: 4, valueSize: 4, maxEntries: 2 ** 32 - 1 },
    { code: 'ERR_EBPF_MAP', message: /Set fewer maxEntries\.|or set fewer maxEntries\.$/ },
  ],
  [
    'a name that the kernel does not take',
    { mapType: 'Queue', keySize: 0, valueSize: 4, maxEntries: 1, name: 'a-b' },
    {
      code: 'ERR_INVALID_ARG_VALUE',
      message: `The argument "options.name" must be of letters, digits, '_' and '.'. Received 'a-b'`,
    },
  ],
  [
    'a map to take after that is none',
    { like: 5 },
    { ...type, message: /^The "options\.like" argument must be an instance of MapBase\. Received 5$/ },
  ],
  [
    'a name with a null byte',
    { mapType: 'Queue', keySize: 0, valueSize: 4, maxEntries: 1, name: 'a\0' },
    { instanceOf: TypeError },
  ],
  [
    'a ring buffer of half a page',
    { mapType: 'RingBuf', keySize: 0, valueSize: 0, maxEntries: pageSize / 2 },
    { code: 'ERR_EBPF_MAP', message: new RegExp(`EINVAL.*whole pages\\. Set maxEntries to ${pageSize}\\.`) },
  ],
  ['extra that is a number', { mapType: 'Queue', keySize: 0, valueSize: 4, maxEntries: 1, extra: 1 }, type],
]

for (const [title, options, expected] of badCreations) {
  test(`MapBase.create and createAsync refuse ${title}, and leave nothing open`, async (t) => {
    const before = ownDescriptors()
    t.throws(() => MapBase.create(options as MapOptions), expected)
    await t.throwsAsync(MapBase.createAsync(options as MapOptions), expected)
    t.deepEqual(ownDescriptors(), before)
  })
}

function throwsNotFound(call: () => MapBase): boolean {
  try {
    call().close()
    return false
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_EBPF_NOT_FOUND'
  }
}
