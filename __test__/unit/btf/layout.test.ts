// Layouts that no test of codecs has: bit-fields of old compilers, odd names, and BTF that asks for too much.
import test from 'ava'
import { parseBtf } from '../../../dist/btf/engine.js'
import { BtfBuilder } from '../../helpers/btf-builder.ts'
import { decode, encode, engines } from '../../helpers/codecs.ts'

for (const [engine, make] of engines) {
  test(`${engine}: bit-fields whose width is in their type are read like those whose width is in the struct`, (t) => {
    for (const littleEndian of [true, false]) {
      const old = new BtfBuilder(littleEndian)
      const three = old.int('unsigned int', 4, { bits: 3 })
      const thirteen = old.int('int', 4, { bits: 13, signed: true })
      const shifted = old.int('unsigned int', 4, { bits: 5, offset: 3 })
      const before = old.struct('bits', 8, [
        ['a', three, 0],
        ['b', thirteen, 3],
        ['c', old.int('unsigned int', 4), 16],
        ['d', shifted, 53],
      ])
      const today = new BtfBuilder(littleEndian)
      const [unsigned, signed] = [today.int('unsigned int', 4), today.int('int', 4, { signed: true })]
      const after = today.struct('bits', 8, [
        ['a', unsigned, 0, 3],
        ['b', signed, 3, 13],
        ['c', unsigned, 16, 32],
        ['d', unsigned, 56, 5],
      ])
      const codecs = [make(parseBtf(old.bytes()).shapeOf(before)), make(parseBtf(today.bytes()).shapeOf(after))]
      const bytes = Uint8Array.of(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0)
      const [first, second] = codecs.map((codec) => decode(codec, bytes))
      t.deepEqual(first, second)
      t.deepEqual(encode(codecs[0]!, first), encode(codecs[1]!, first))
    }
  })

  test(`${engine}: names of members are data, whatever they are`, (t) => {
    const names = [
      '__proto__',
      'constructor',
      'a"b',
      "a'b",
      '`${x}`',
      'new\nline',
      '\\',
      '\u2028\u2029',
      '*/',
      ' ',
      '😀',
      '',
    ]
    const btf = new BtfBuilder()
    const byte = btf.int('unsigned char', 1)
    const odd = names.filter(Boolean)
    const id = btf.struct(
      'x"; throw 1; //',
      odd.length,
      odd.map((name, index) => [name, byte, index * 8]),
    )
    const codec = make(parseBtf(btf.bytes()).shapeOf(id))
    const bytes = Uint8Array.from(odd, (_, index) => index + 1)
    const value = decode(codec, bytes) as object
    t.deepEqual(
      Object.entries(value),
      odd.map((name, index) => [name, index + 1]),
    )
    t.is(Object.getPrototypeOf(value), Object.prototype)
    t.deepEqual(encode(codec, value), bytes)
  })

  test(`${engine}: empty structs and unions are empty objects, and padding without a name has no value`, (t) => {
    const btf = new BtfBuilder()
    const int = btf.int('int', 4, { signed: true })
    const id = btf.struct('outer', 8, [
      ['empty', btf.struct('', 0, []), 0],
      ['either', btf.struct('', 0, [], 'union'), 0],
      ['', int, 0],
      ['', btf.struct('', 0, []), 0],
      ['x', int, 32],
      ['none', btf.array(int, 0), 64],
      ['nothing', btf.array(btf.array(int, 0), 3), 64],
    ])
    const codec = make(parseBtf(btf.bytes()).shapeOf(id))
    const value = { empty: {}, either: {}, x: -2 }
    t.deepEqual(decode(codec, encode(codec, value)), value)
    t.throws(() => encode(codec, { ...value, empty: { y: 1 } }), { message: /its members are: none/ })
  })

  test(`${engine}: a structure with thousands of members is read and written`, (t) => {
    const btf = new BtfBuilder()
    const byte = btf.int('unsigned char', 1)
    const id = btf.struct(
      'large',
      3000,
      Array.from({ length: 3000 }, (_, index) => [`m${index}`, byte, index * 8]),
    )
    const codec = make(parseBtf(btf.bytes()).shapeOf(id))
    const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index)
    t.deepEqual(encode(codec, decode(codec, bytes)), bytes)
  })

  test(`${engine}: structs that are too large to be written in line are called, with paths all the same`, (t) => {
    const btf = new BtfBuilder()
    const byte = btf.int('unsigned char', 1)
    const wide = btf.struct(
      'wide',
      40,
      Array.from({ length: 40 }, (_, index) => [`m${index}`, byte, index * 8]),
    )
    const id = btf.struct('outer', 120, [
      ['one', wide, 0],
      ['many', btf.array(wide, 2), 320],
    ])
    const codec = make(parseBtf(btf.bytes()).shapeOf(id))
    const bytes = Uint8Array.from({ length: 120 }, (_, index) => index)
    const value = decode(codec, bytes) as { one: { m39: number }; many: { m3: number }[] }
    t.deepEqual(encode(codec, value), bytes)
    value.many[1]!.m3 = 256
    t.throws(() => encode(codec, value), { message: /^value\.many\[1\]\.m3: 256 exceeds unsigned char/ })
    t.throws(() => encode(codec, { many: value.many }), { message: /^value\.one is missing/ })
    t.throws(() => encode(codec, { many: value.many, One: value.one }), {
      message: /^value\.One: .* did you mean "one"/,
    })
  })
}
