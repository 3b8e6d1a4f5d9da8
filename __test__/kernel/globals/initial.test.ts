// Values that variables begin with: typed, in every section, by every way to open an object; refused before anything is made.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { describeObject, type Ebpf, EbpfError, EbpfLoader, type LoadOptions } from 'ayajs'
import { fixturePath, mapOf, openFixture, u32Key } from '../../helpers/fixtures.ts'
import { initial, others, run } from '../../helpers/globals.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { doors } from '../../helpers/open.ts'

leaveNothingBehind(test)

for (const door of doors) {
  test(`${door.name} sets globals of every kind in every section`, async (t) => {
    const bpf = await door.open(t, 'globals', { globals: others })
    t.deepEqual({ ...bpf.globals }, others)
  })

  test(`${door.name} sets some globals as values and some as bytes, and leaves the others`, async (t) => {
    const globals = { limit: 3, salt: new Uint8Array(8).fill(1), rate: 20, u64: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1) }
    const bpf = await door.open(t, 'globals', { globals })
    const expected = { limit: 3, salt: 0x0101010101010101n, rate: 20, u64: 2n ** 56n + 1n }
    t.deepEqual({ ...bpf.globals }, { ...initial, ...expected })
    run(bpf, 'count', 5)
    t.is(bpf.globals['total'], 6n)
    t.is(bpf.globals['seen_rate'], 23)
  })

  test(`${door.name} refuses a value of another type for a global before anything is made`, async (t) => {
    const before = ownDescriptors()
    const options = { globals: { limit: 5, step: 5 } }
    const message = /^globals\.step must be a bigint \(.*__u64\): write 5n, not 5$/
    await t.throwsAsync(door.open(t, 'globals', options), { instanceOf: TypeError, message })
    t.deepEqual(ownDescriptors(), before)
  })

  test(`${door.name} refuses a value for a global that the object does not have, with the names of those that it has`, async (t) => {
    const opening = door.open(t, 'maps', { globals: { totl: 5n } })
    const message = /^The object has no global variable "totl"\. It has: dropped, step, total\. Did you mean "total"\?$/
    await t.throwsAsync(opening, { instanceOf: EbpfError, code: 'ERR_EBPF_NOT_FOUND', message })
  })

  test(`${door.name} lists the variables that inspect and bpf.globals have, for bytes as for values`, async (t) => {
    const names = describeObject(readFileSync(fixturePath('ring'))).globals.map(({ name }) => name)
    t.deepEqual(Object.keys(openFixture(t, 'ring').globals), names)
    t.false(names.includes('numbered_record'))
    const message = `The object has no global variable "nothing_like_it". It has: ${names.sort().join(', ')}. Compare with the names that the message lists.`
    for (const value of [5, new Uint8Array(4)]) {
      const opening = door.open(t, 'ring', { globals: { nothing_like_it: value } })
      await t.throwsAsync(opening, { code: 'ERR_EBPF_NOT_FOUND', message })
    }
  })
}

interface Refusal {
  readonly what: string
  readonly fixture?: string
  readonly globals: Record<string, unknown>
  readonly code: string
  readonly says: RegExp
}

const refusals: readonly Refusal[] = [
  {
    what: 'a number that is too large',
    globals: { burst: 256 },
    code: 'ERR_OUT_OF_RANGE',
    says: /^globals\.burst: 256/,
  },
  { what: 'undefined', globals: { rate: undefined }, code: 'ERR_INVALID_ARG_TYPE', says: /^globals\.rate is missing/ },
  {
    what: 'a member that is missing',
    globals: { origin: { x: 1 } },
    code: 'ERR_INVALID_ARG_TYPE',
    says: /^globals\.origin\.y is missing/,
  },
  {
    what: 'bytes of another size',
    globals: { limit: new Uint8Array(5) },
    code: 'ERR_OUT_OF_RANGE',
    says: /^The value of global "limit" must be 4 bytes large\. Received 5 bytes$/,
  },
  {
    what: 'a value for a variable without type',
    fixture: 'no_btf_globals',
    globals: { limit: 5 },
    code: 'ERR_INVALID_ARG_TYPE',
    says: /^globals\.limit must be a Uint8Array of 4 bytes: the object does not tell its type\. Received 5$/,
  },
]

for (const { what, fixture = 'globals', globals, code, says } of refusals) {
  test(`Ebpf.loadFile refuses as the value of a global ${what}`, (t) => {
    const before = ownDescriptors()
    t.throws(() => openFixture(t, fixture, { globals }), { any: true, code, message: says })
    t.deepEqual(ownDescriptors(), before)
  })
}

test('an object without BTF takes bytes for its variables by their symbols', (t) => {
  const bpf = openFixture(t, 'no_btf_globals', { globals: { limit: Uint8Array.of(9, 0, 0, 0) } })
  t.deepEqual(mapOf(bpf, '.rodata').get(u32Key(0)), Uint8Array.of(9, 0, 0, 0))
})

test('EbpfLoader.overrideGlobal keeps the later of bytes and value, for every object that it loads', (t) => {
  const loader = new EbpfLoader().overrideGlobal('u8', 1, true).overrideGlobal('u8', Uint8Array.of(2), true)
  const open = (): Ebpf => {
    const bpf = loader.loadFile(fixturePath('globals'))
    t.teardown(() => bpf.close())
    return bpf
  }
  t.is(open().globals['u8'], 2)
  loader.overrideGlobal('u8', 3, true)
  t.is(open().globals['u8'], 3)
  t.is(open().globals['u8'], 3)
})

test('EbpfLoader.overrideGlobal ignores a value for an absent variable that need not exist, and no other', (t) => {
  const loader = new EbpfLoader().overrideGlobal('u9', 1, false).overrideGlobal('u8', 9, false)
  const bpf = loader.loadFile(fixturePath('globals'))
  t.is(bpf.globals['u8'], 9)
  bpf.close()
  loader.overrideGlobal('u8', 'nine', false)
  t.throws(() => loader.loadFile(fixturePath('globals')), {
    instanceOf: TypeError,
    message: /^globals\.u8 must be a num/,
  })
})

test('a getter of a value may load an object itself', (t) => {
  const point = {
    get x() {
      openFixture(t, 'globals').close()
      return 5
    },
    y: 6,
  }
  const options: LoadOptions = { globals: { origin: point } }
  t.deepEqual(openFixture(t, 'globals', options).globals['origin'], { x: 5, y: 6 })
})
