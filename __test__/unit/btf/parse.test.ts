// Every kind of type, read as bpftool reads it; and malformed BTF, refused with the place.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parseBtf } from '../../../dist/btf/engine.js'
import { readElf } from '../../../dist/btf/elf.js'
import { dumpBtf, spellAll } from '../../helpers/bpftool-btf.ts'
import { BtfBuilder } from '../../helpers/btf-builder.ts'
import { fixturePath } from '../../helpers/fixtures.ts'

const fixtures = ['types', 'maps', 'kinds', 'cgroup_skb', 'big_endian', 'types_be']

for (const fixture of fixtures) {
  test(`the types of ${fixture} are read as bpftool reads them`, (t) => {
    const path = fixturePath(fixture)
    const section = readElf(readFileSync(path)).sections.find(({ name }) => name === '.BTF')!
    const types = parseBtf(section.data.bytes)
    t.is(types.littleEndian, !['big_endian', 'types_be'].includes(fixture))
    t.deepEqual(spellAll(types), dumpBtf(path))
  })
}

test('the fixtures have a type of each kind but restrict, which only C with restrict pointers has', (t) => {
  const kinds = new Set(fixtures.flatMap((fixture) => dumpBtf(fixturePath(fixture)).map(({ kind }) => kind)))
  t.deepEqual([...kinds].sort(), [
    'ARRAY',
    'CONST',
    'DATASEC',
    'DECL_TAG',
    'ENUM',
    'ENUM64',
    'FLOAT',
    'FUNC',
    'FUNC_PROTO',
    'FWD',
    'INT',
    'PTR',
    'STRUCT',
    'TYPEDEF',
    'TYPE_TAG',
    'UNION',
    'VAR',
    'VOLATILE',
  ])
})

test('types have names as C writes them', (t) => {
  const btf = new BtfBuilder()
  const int = btf.int('int', 4, { signed: true })
  const restrict = btf.add('restrict', '', btf.add('ptr', '', int))
  const flow = btf.struct('flow', 0, [])
  const matrix = btf.array(btf.array(flow, 3), 2)
  const handle = btf.add('ptr', '', btf.add('ptr', '', btf.add('const', '', flow)))
  const types = parseBtf(btf.bytes())
  const names = [0, int, restrict, flow, matrix, handle].map((id) => types.nameOf(id))
  t.deepEqual(names, ['void', 'int', 'int *', 'struct flow', 'struct flow[2][3]', 'struct flow **'])
})

test('types are found by name and kind', (t) => {
  const btf = new BtfBuilder()
  const int = btf.int('same', 4)
  const struct = btf.struct('same', 0, [])
  const types = parseBtf(btf.bytes())
  t.is(types.find('same'), int)
  t.is(types.find('same', 'struct', 'union'), struct)
  t.is(types.find('same', 'union'), undefined)
  t.deepEqual([...types.ids('struct')], [struct])
})

/** A blob with some bytes replaced. */
function changed(offset: number, ...bytes: number[]): Uint8Array {
  const btf = new BtfBuilder()
  btf.struct('flow', 4, [['a', btf.int('int', 4), 0]])
  const blob = Uint8Array.from(btf.bytes())
  blob.set(bytes, offset)
  return blob
}

const whole = changed(0)
const malformed: [title: string, bytes: Uint8Array, message: RegExp][] = [
  ['no bytes', new Uint8Array(), /not BTF: its magic number/],
  ['other bytes', new Uint8Array(64), /not BTF: its magic number/],
  ['a header that is cut off', whole.slice(0, 20), /not BTF/],
  ['an unknown version', changed(2, 2), /header is malformed at offset 0x2: version 2 is unknown/],
  ['a short header', changed(4, 8), /at offset 0x4: a header has 24 bytes or more, not 8/],
  ['a header longer than the file', changed(4, 255, 255), /65535 bytes are needed/],
  ['types that are not aligned', changed(8, 2), /types do not begin at a multiple of 4/],
  ['types that are cut off', changed(12, 0, 1), /256 bytes are needed/],
  ['types of 4 GiB', changed(12, 255, 255, 255, 255), /4294967295 bytes are needed/],
  ['names that are cut off', whole.slice(0, -1), /bytes are needed/],
  ['names that do not end', changed(whole.length - 1, 65), /names must begin and end with a null byte/],
  ['no names', changed(20, 0), /names must begin and end with a null byte/],
  ['the kind 0', changed(24 + 7, 0), /types of the BTF is malformed at offset 0x4: the kind 0 is unknown/],
  ['the kind 20', changed(24 + 7, 20), /at offset 0x4: the kind 20 is unknown/],
  ['more members than bytes', changed(24 + 16 + 4, 255, 255), /786432 bytes are needed|7864\d\d bytes are needed/],
  ['an integer of 3 bytes', changed(24 + 8, 3), /at offset 0x8: an integer cannot have 3 bytes/],
  ['an integer of no bits', changed(24 + 12, 0), /bits 0 to 0 are not in an integer of 4 bytes/],
  ['an integer with bits outside of it', changed(24 + 14, 8), /bits 8 to 40 are not in an integer of 4 bytes/],
  ['a name outside of the names', changed(24, 0, 1), /names of the BTF is malformed at offset 0x100/],
]

for (const [title, bytes, message] of malformed) {
  test(`BTF with ${title} is refused`, (t) => {
    t.throws(() => spellAll(parseBtf(bytes)), { code: 'ERR_EBPF_BTF', message })
  })
}

test('every prefix of a blob is refused', (t) => {
  for (let length = 0; length < whole.length; length++) {
    t.throws(() => spellAll(parseBtf(whole.slice(0, length))), { code: 'ERR_EBPF_BTF' })
  }
})

test('a name of a megabyte is refused', (t) => {
  const btf = new BtfBuilder()
  btf.int('x'.repeat(2 ** 20), 4)
  t.throws(() => parseBtf(btf.bytes()).type(1), { code: 'ERR_EBPF_BTF', message: /a name is longer than 4096 bytes/ })
})

test('ids that are no types are refused', (t) => {
  const types = parseBtf(whole)
  for (const id of [-1, 3, 1.5, NaN, 2 ** 32]) {
    t.throws(() => types.type(id), { code: 'ERR_EBPF_BTF', message: /There is no type/ })
    t.throws(() => types.codec(id), { code: 'ERR_EBPF_BTF' })
  }
})
