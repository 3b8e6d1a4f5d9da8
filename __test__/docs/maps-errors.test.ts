// The table of docs/maps.md about what throws what: each row is tried, and nothing else is.
import { openSync, closeSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { ArrayMap, ArrayOfMaps, type Ebpf, EbpfError, HashMap, LpmTrie, PerCpuArray, PerCpuHashMap, Queue } from 'ayajs'
import { openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { until } from '../helpers/poll.ts'
import { plain, tableBelow } from './tables.ts'

leaveNothingBehind(test)

interface Key {
  daddr?: number
  dport?: unknown
  protocol?: number
  ttl?: number
}

const key: Key = { daddr: 0x0a000001, dport: 443, protocol: 6 }
const flow = { packets: 1n, bytes: 60n }
const [one, two, value] = [Uint8Array.of(1, 0, 0, 0), Uint8Array.of(2, 0, 0, 0), new Uint8Array(8)]

/** Each is given an object with typed maps, and a hash of 4 and 8 bytes with room for one entry. */
type Attempt = (bpf: Ebpf, hash: HashMap<Uint8Array, Uint8Array>, t: ExecutionContext) => unknown

const flowsOf = (bpf: Ebpf): HashMap<Key, unknown> => HashMap.tryFrom<Key>(bpf.map('flows'))

const attempts: Readonly<Record<string, readonly Attempt[]>> = {
  'a number that is too large or too small for its type': [
    (bpf) => flowsOf(bpf).get({ ...key, dport: 70_000 }),
    (bpf) => flowsOf(bpf).get({ ...key, daddr: -1 }),
    (bpf) => flowsOf(bpf).set(key, { ...flow, packets: 2n ** 64n }),
    (bpf) => flowsOf(bpf).set(key, { ...flow, packets: -1n }),
  ],
  'NaN, or a fraction for an integer': [
    (bpf) => flowsOf(bpf).get({ ...key, dport: NaN }),
    (bpf) => flowsOf(bpf).get({ ...key, dport: 0.5 }),
  ],
  'a number for a bigint, or the other way round': [
    (bpf) => flowsOf(bpf).set(key, { ...flow, packets: 1 }),
    (bpf) => flowsOf(bpf).get({ ...key, dport: 443n }),
  ],
  'a string with more bytes than char[N] has': [
    (bpf) => LpmTrie.tryFrom(bpf.map('forbidden')).set({ prefixlen: 8, address: one }, 'ü'.repeat(17)),
  ],
  'a field is missing': [
    (bpf) => flowsOf(bpf).get({ daddr: 1, dport: 443 }),
    (bpf) => flowsOf(bpf).set(key, { packets: 1n }),
  ],
  'a field that the struct does not have': [(bpf) => flowsOf(bpf).get({ ...key, ttl: 64 })],
  'two members of a union': [
    (_bpf, _hash, t) => {
      const shapes = PerCpuHashMap.tryFrom<bigint>(openFixture(t, 'typed_maps').map('shapes'))
      const bytes = shapes.asBytes()
      bytes.set(value, new Uint8Array(bytes.valueBytes))
      return shapes.set(1n, shapes.get(0n) ?? [])
    },
  ],
  'not one value for each CPU': [
    (bpf) => PerCpuArray.tryFrom(bpf.map('verdicts')).set(0, []),
    (bpf) =>
      PerCpuArray.tryFrom(bpf.map('verdicts')).set(
        0,
        Array.from({ length: 5000 }, () => 0n),
      ),
  ],
  'bytes of another length': [
    (_bpf, hash) => hash.get(new Uint8Array(3)),
    (_bpf, hash) => hash.set(one, new Uint8Array(9)),
    (bpf) => flowsOf(bpf).asBytes().getInto(value, value),
  ],
  'an index that is negative, or a fraction': [
    (bpf) => PerCpuArray.tryFrom(bpf.map('verdicts')).get(-1),
    (bpf) => PerCpuArray.tryFrom(bpf.map('verdicts')).get(0.5),
  ],
  'set behind the end of an array': [
    (_bpf, _hash, t) => closing(t, ArrayMap.create({ valueSize: 8, maxEntries: 1 })).set(1, value),
  ],
  'an unknown option': [(_bpf, hash) => hash.set(one, value, { noexist: true } as object)],
  'noExist, and the key is there': [(_bpf, hash) => hash.set(one, value).set(one, value, { noExist: true })],
  'exist, and the key is not there': [(_bpf, hash) => hash.set(one, value, { exist: true })],
  'lock, and the value has no bpf_spin_lock': [
    (_bpf, hash) => hash.set(one, value, { lock: true }),
    (_bpf, hash) => hash.set(one, value).get(one, { lock: true }),
  ],
  'set into a hash that is full': [(_bpf, hash) => hash.set(one, value).set(two, value)],
  'set into a trie that is full': [
    (_bpf, _hash, t) =>
      closing(t, LpmTrie.create({ keySize: 5, valueSize: 8, maxEntries: 1, flags: 1 }))
        .set(Uint8Array.of(8, 0, 0, 0, 1), value)
        .set(Uint8Array.of(8, 0, 0, 0, 2), value),
  ],
  'push into a queue that is full': [
    (_bpf, _hash, t) =>
      closing(t, Queue.create({ valueSize: 8, maxEntries: 1 }))
        .push(value)
        .push(value),
  ],
  'set or delete after freeze': [
    (_bpf, hash) => (hash.freeze(), hash.set(one, value)),
    (_bpf, hash) => (hash.freeze(), hash.delete(one)),
  ],
  'freeze for the second time': [(_bpf, hash) => (hash.freeze(), hash.freeze())],
  'set into a map that is read-only (BPF_F_RDONLY)': [(_bpf, _hash, t) => madeWith(t, 8).set(one, value)],
  'get from a map that is write-only (BPF_F_WRONLY)': [(_bpf, _hash, t) => madeWith(t, 16).get(one)],
  'what the kernel has not for the type': [
    (_bpf, _hash, t) =>
      closing(t, ArrayMap.create({ valueSize: 8, maxEntries: 1 }))
        .asBytes()
        .lookupAndDelete(new Uint8Array(4)),
  ],
  'what the type cannot do, by asBytes()': [
    (_bpf, _hash, t) =>
      closing(t, ArrayMap.create({ valueSize: 8, maxEntries: 1 }))
        .asBytes()
        .delete(new Uint8Array(4)),
    (_bpf, _hash, t) => [
      ...closing(t, Queue.create({ valueSize: 8, maxEntries: 1 }))
        .asBytes()
        .keys(),
    ],
  ],
  'a map of another shape than a map of maps holds': [
    (bpf, hash, t) => closing(t, ArrayOfMaps.create({ maxEntries: 1, inner: hash })).set(0, flowsOf(bpf) as never),
  ],
  'anything after close': [
    (_bpf, hash) => (hash.close(), hash.get(one)),
    (_bpf, hash) => (hash.close(), [...hash]),
    (_bpf, hash) => (hash.close(), hash.info()),
    (bpf) => {
      const flows = flowsOf(bpf)
      bpf.close()
      return flows.has(key)
    },
  ],
  'a class that is not that of the type': [
    (bpf) => Queue.tryFrom(bpf.map('flows')),
    (bpf) => Queue.fromFd(flowsOf(bpf).fd()),
  ],
  'tryFrom of a map that the object does not have': [(bpf) => HashMap.tryFrom(bpf.map('flow'))],
  'an id of a map that has gone': [
    async (_bpf, hash) => {
      const { id } = hash.info()
      hash.close()
      await until(() => failureOf(() => HashMap.fromId(id).close()) !== undefined)
      HashMap.fromId(id)
    },
  ],
  'a path at which nothing is pinned': [(_bpf, _hash, t) => HashMap.fromPin(`${makePinDirectory(t)}/absent`)],
  'a descriptor of something else': [
    (_bpf, _hash, t) => {
      const fd = openSync('/dev/null', 'r')
      t.teardown(() => closeSync(fd))
      return HashMap.fromFd(fd)
    },
  ],
  'sizes that the kernel does not make': [
    () => HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 0 }),
    () => HashMap.create({ keySize: 0, valueSize: 8, maxEntries: 1 }),
  ],
}

const rows = tableBelow('docs/maps.md', 'What throws what')

test('the table of docs/maps.md about errors has exactly the rows that are tried', (t) => {
  t.deepEqual(rows.map((row) => plain(row['what'])).sort(), Object.keys(attempts).sort())
})

for (const row of rows) {
  const what = plain(row['what'])
  for (const [index, attempt] of (attempts[what] ?? []).entries()) {
    test(`docs/maps.md: ${what} throws as the table says (${index + 1})`, async (t) => {
      const hash = closing(t, HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 1 }))
      const bpf = openFixture(t, 'flows')
      const error = await t.throwsAsync(async () => attempt(bpf, hash, t))
      const { name, code, errnoName } = error as Error & { code?: string; errnoName?: string }
      const isEbpfError = error instanceof EbpfError
      t.is(isEbpfError ? 'EbpfError' : name, plain(row['throws']))
      t.is(code, plain(row['`code`']))
      if (isEbpfError) t.is(errnoName ?? '', plain(row['`errnoName`']))
    })
  }
}

function madeWith(t: ExecutionContext, flags: number): HashMap<Uint8Array, Uint8Array> {
  return closing(t, HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 1, flags }))
}

function closing<M extends { close(): void }>(t: ExecutionContext, map: M): M {
  t.teardown(() => map.close())
  return map
}

function failureOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
}
