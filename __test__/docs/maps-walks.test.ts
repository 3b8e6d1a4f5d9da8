// What docs/maps.md promises of walks and of single elements, sentence by sentence.
import test, { type ExecutionContext } from 'ava'
import { ArrayMap, CgroupStorage, type EbpfError, HashMap, LpmTrie } from 'ayajs'
import { openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

type Entries = Pick<HashMap<number, bigint>, 'set' | 'delete' | 'setAll' | 'entries' | 'entriesAsync'>

const room = 512

/** Maps of both kinds that others can change meanwhile, with numbers for keys. */
const kinds: readonly { title: string; make: (t: ExecutionContext) => Entries }[] = [
  {
    title: 'a hash',
    make: (t) => numbered(closing(t, HashMap.create({ keySize: 4, valueSize: 8, maxEntries: room }))),
  },
  {
    title: 'a trie',
    make: (t) => numbered(closing(t, LpmTrie.create({ keySize: 8, valueSize: 8, maxEntries: room }))),
  },
]

test('`get` of an index behind the end of an array is `undefined`, and `set` throws', (t) => {
  const map = closing(t, ArrayMap.create({ valueSize: 8, maxEntries: 2 }))
  t.deepEqual(map.get(1), new Uint8Array(8))
  t.is(map.get(2), undefined)
  t.throws(() => map.set(2, new Uint8Array(8)), { instanceOf: RangeError })
})

test('`get` and `has` of a trie find the longest prefix that matches; `set` and `delete` mean exactly the prefix that is given', (t) => {
  interface Network {
    prefixlen: number
    address: Uint8Array
  }
  const forbidden = LpmTrie.tryFrom<Network, string>(openFixture(t, 'flows').map('forbidden'))
  const network = (prefixlen: number, ...address: number[]): Network => ({
    prefixlen,
    address: Uint8Array.from(address),
  })
  forbidden.set(network(8, 10, 0, 0, 0), 'wide').set(network(16, 10, 1, 0, 0), 'narrow')
  t.is(forbidden.get(network(32, 10, 1, 2, 3)), 'narrow')
  t.is(forbidden.get(network(32, 10, 2, 2, 3)), 'wide')
  t.true(forbidden.has(network(24, 10, 2, 2, 0)))
  t.false(forbidden.has(network(32, 11, 0, 0, 1)))
  t.false(forbidden.delete(network(32, 10, 1, 2, 3)))
  t.true(forbidden.delete(network(16, 10, 1, 0, 0)))
  t.is(forbidden.get(network(32, 10, 1, 2, 3)), 'wide')
})

test('`set` of a storage of cgroups makes no entry: the kernel does, when a program is attached', (t) => {
  const storage = closing(t, CgroupStorage.create({ valueSize: 8 }))
  const error = t.throws(() => storage.set(new Uint8Array(16), new Uint8Array(8)), { code: 'ERR_EBPF_MAP' })
  t.is((error as EbpfError | undefined)?.errnoName, 'ENOENT')
  t.deepEqual([...storage], [])
})

for (const { title, make } of kinds) {
  test(`A walk sees each entry that is there from its beginning to its end, and sees it once (${title})`, (t) => {
    const map = filled(make(t), 200)
    const seen: number[] = []
    let next = 1000
    for (const [key] of map.entries()) {
      if (key < 200) seen.push(key)
      map.set(next, 0n)
      map.delete(next++ - 3)
    }
    t.deepEqual(seen.sort(byNumber), range(200))
  })

  test(`A walk sees an entry that comes or goes meanwhile, or does not see it (${title})`, (t) => {
    const map = filled(make(t), 200)
    const seen: number[] = []
    for (const [key] of map.entries()) {
      seen.push(key)
      if (seen.length === 1) for (const one of range(100)) map.delete(one === key ? 199 : one)
      if (seen.length === 1) for (const one of range(100)) map.set(one + 300, 0n)
    }
    t.true(seen.every((key) => key < 400))
    t.is(new Set(seen).size, seen.length)
  })

  test(`A walk gives values that the entries have had since it began (${title})`, (t) => {
    const map = filled(make(t), 200)
    const had = new Set([1n])
    for (const [key, value] of map.entries()) {
      t.true(had.has(value), `${key}: ${value}`)
      const value2 = BigInt(had.size + 1)
      had.add(value2)
      map.setAll(range(200).map((one) => [one, value2]))
    }
    t.is(had.size, 201)
  })

  test(`Entries may be set and deleted in the middle of a walk, the current one as well (${title})`, (t) => {
    const map = filled(make(t), 200)
    let seen = 0
    for (const [key, value] of map.entries()) {
      if (++seen % 2 === 0) map.delete(key)
      else map.set(key, value + 1n)
    }
    t.is(seen, 200)
    t.is([...map.entries()].filter(([, value]) => value === 2n).length, 100)
  })

  test(`A walk ends, however fast others add entries (${title})`, (t) => {
    const map = filled(make(t), 200)
    let seen = 0
    for (const [key] of map.entries()) {
      map.delete(key)
      map.set(1000 + seen++, 1n)
    }
    t.true(seen >= 200 && seen <= 4 * room, `${seen}`)
  })

  test(`\`entriesAsync\` keeps the promises of other walks (${title})`, async (t) => {
    const map = filled(make(t), 200)
    const seen: number[] = []
    for await (const [key, value] of map.entriesAsync({ maxEntries: 64 })) {
      if (key < 200) seen.push(key)
      t.is(value, 1n)
      map.set(1000, 1n)
      map.delete(1000)
    }
    t.deepEqual(seen.sort(byNumber), range(200))
  })

  test(`An aborted signal ends \`entriesAsync\` with its reason: before the walk, between two entries, and while entries are being fetched (${title})`, async (t) => {
    const map = filled(make(t), 200)
    const reason = new Error('enough')
    const walk = async (signal: AbortSignal, onEntry = (): void => {}): Promise<void> => {
      for await (const _ of map.entriesAsync({ signal, maxEntries: 64 })) onEntry()
    }
    t.is(await t.throwsAsync(walk(AbortSignal.abort(reason))), reason)
    const between = new AbortController()
    t.is(await t.throwsAsync(walk(between.signal, () => between.abort(reason))), reason)
    const meanwhile = new AbortController()
    const fetched = t.throwsAsync(map.entriesAsync({ signal: meanwhile.signal }).next())
    meanwhile.abort(reason)
    t.is(await fetched, reason)
  })
}

test('A walk over an array gives all elements in the order of their indexes', (t) => {
  const map = closing(t, ArrayMap.create({ valueSize: 8, maxEntries: 100_000 }))
  map.setAll(range(100).map((index) => [index * 1000, bytesOf(BigInt(index))]))
  const entries = [...map.entries()]
  t.deepEqual(
    entries.map(([index]) => index),
    range(100_000),
  )
  t.deepEqual(entries[99_000]?.[1], bytesOf(99n))
})

test('Timers run while a large map is walked by `entriesAsync`', async (t) => {
  const map = closing(t, ArrayMap.create({ valueSize: 64, maxEntries: 200_000 }))
  let [ticks, entries] = [0, 0]
  const timer = setInterval(() => ticks++, 1)
  t.teardown(() => clearInterval(timer))
  for await (const _ of map.entriesAsync()) entries++
  t.is(entries, 200_000)
  t.true(ticks > 0)
})

/** Keys as numbers, in the last 4 bytes of a key: with a prefix of 32 bits before them in a trie. */
function numbered(map: HashMap<Uint8Array, Uint8Array> | LpmTrie<Uint8Array, Uint8Array>): Entries {
  const prefix = map.mapType === 'LpmTrie' ? [...new Uint8Array(Uint32Array.of(32).buffer)] : []
  const keyOf = (key: number): Uint8Array => Uint8Array.from([...prefix, key >> 24, key >> 16, key >> 8, key])
  const numberOf = (key: Uint8Array): number => new DataView(key.buffer).getUint32(prefix.length)
  const entryOf = ([key, value]: [Uint8Array, Uint8Array]): [number, bigint] => [
    numberOf(key),
    new DataView(value.buffer).getBigUint64(0),
  ]
  const faces = {
    set: (key: number, value: bigint) => map.set(keyOf(key), bytesOf(value)),
    delete: (key: number) => map.delete(keyOf(key)),
    setAll: (entries: Iterable<readonly [number, bigint]>) =>
      map.setAll([...entries].map(([key, value]) => [keyOf(key), bytesOf(value)])),
    *entries() {
      for (const entry of map) yield entryOf(entry)
    },
    entriesAsync(options: object) {
      const entries = map.entriesAsync(options)
      return (async function* () {
        for await (const entry of entries) yield entryOf(entry)
      })()
    },
  }
  return faces as unknown as Entries
}

function filled(map: Entries, count: number): Entries {
  map.setAll(range(count).map((key) => [key, 1n]))
  return map
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function byNumber(a: number, b: number): number {
  return a - b
}

function closing<M extends { close(): void }>(t: ExecutionContext, map: M): M {
  t.teardown(() => map.close())
  return map
}
