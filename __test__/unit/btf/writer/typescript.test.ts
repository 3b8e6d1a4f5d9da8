// How generated TypeScript looks: as prettier would have it, whatever the types and however long their names.
import test, { type ExecutionContext } from 'ava'
import { format, resolveConfig } from 'prettier'
import { parseBtf } from '../../../../dist/btf/engine.js'
import { fingerprintOf } from '../../../../dist/btf/fingerprint.js'
import { javaScript } from '../../../../dist/btf/writer/javascript.js'
import { modelOf } from '../../../../dist/btf/writer/model.js'
import { declarations, typeScript } from '../../../../dist/btf/writer/typescript.js'
import { BtfBuilder } from '../../../helpers/btf-builder.ts'
import { randomFrom } from '../../../helpers/random.ts'
import { randomStruct } from '../../../helpers/random-types.ts'
import { root } from '../../../helpers/sources.ts'

type ObjectFile = Parameters<typeof modelOf>[0]
type ObjectMap = ObjectFile['maps'][number]

const long = (start: string, length: number): string => start.padEnd(length, 'x')

/** Lengths around those at which a line is broken. */
const lengths = [1, 20, ...Array.from({ length: 16 }, (_, index) => 26 + index), 60, 110, 120, 300]

for (const length of lengths) {
  test(`names of ${length} characters are laid out as prettier does`, async (t) => {
    const btf = new BtfBuilder()
    const byte = btf.int('unsigned char', 1)
    const key = btf.struct(long('k', length), 1, [[long('f', length), byte, 0]])
    const value = btf.struct(long('v', length), 1, [[long('u', length), key, 0]], 'union')
    const choice = btf.add('enum', long('e', length), 4, [btf.name(long('A', length)), 1], 1)
    const values = btf.array(value, 2)
    const hash = { ...map(long('m', length), 1), keyTypeId: key, valueTypeId: value }
    const object = {
      ...emptyObject,
      btf: parseBtf(btf.bytes()),
      programs: [{ name: long('p', length), section: 'xdp', kind: 'Xdp', unsupported: undefined }],
      maps: [
        hash,
        { ...map(long('n', length), 13), keyTypeId: key, inner: hash },
        { ...map(long('o', length), 12), inner: { ...map('inner', 2), valueTypeId: value } },
        { ...map(long('a', length), 2), valueTypeId: values },
        { ...map(long('b', length), 12), inner: { ...map('inner', 2), valueTypeId: values } },
      ],
      globals: [
        { name: long('g', length), section: '.data', size: 1, offset: 0, typeId: value, readonly: false },
        { name: long('h', length), section: '.data', size: 1, offset: 0, typeId: choice, readonly: true },
      ],
    }
    await isLaidOut(t, object, long('Name', Math.min(length, 90)))
  })
}

test('random types are laid out as prettier does', async (t) => {
  const random = randomFrom(1)
  for (let round = 0; round < 60; round++) {
    const { bytes, id } = randomStruct(random)
    const globals = [{ name: 'all', section: '.bss', size: 1, offset: 0, typeId: id, readonly: false }]
    await isLaidOut(t, { ...emptyObject, btf: parseBtf(bytes), globals }, 'Random')
  }
})

test('an object without programs, maps and globals is three empty lists', (t) => {
  const text = typeScript(modelOf(emptyObject, 'Nothing', 'header'))
  t.regex(text, /^export interface Nothing \{\n {2}programs: \{\}\n {2}maps: \{\}\n {2}globals: \{\}\n\}$/m)
})

test('what has no type is bytes', (t) => {
  const globals = [{ name: 'raw', section: '.bss', size: 3, offset: 8, readonly: false }]
  const text = typeScript(modelOf({ ...emptyObject, maps: [map('m', 1)], globals }, 'Raw', 'header'))
  t.regex(text, /^ {4}m: HashMap<Uint8Array, Uint8Array>$/m)
  t.regex(text, /^ {4}\/\*\* 3 bytes in `\.bss`\. \*\/\n {4}raw: Uint8Array$/m)
})

test('a type that has no values is bytes, as at run time', (t) => {
  const btf = new BtfBuilder()
  const flexible = btf.array(btf.int('unsigned int', 4), 0)
  const declared = btf.add('fwd', 'later', 0)
  const maps = [{ ...map('m', 1), keyTypeId: declared, valueTypeId: flexible }]
  const text = typeScript(modelOf({ ...emptyObject, btf: parseBtf(btf.bytes()), maps }, 'Raw', 'header'))
  t.regex(text, /^ {4}m: HashMap<Uint8Array, Uint8Array>$/m)
})

test('a bit-field of a wide enum is a number, which its constants are not', (t) => {
  const btf = new BtfBuilder()
  const wide = btf.add('enum64', 'wide', 8, [btf.name('ALL'), 1, 1], 1)
  const struct = btf.struct('s', 16, [
    ['few', wide, 0, 3],
    ['whole', wide, 64, 64],
  ])
  const globals = [{ name: 'g', section: '.bss', size: 16, offset: 0, typeId: struct, readonly: false }]
  const text = typeScript(modelOf({ ...emptyObject, btf: parseBtf(btf.bytes()), globals }, 'Bits', 'header'))
  t.regex(text, /^ {2}few: number$/m)
  t.regex(text, /^ {2}whole: Wide$/m)
})

test('enums without constants, and names that come twice, make no trouble', (t) => {
  const btf = new BtfBuilder()
  const none = btf.add('enum', 'none', 4)
  const twice = btf.add('enum', 'twice', 4, [btf.name('A'), 1, btf.name('A'), 2], 2)
  const global = { section: '.bss', size: 4, offset: 0, readonly: false }
  const globals = [none, twice, none].map((typeId, index) => ({ ...global, name: `g${index % 2}`, typeId }))
  const text = typeScript(modelOf({ ...emptyObject, btf: parseBtf(btf.bytes()), globals }, 'Enums', 'header'))
  t.regex(text, /^ {4}g0: number$/m)
  t.is(text.match(/^ {2}A: /gm)?.length, 1)
  t.is(text.match(/^ {4}g0: /gm)?.length, 1)
})

/** Objects with a ring buffer whose record has one member of this size. */
function objectWithRing(size: number): ObjectFile {
  const btf = new BtfBuilder()
  const record = btf.struct('event', size, [['member', btf.int('integer', size), 0]])
  const pointer = btf.add('ptr', '', btf.add('const', '', record))
  const other = btf.add('ptr', '', btf.struct('other', 4, [['member', btf.int('unsigned int', 4), 0]]))
  btf.variable('events_record', pointer)
  const global = { section: '.bss', size: 8, offset: 0, readonly: false }
  const names: [name: string, typeId: number][] = [
    ['events_record', pointer],
    ['kind_record', other],
    ['last', pointer],
  ]
  const globals = names.map(([name, typeId]) => ({ ...global, name, typeId }))
  const ring = { ...map('events', 27), keySize: 0, valueSize: 0, maxEntries: 4096 }
  return { ...emptyObject, btf: parseBtf(btf.bytes()), maps: [ring], globals }
}

test('RING_RECORD gives a ring buffer its type, and other types their interfaces; it is no global', (t) => {
  const text = typeScript(modelOf(objectWithRing(4), 'Rings', 'header'))
  t.regex(text, /^ {4}\/\*\* `RingBuf`, 4096 bytes\. \*\/\n {4}events: RingBuf<Event>$/m)
  t.regex(text, /^export interface Other \{$/m)
  t.notRegex(text, /events_record|kind_record/)
  t.regex(text, /^ {4}last: bigint$/m)
})

test('another layout of records is another fingerprint', (t) => {
  t.is(fingerprintOf(objectWithRing(4)), fingerprintOf(objectWithRing(4)))
  t.not(fingerprintOf(objectWithRing(4)), fingerprintOf(objectWithRing(8)))
})

const emptyObject: ObjectFile = {
  programs: [],
  maps: [],
  globals: [],
  license: undefined,
  btf: undefined,
  fingerprint: '0'.repeat(32),
}

function map(name: string, mapType: number): ObjectMap {
  const sizes = { keySize: 1, valueSize: 1, maxEntries: 1, mapFlags: 0, mapExtra: 0n }
  return { name, kind: 'btf', mapType, ...sizes, pinned: false }
}

async function isLaidOut(t: ExecutionContext, object: ObjectFile, name: string): Promise<void> {
  const model = modelOf(object, name, 'Generated by a test')
  const options = await resolveConfig(`${root}/src/index.ts`)
  const texts = { 'x.ts': typeScript(model), 'x.d.ts': declarations(model), 'x.mjs': javaScript(model, 'esm') }
  for (const [filepath, text] of Object.entries(texts)) t.is(text, await format(text, { ...options, filepath }))
}
