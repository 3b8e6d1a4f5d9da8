// One element of a map at a time, refused: by the kernel, with the reason, and by a map that is closed.
import test from 'ava'
import type { EbpfErrorCode } from 'ayajs'
import { elementFlags } from '../../../dist/maps/raw/elements.js'
import type { RawMap } from '../../../dist/maps/raw/raw-map.js'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { makeRawMap, put, read, thrownBy } from '../../helpers/raw-maps.ts'

leaveNothingBehind(test)

interface Refusal {
  readonly what: string
  readonly settings: Parameters<typeof makeRawMap>[1]
  readonly call: (raw: RawMap) => unknown
  readonly errno: string
  readonly message: RegExp
  readonly code?: EbpfErrorCode
}

const fillUp = (raw: RawMap): void => {
  for (let key = 0; key <= raw.maxEntries; key++) put(raw, key, 1n)
}

const refusals: readonly Refusal[] = [
  {
    what: 'one entry too many in a hash',
    settings: { maxEntries: 4 },
    call: fillUp,
    errno: 'E2BIG',
    message: /^Cannot update map "raw": it is full with 4 entries: .*E2BIG.*maxEntries/,
  },
  {
    what: 'one entry too many in a trie',
    settings: { mapType: 'LpmTrie', keySize: 8, mapFlags: 1, maxEntries: 4 },
    call(raw) {
      for (let address = 0; address < 5; address++) {
        raw.elements.key.bytes[4] = address
        put(raw, 32, 1n)
      }
    },
    errno: 'ENOSPC',
    message: /it is full with 4 entries/,
  },
  {
    what: 'one value too many in a queue',
    settings: { mapType: 'Queue', keySize: 0, maxEntries: 1 },
    call({ elements }) {
      elements.update()
      elements.update()
    },
    errno: 'E2BIG',
    message: /it is full with 1 entries/,
  },
  {
    what: 'an index beyond the end of an array',
    settings: { mapType: 'Array', maxEntries: 2 },
    call: (raw) => put(raw, 2, 1n),
    errno: 'E2BIG',
    message: /the index must be below 2/,
  },
  {
    what: 'a key that is there already, with noExist',
    settings: {},
    call(raw) {
      put(raw, 1, 1n)
      put(raw, 1, 1n, elementFlags.noExist)
    },
    errno: 'EEXIST',
    message: /the key is there already/,
  },
  {
    what: 'a key that is not there, with exist',
    settings: {},
    call: (raw) => put(raw, 1, 1n, elementFlags.exist),
    errno: 'ENOENT',
    message: /there is no such key/,
  },
  {
    what: 'a lock that the value does not have',
    settings: {},
    call: (raw) => put(raw, 1, 1n, elementFlags.lock),
    errno: 'EINVAL',
    message: /Cannot update map "raw"/,
  },
  {
    what: 'flags that nobody knows',
    settings: {},
    call: (raw) => put(raw, 1, 1n, 2 ** 31),
    errno: 'EINVAL',
    message: /Cannot update map "raw"/,
  },
  {
    what: 'deleting from an array',
    settings: { mapType: 'Array' },
    call: ({ elements }) => elements.delete(),
    errno: 'EINVAL',
    message: /entries of arrays cannot be deleted/,
  },
  {
    what: 'taking from an array',
    settings: { mapType: 'Array' },
    call: ({ elements }) => elements.lookupAndDelete(),
    errno: 'ENOTSUPP',
    message: /^Cannot take from map "raw": the kernel does not support it for maps of type Array: .*Do without it/,
    code: 'ERR_EBPF_UNSUPPORTED',
  },
  {
    what: 'walking a queue',
    settings: { mapType: 'Queue', keySize: 0 },
    call: ({ elements }) => elements.next(true),
    errno: 'EINVAL',
    message: /Cannot walk map "raw"/,
  },
  {
    what: 'writing to a map that is read-only',
    settings: { mapFlags: 8 },
    call: (raw) => put(raw, 1, 1n),
    errno: 'EPERM',
    message: /it is open for reading only/,
  },
  {
    what: 'deleting from a map that is read-only',
    settings: { mapFlags: 8 },
    call: ({ elements }) => elements.delete(),
    errno: 'EPERM',
    message: /it is open for reading only/,
  },
  {
    what: 'reading a map that is write-only',
    settings: { mapFlags: 16 },
    call: ({ elements }) => elements.lookup(),
    errno: 'EPERM',
    message: /it is open for writing only/,
  },
  {
    what: 'writing to a map that is frozen',
    settings: {},
    call(raw) {
      raw.native.freeze()
      put(raw, 1, 1n)
    },
    errno: 'EPERM',
    message: /it is frozen/,
  },
]

for (const { what, settings, call, errno, message, code = 'ERR_EBPF_MAP' } of refusals) {
  test(`Elements throw ${errno} for ${what}, with the reason`, (t) => {
    const raw = makeRawMap(t, settings)
    const error = thrownBy(t, () => call(raw))
    t.is(error.code, code)
    t.is(error.errnoName, errno)
    t.is(error.map, 'raw')
    t.regex(error.syscall ?? '', /^BPF_MAP_\w+(?:ELEM|KEY)$/)
    t.regex(error.message, message)
  })
}

const calls: Readonly<Record<string, (raw: RawMap) => unknown>> = {
  lookup: ({ elements }) => elements.lookup(),
  update: ({ elements }) => elements.update(),
  delete: ({ elements }) => elements.delete(),
  lookupAndDelete: ({ elements }) => elements.lookupAndDelete(),
  'next of a key': ({ elements }) => elements.next(false),
  'next of the beginning': ({ elements }) => elements.next(true),
}

for (const [what, call] of Object.entries(calls)) {
  test(`Elements throw ERR_EBPF_CLOSED from ${what} when the map is closed, and never use its descriptor's number`, (t) => {
    const raw = makeRawMap(t)
    put(raw, 1, 1n)
    const number = raw.native.fd()
    raw.native.close()
    const other = makeRawMap(t)
    t.is(other.native.fd(), number, 'the number names another map now')
    put(other, 1, 2n)
    t.is(thrownBy(t, () => call(raw)).code, 'ERR_EBPF_CLOSED')
    t.is(read(other, 1), 2n)
  })
}
