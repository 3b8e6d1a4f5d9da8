// What a compiler wrote, both kinds of codecs read as the source says, and write back byte for byte.
import test from 'ava'
import type { BytesShape } from '../../../dist/btf/shape.js'
import { decode, encode, engines, variablesOf } from '../../helpers/codecs.ts'

/** The variables of __test__/fixtures/types.h and types.bpf.c. */
const values: Record<string, unknown> = {
  scalars: {
    u8: 255,
    s8: -128,
    u16: 65535,
    s16: -32768,
    u32: 4294967295,
    s32: -2147483648,
    u64: 2n ** 64n - 1n,
    s64: -(2n ** 63n),
    u128: 2n ** 127n + 5n,
    s128: -6n,
    yes: true,
    letter: 120,
    typed: 77,
    f32: 1.5,
    f64: -0.1,
    pointer: 0x123456789abcdef0n,
    color: 4294967295,
    level: -3,
    tiny: 200,
    wide: 0xfedcba9876543210n,
    deep: -0x7fffffffffffffffn,
  },
  network: {
    port: 443,
    named: 8080,
    address: 0x0a000001,
    identifier: 0x0102030405060708n,
    little: 0x01020304,
    ports: [1, 2, 65535],
  },
  arrays: {
    name: 'grüß',
    full: 'full',
    names: ['ab', ''],
    bytes: Uint8Array.of(1, 2, 0, 4, 255),
    rows: [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)],
    signs: [-1, 0, 1],
    flags: [true, false],
    matrix: [
      [1, 2, 3],
      [4, 5, 65535],
    ],
    cube: [[[-1, 2]], [[3, -4]]],
    pairs: [
      { a: 1, b: 2 },
      { a: 3, b: 4000000000 },
    ],
    levels: [3, -3],
    many: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n],
  },
  bits: {
    one: 1,
    two: 2,
    minus: -8,
    flag: true,
    five: 21,
    twenty: 0xabcde,
    odd: -65536,
    forty: 0xabcdef0123,
    sixty: 0xfedcba987654321n,
    negative: -5n,
    level: -3,
    whole: 0x89abcdef,
    after: 0x1234,
  },
  packed: {
    first: 1,
    second: 0x1122334455667788n,
    third: 0x99aa,
    inner: [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ],
    low: 127,
    across: 0x2aaaaaaa,
    rest: -1,
  },
  node: { next: 0n, far: 0n, call: 0n, nested: { back: 1n }, value: 5 },
  names: {
    constructor: 1,
    ['__proto__']: 2,
    toString: 3,
    hasOwnProperty: 4,
    class: 5,
    length: 6,
    value: 7,
    v: 8,
    o: 9,
  },
  tagged: { pointer: 2n },
  plain: 513,
  counter: 3,
  custom: 4,
  'use_types.calls': 9,
}

const fixtures = ['types', 'types_be']

for (const [engine, make] of engines) {
  for (const fixture of fixtures) {
    const variables = variablesOf(fixture)

    for (const [name, value] of Object.entries(values)) {
      test(`${engine}: ${name} of ${fixture} is read as its source says, and written as its compiler did`, (t) => {
        const { shape, bytes } = variables.get(name)!
        const codec = make(shape)
        t.is(codec.size, bytes.length)
        const decoded = decode(codec, bytes)
        t.deepEqual(decoded, value)
        t.deepEqual(encode(codec, value), bytes)
      })
    }

    test(`${engine}: a union of ${fixture} is read by every member, and written by the one that is given`, (t) => {
      const { shape, bytes } = variables.get('flattened')!
      const codec = make(shape)
      const first = fixture === 'types' ? 0x04030201 : 0x01020304 // v4 is big-endian.
      const v6 = bytes.slice(4, 20)
      const rest = { kind: 4, inner: 6, deepest: 7, last: 9 }
      const word = fixture === 'types' ? 0x04030201 : 0x01020304
      const named = { word, bytes: Uint8Array.of(1, 2, 3, 4) }
      t.deepEqual(decode(codec, bytes), { ...rest, v4: first, high: 0x01020304, low: 5, v6, named })
      const written = encode(codec, { ...rest, high: 0x01020304, low: 5, named: { bytes: named.bytes } })
      t.deepEqual(written, bytes)
      t.deepEqual(encode(codec, { ...rest, v6, v4: undefined, named: { word } }), bytes)
      const cleared = bytes.slice()
      cleared.fill(0, 8, 20)
      t.deepEqual(encode(codec, { ...rest, v4: first, named: { word } }), cleared)
    })
  }
}

test('all variables of the fixture have been looked at', (t) => {
  t.deepEqual([...variablesOf('types').keys()].sort(), [...Object.keys(values), 'flattened'].sort())
})

test('what was decoded does not change with the memory', (t) => {
  for (const [, make] of engines) {
    const { shape, bytes } = variablesOf('types').get('arrays')!
    const memory = bytes.slice()
    const value = decode(make(shape), memory)
    memory.fill(0xff)
    t.deepEqual(value, values['arrays'])
  }
})

test('copies of bytes overlap with nothing, and one that is transferred takes no other away', (t) => {
  for (const [, make] of engines) {
    for (const size of [1, 64, 65, 100, 2048, 2049, 9000]) {
      const codec = make({ kind: 'bytes', typeName: 'bytes', size, depth: 0, values: 1 } as BytesShape)
      const copies = Array.from({ length: 300 }, (_, index) => decode(codec, new Uint8Array(size).fill(index)))
      for (const copy of copies as Uint8Array[]) copy[0] = 255 - copy[0]!
      copies.forEach((copy, index) => {
        const expected = new Uint8Array(size).fill(index)
        expected[0] = 255 - expected[0]!
        t.deepEqual(copy, expected)
      })
      const [first, second] = copies as [Uint8Array, Uint8Array]
      try {
        structuredClone(first, { transfer: [first.buffer as ArrayBuffer] })
      } catch (error) {
        t.is((error as Error).name, 'DataCloneError')
      }
      t.is(second.length, size)
    }
  }
})

test('members have the prototype and the properties of plain objects, whatever their names', (t) => {
  const { shape, bytes } = variablesOf('types').get('names')!
  for (const [, make] of engines) {
    const value = decode(make(shape), bytes) as object
    t.is(Object.getPrototypeOf(value), Object.prototype)
    t.deepEqual(Object.keys(value), Object.keys(values['names'] as object))
  }
})
