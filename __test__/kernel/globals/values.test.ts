// Global variables as properties: every kind of value, read and written, by memory and by system calls with the same results.
import { inspect } from 'node:util'
import test from 'ava'
import { mapOf, u32Key } from '../../helpers/fixtures.ts'
import { constants, initial, others, run, ways } from '../../helpers/globals.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

const variables = Object.keys(initial).filter((name) => !constants.includes(name))

for (const way of ways) {
  const by = `by ${way.name}`

  test(`globals read every kind of value ${by}`, (t) => {
    t.deepEqual({ ...way.open(t).globals }, initial)
  })

  test(`globals write every kind of value ${by}, and change nothing else`, (t) => {
    const { globals } = way.open(t)
    let expected: Record<string, unknown> = { ...initial }
    for (const name of variables) {
      globals[name] = others[name]
      expected = { ...expected, [name]: others[name] }
      t.deepEqual({ ...globals }, expected, name)
    }
  })

  test(`globals take bytes in place of a value ${by}`, (t) => {
    const { globals } = way.open(t)
    globals['u64'] = new Uint8Array(8).fill(255)
    globals['matrix'] = new Uint8Array(Uint16Array.of(65535, 0, 1, 2, 3, 4).buffer)
    globals['name'] = Buffer.from('12345678')
    for (const name of ['u64', 'matrix', 'name']) t.deepEqual(globals[name], others[name])
  })

  test(`a program sees what is written to globals ${by}, and globals what it writes`, (t) => {
    const { bpf, globals } = way.open(t)
    globals['rate'] = 500
    globals['shape'] = others['shape']
    const program = run(bpf, 'count', 4)
    t.is(globals['total'], 8n)
    t.is(globals['seen_rate'], 503)
    t.is(globals['seen_x'], -3)
    t.deepEqual(globals['hits'], [4n, 99n, 2n, 0n])
    t.is(globals['hidden'], 4n)
    globals['step'] = 100n
    program.testRun({ packet: new Uint8Array(40).fill(0x45, 0, 1) })
    t.is(globals['total'], 108n)
  })

  test(`the maps of the sections say the same as globals ${by}`, (t) => {
    const { bpf, globals } = way.open(t)
    run(bpf, 'count', 1)
    const tuning = mapOf(bpf, '.data.tuning')
    t.deepEqual(tuning.get(u32Key(0))?.slice(0, 5), Uint8Array.of(7, 0, 0, 0, 3))
    tuning.set(u32Key(0), Uint8Array.of(1, 1, 0, 0, 9))
    t.is(globals['rate'], 257)
    t.is(globals['burst'], 9)
    globals['burst'] = 10
    t.deepEqual(tuning.get(u32Key(0))?.slice(0, 5), Uint8Array.of(1, 1, 0, 0, 10))
  })

  test(`what is made of several values is frozen ${by}, all through`, (t) => {
    const { globals } = way.open(t)
    const shape = globals['shape'] as { area: bigint; corners: { x: number }[] }
    for (const part of [shape, shape.corners, shape.corners[0], globals['matrix'], globals['hits']]) {
      t.true(Object.isFrozen(part))
    }
    t.throws(() => (shape.area = 1n), { instanceOf: TypeError })
    const bytes = globals['bytes'] as Uint8Array
    bytes[0] = 77
    t.deepEqual(globals['bytes'], initial['bytes'], 'bytes are a copy')
  })

  test(`writing to constants throws ERR_EBPF_READONLY ${by}`, (t) => {
    const { globals } = way.open(t)
    for (const name of constants) {
      const says = new RegExp(`"${name}" is in \\.rodata.*Ebpf\\.load\\(data, \\{ globals \\}\\)`)
      t.throws(() => (globals[name] = others[name]), { code: 'ERR_EBPF_READONLY', message: says })
    }
    t.deepEqual({ ...globals }, initial)
  })

  test(`after close(), globals throw ERR_EBPF_CLOSED ${by}, also those that were asked for before`, (t) => {
    const { bpf, globals } = way.open(t)
    const descriptors = Object.values(Object.getOwnPropertyDescriptors(globals))
    run(bpf, 'count', 1)
    bpf.close()
    const closed = { code: 'ERR_EBPF_CLOSED', message: /^The object has been closed/ }
    for (const name of Object.keys(globals)) {
      t.throws(() => globals[name], closed, name)
      t.throws(() => (globals[name] = others[name]), closed, name)
    }
    for (const { get } of descriptors) if (get !== undefined) t.throws(get, closed)
    bpf.close()
  })

  test(`printing globals shows the values ${by}, and after close() that they are closed`, (t) => {
    const { bpf, globals } = way.open(t, {}, 'maps')
    t.is(inspect(globals), 'Globals { step: 2n, total: 0n, dropped: 0n }')
    t.is(inspect({ globals }, { compact: true, breakLength: Infinity }).includes('total: 0n'), true)
    bpf.close()
    t.is(inspect(globals), "Globals { state: 'closed' }")
  })

  test(`an object without BTF has its variables as bytes ${by}`, (t) => {
    const { bpf, globals } = way.open(t, {}, 'no_btf_globals')
    t.deepEqual({ ...globals }, { limit: Uint8Array.of(5, 0, 0, 0), total: new Uint8Array(8) })
    globals['total'] = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
    t.deepEqual(globals['total'], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    const message = /^globals\.total must be a Uint8Array of 8 bytes: the object does not tell its type\. Received 7n$/
    t.throws(() => (globals['total'] = 7n), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message })
    bpf.close()
  })
}

interface Refusal {
  readonly what: string
  readonly name: string
  readonly value: unknown
  readonly code: string
  readonly says: RegExp
}

const [type, range, argument] = ['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_VALUE']

const refusals: readonly Refusal[] = [
  { what: 'a string for a number', name: 'u32', value: '7', code: type, says: /^globals\.u32 must be a number/ },
  { what: 'undefined', name: 'u32', value: undefined, code: type, says: /^globals\.u32 is missing: a number/ },
  { what: 'a fraction', name: 'u32', value: 1.5, code: range, says: /^globals\.u32: 1\.5 is no integer/ },
  { what: 'a number that is too large', name: 'u8', value: 256, code: range, says: /^globals\.u8: 256 exceeds/ },
  { what: 'a number for a bigint', name: 'step', value: 5, code: type, says: /^globals\.step must be a bigint.*5n/ },
  { what: 'a bigint that is too large', name: 'step', value: 2n ** 64n, code: range, says: /^globals\.step: 184/ },
  { what: 'a string that is too long', name: 'name', value: '123456789', code: range, says: /^globals\.name: '123/ },
  { what: 'too few elements', name: 'hits', value: [1n], code: range, says: /^globals\.hits: .*4 elements, not 1/ },
  { what: 'a wrong element', name: 'hits', value: [0n, 0n, 0n, 0], code: type, says: /^globals\.hits\[3\] must be/ },
  { what: 'a missing member', name: 'flips', value: { left: 1n }, code: type, says: /^globals\.flips\.right is mis/ },
  {
    what: 'an unknown member',
    name: 'flips',
    value: { left: 1n, right: 2n, top: 3n },
    code: argument,
    says: /^globals\.flips\.top: .* has no such member/,
  },
  {
    what: 'a deep number out of range',
    name: 'shape',
    value: { ...(initial['shape'] as object), level: 32 },
    code: range,
    says: /^globals\.shape\.level: 32 exceeds/,
  },
  {
    what: 'bytes of another size',
    name: 'u64',
    value: new Uint8Array(7),
    code: range,
    says: /^globals\.u64: .*__u64 has 8 bytes, not 7/,
  },
]

for (const way of ways) {
  for (const { what, name, value, code, says } of refusals) {
    test(`globals refuse ${what} for "${name}" by ${way.name}, and write nothing`, (t) => {
      const { globals } = way.open(t)
      t.throws(() => (globals[name] = value), { any: true, code, message: says })
      t.deepEqual({ ...globals }, initial)
    })
  }
}
