// Batches that fail: how far they came, what the kernel cannot do, and what is refused before it is asked.
import test from 'ava'
import type { RawMap } from '../../../dist/maps/raw/raw-map.js'
import { hasFeature, testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { fill, makeRawMap, packKeys, packValues, range, thrownBy, walk } from '../../helpers/raw-maps.ts'

leaveNothingBehind(test)

test('Batches.update tells how many entries were written before the map was full', (t) => {
  const raw = makeRawMap(t, { maxEntries: 10 })
  const error = thrownBy(t, () => fill(raw, range(25)))
  t.like(error, { code: 'ERR_EBPF_MAP', errnoName: 'E2BIG', syscall: 'BPF_MAP_UPDATE_BATCH', completed: 10 })
  t.regex(error.message, /it is full with 10 entries/)
  t.is(walk(raw, 10).entries.length, 10)
})

testIf('batch-lpm-trie')('Batches.update tells how many entries were written before one that is refused', (t) => {
  const raw = makeRawMap(t, { mapType: 'LpmTrie', keySize: 8, mapFlags: 1 })
  const keys = Uint8Array.of(8, 0, 0, 0, 10, 0, 0, 0, 16, 0, 0, 0, 10, 1, 0, 0, 77, 0, 0, 0, 10, 1, 2, 0)
  const error = thrownBy(t, () => raw.batches.update(keys, packValues([1, 2, 3]), 3))
  t.like(error, { code: 'ERR_EBPF_MAP', errnoName: 'EINVAL', completed: 2 })
  const first = thrownBy(t, () => raw.batches.update(keys.slice(16), packValues([3]), 1))
  t.like(first, { code: 'ERR_EBPF_MAP', errnoName: 'EINVAL', completed: 0 })
  t.not(raw.batches.supports('update'), false)
})

const unsupported = [
  { mapType: 'Array', what: 'delete', call: (raw: RawMap) => raw.batches.delete(packKeys([0]), 1) },
  { mapType: 'Array', what: 'lookupAndDelete', call: (raw: RawMap) => walk(raw, 4, { remove: true }) },
  { mapType: 'LpmTrie', what: 'lookupAndDelete', call: (raw: RawMap) => walk(raw, 4, { remove: true }) },
  { mapType: 'Queue', what: 'lookup', call: (raw: RawMap) => walk(raw, 4) },
  {
    mapType: 'Queue',
    what: 'update',
    call: (raw: RawMap) => raw.batches.update(new Uint8Array(0), packValues([1]), 1),
  },
] as const

const shapes: Readonly<Record<string, Parameters<typeof makeRawMap>[1]>> = {
  LpmTrie: { keySize: 8, mapFlags: 1 },
  Queue: { keySize: 0 },
}

for (const { mapType, what, call } of unsupported) {
  test(`Batches know after one try that ${what} is not for maps of type ${mapType}`, (t) => {
    const raw = makeRawMap(t, { mapType, ...shapes[mapType] })
    t.is(raw.batches.supports(what), undefined)
    const error = thrownBy(t, () => call(raw))
    t.like(error, { code: 'ERR_EBPF_UNSUPPORTED', errnoName: 'ENOTSUPP' })
    t.regex(error.feature ?? '', /^BPF_MAP_\w+_BATCH$/)
    t.is(raw.batches.supports(what), false)
  })
}

test('flags that the kernel does not take are no reason to think that it has no batches', (t) => {
  const raw = makeRawMap(t)
  const error = thrownBy(t, () => walk(raw, 4, { flags: 2 }))
  t.like(error, { code: 'ERR_EBPF_MAP', errnoName: 'EINVAL' })
  t.is(raw.batches.supported, undefined)
})

test('Batches of a frozen map are read, and not written', (t) => {
  const raw = makeRawMap(t)
  fill(raw, [1])
  raw.native.freeze()
  t.deepEqual(walk(raw, 4).entries, [[1, 3]])
  t.like(
    thrownBy(t, () => fill(raw, [2])),
    { code: 'ERR_EBPF_MAP', errnoName: 'EPERM', completed: 0 },
  )
})

const detached = new Uint8Array(64)
structuredClone(detached.buffer, { transfer: [detached.buffer] })

const room = (): Uint8Array => new Uint8Array(64)
const tooSmall: readonly { what: string; call: (raw: RawMap) => unknown }[] = [
  { what: 'keys of one byte too few', call: ({ batches }) => batches.lookup(null, new Uint8Array(15), room(), 4) },
  { what: 'values of one byte too few', call: ({ batches }) => batches.lookup(null, room(), new Uint8Array(31), 4) },
  {
    what: 'a cursor of one byte too few',
    call: ({ batches }) => batches.lookup(new Uint8Array(15), room(), room(), 4),
  },
  { what: 'detached keys', call: ({ batches }) => batches.lookup(null, detached, room(), 4) },
  { what: 'detached values', call: ({ batches }) => batches.lookup(null, room(), detached, 4) },
  {
    what: 'an asynchronous cursor too small',
    call: ({ native }) => native.lookupBatchAsync(new Uint8Array(15), 4, false, 0),
  },
  { what: 'no entries wanted', call: ({ batches }) => batches.lookup(null, room(), room(), 0) },
  { what: 'half an entry wanted', call: ({ batches }) => batches.lookup(null, room(), room(), 1.5) },
  {
    what: 'as many entries as there are numbers',
    call: ({ batches }) => batches.lookup(null, room(), room(), 2 ** 32 - 1),
  },
  { what: 'too many entries to count', call: ({ batches }) => batches.lookup(null, room(), room(), 2 ** 32) },
  { what: 'NaN as flags', call: ({ batches }) => batches.lookup(null, room(), room(), 1, { flags: NaN }) },
  { what: 'keys to write of one byte too few', call: ({ batches }) => batches.update(new Uint8Array(15), room(), 4) },
  { what: 'values to write of one byte too few', call: ({ batches }) => batches.update(room(), new Uint8Array(31), 4) },
  { what: 'detached values to write', call: ({ batches }) => batches.update(room(), detached, 4) },
  { what: 'a negative count to write', call: ({ batches }) => batches.update(room(), room(), -1) },
  { what: 'keys to delete of one byte too few', call: ({ batches }) => batches.delete(new Uint8Array(15), 4) },
  { what: 'an infinite count to delete', call: ({ batches }) => batches.delete(room(), Infinity) },
]

for (const { what, call } of tooSmall) {
  test(`Batches throw a RangeError for ${what}, and nothing happens`, (t) => {
    const raw = makeRawMap(t)
    fill(raw, [0])
    t.throws(() => call(raw), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
    t.deepEqual(walk(raw, 64).entries, [[0, 0]])
  })
}

test('a cursor that the kernel has not given does no harm', (t) => {
  for (const mapType of ['Hash', 'Array', ...(hasFeature('batch-lpm-trie') ? ['LpmTrie'] : [])]) {
    const raw = makeRawMap(t, { mapType, ...shapes[mapType] })
    for (const byte of [0, 1, 0x7f, 0xff]) {
      const cursor = new Uint8Array(100).fill(byte)
      const [keys, values] = [new Uint8Array(64 * raw.keySize), new Uint8Array(64 * 8)]
      t.notThrows(() => raw.batches.lookup(cursor, keys, values, 64))
    }
  }
})
