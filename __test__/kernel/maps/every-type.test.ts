// Maps of every type, as bytes: each method gives a result or an error with a code, and never anything else.
import test, { type ExecutionContext } from 'ava'
import { type BytesMap, type EbpfError, MapBase } from 'ayajs'
import { openFixture } from '../../helpers/fixtures.ts'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

/** What the class of each map of map_types.bpf.o is. */
const classes: Readonly<Record<string, string>> = {
  array: 'ArrayMap',
  array_of_maps: 'ArrayOfMaps',
  bloom_filter: 'BloomFilter',
  cgroup_array: 'CgroupArray',
  cgroup_storage: 'CgroupStorage',
  hash: 'HashMap',
  hash_of_maps: 'HashOfMaps',
  lpm_trie: 'LpmTrie',
  lru_hash: 'HashMap',
  lru_percpu_hash: 'PerCpuHashMap',
  percpu_array: 'PerCpuArray',
  percpu_hash: 'PerCpuHashMap',
  percpu_storage: 'PerCpuCgroupStorage',
  prog_array: 'ProgramArray',
  queue: 'Queue',
  stack: 'Stack',
  untyped: 'HashMap',
}

testIf('bloom-filter')('every map comes in the class of its type, whether from its object or by its id', (t) => {
  for (const [name, map] of openFixture(t, 'map_types').maps()) {
    const byId = MapBase.fromId(map.info().id)
    t.teardown(() => byId.close())
    t.is(byId.constructor, map.constructor, name)
    if (classes[name] !== undefined) t.is(map.constructor.name, classes[name], name)
  }
})

const methods: Readonly<Record<string, (map: BytesMap) => unknown>> = {
  get: (map) => map.get(keyOf(map)),
  getInto: (map) => map.getInto(keyOf(map), new Uint8Array(map.valueBytes)),
  has: (map) => map.has(keyOf(map)),
  set: (map) => map.set(keyOf(map), valueOf(map)),
  lookupAndDelete: (map) => map.lookupAndDelete(keyOf(map)),
  delete: (map) => map.delete(keyOf(map)),
  keys: (map) => [...map.keys()],
  values: (map) => [...map.values()],
  entries: (map) => [...map],
  batches: (map) => [...map.batches()],
  'batches with remove': (map) => [...map.batches({ remove: true })],
  'batches of one': (map) => [...map.batches({ maxEntries: 1 })],
  setAll: (map) => map.setAll([[keyOf(map), valueOf(map)]]),
  deleteAll: (map) => map.deleteAll([keyOf(map)]),
  setBatch: (map) => map.setBatch(keyOf(map), valueOf(map)),
  deleteBatch: (map) => map.deleteBatch(keyOf(map)),
  drain: (map) => [...map.drain()],
  entriesAsync: (map) => all(map.entriesAsync()),
  'batchesAsync with remove': (map) => all(map.batchesAsync({ remove: true })),
}

for (const [method, call] of Object.entries(methods)) {
  testIf('bloom-filter')(`${method} of maps of every type gives a result, or an error with a code`, async (t) => {
    for (const [name, map] of openFixture(t, 'map_types').maps()) await resultOrCode(t, name, call, map.asBytes())
  })
}

async function resultOrCode(
  t: ExecutionContext,
  name: string,
  call: (map: BytesMap) => unknown,
  map: BytesMap,
): Promise<void> {
  try {
    await call(map)
    t.pass()
  } catch (error) {
    const { code } = error as EbpfError
    t.regex(code, /^ERR_EBPF_(?:MAP|UNSUPPORTED)$|^ERR_OUT_OF_RANGE$/, `${name}: ${String(error)}`)
  }
}

function keyOf({ keySize }: BytesMap): Uint8Array {
  return new Uint8Array(keySize)
}

function valueOf({ valueBytes }: BytesMap): Uint8Array {
  return new Uint8Array(valueBytes)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
