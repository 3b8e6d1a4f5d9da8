// Small files that ask for much: each would take minutes, or more memory than there is, if it were done as the file says.
import test from 'ava'
import { codeSize } from '../../../dist/btf/compile.js'
import { parseBtf, readObject } from '../../../dist/btf/engine.js'
import { fingerprintOf } from '../../../dist/btf/fingerprint.js'
import { makeCodec } from '../../../dist/btf/make-codec.js'
import { describe } from '../../../dist/btf/writer/engine.js'
import { modelOf } from '../../../dist/btf/writer/model.js'
import { TypeNames } from '../../../dist/btf/writer/names.js'
import { typeScript } from '../../../dist/btf/writer/typescript.js'
import { nearest } from '../../../dist/nearest.js'
import { BtfBuilder, type Member } from '../../helpers/btf-builder.ts'
import { objectWith } from '../../helpers/elf-builder.ts'

type ObjectFile = Parameters<typeof modelOf>[0]

/** What compiled codecs may grow to, see make-codec.ts. */
const maxCodeSize = 4096

test('a struct of many small ones gets no codec of generated code, which would repeat them', (t) => {
  const { btf, small } = withSmallStruct()
  const shape = shapeOf(
    btf,
    btf.struct(
      'all',
      128 * 4000,
      many(4000, (index) => [`m${index}`, small, index * 1024]),
    ),
  )
  t.true(codeSize(shape) > maxCodeSize)
  t.is(makeCodec(shape).size, 128 * 4000)
})

test('long names of structs get no codec of generated code, which would repeat them for each member', (t) => {
  const { btf, small } = withSmallStruct()
  const long = '\u0001'.repeat(4000)
  const shape = shapeOf(
    btf,
    btf.struct(
      'all',
      128 * 60,
      many(60, (index) => [`${long}${index}`, small, index * 1024]),
    ),
  )
  t.true(codeSize(shape) > maxCodeSize)
})

test('a struct as people write them gets generated code', (t) => {
  const { btf, small } = withSmallStruct()
  const shape = shapeOf(
    btf,
    btf.struct(
      'all',
      128 * 60,
      many(60, (index) => [`m${index}`, small, index * 1024]),
    ),
  )
  t.true(codeSize(shape) <= maxCodeSize)
})

test('names that repeat for gigabytes have no fingerprint and no generated types', (t) => {
  const btf = new BtfBuilder()
  const pointer = btf.add('ptr', '', btf.struct('S'.repeat(4000), 4, [['x', btf.int('int', 4), 0]]))
  const all = Array.from({ length: 3 }, (_, number) =>
    btf.struct(
      `all${number}`,
      8 * 60_000,
      many(60_000, (index) => [`m${index}`, pointer, index * 64]),
    ),
  )
  const object = objectOf(btf, all)
  const tooLong = { code: 'ERR_EBPF_BTF', message: /names of the object have more than 67108864 letters/ }
  t.throws(() => fingerprintOf(object), tooLong)
  const file = {
    ...object,
    get fingerprint() {
      return fingerprintOf(object)
    },
  }
  t.throws(() => modelOf(file, 'All', 'header'), tooLong)
})

test('60,000 types of one name get names of their own', (t) => {
  const names = new TypeNames([])
  const taken = Array.from({ length: 60_000 }, () => names.take(['same'], 'Struct'))
  t.is(new Set(taken).size, 60_000)
  t.is(taken[2], 'SameStruct2')
})

test('30,000 structs of one name are written', (t) => {
  const btf = new BtfBuilder()
  const int = btf.int('int', 4)
  const members = many(30_000, (index) => [`m${index}`, btf.struct('same', 4, [['x', int, 0]]), index * 32])
  const text = typeScript(modelOf(objectOf(btf, [btf.struct('all', 4 * 30_000, members)]), 'All', 'header'))
  t.is(text.match(/^export interface /gm)?.length, 30_002)
})

test('maps of one name are refused before their types are looked for, once for each', (t) => {
  const btf = new BtfBuilder()
  const int = btf.int('int', 4)
  btf.struct(
    '____btf_map_m',
    4,
    many(65_535, () => ['no', int, 0]),
  )
  const symbols = Array.from({ length: 65_000 }, () => ({ name: 'm', section: 'maps', type: 1, size: 20 }))
  const bytes = objectWith({ maps: Buffer.alloc(20), '.BTF': btf.bytes() }, symbols)
  t.throws(() => readObject(bytes), { code: 'ERR_EBPF_PARSE', message: /two maps called "m"/ })
})

test('60,000 maps of one struct, whose members lead through chains of types, are read', (t) => {
  const btf = new BtfBuilder()
  let number = btf.array(btf.int('int', 4), 2)
  let type = btf.int('unsigned int', 4)
  for (let depth = 0; depth < 60; depth++) {
    number = btf.add('typedef', 't', number)
    type = btf.array(type, 1)
    for (let qualifiers = 0; qualifiers < 60; qualifiers++) type = btf.add('const', '', type)
  }
  const [size, pointer] = [btf.add('ptr', '', number), btf.add('ptr', '', type)]
  const struct = btf.struct('definition', 32, [
    ['type', size, 0],
    ['max_entries', size, 64],
    ['key', pointer, 128],
    ['value', pointer, 192],
  ])
  const variables = Array.from({ length: 60_000 }, (_, index) => [btf.variable(`m${index}`, struct), index, 0])
  btf.add('datasec', '.maps', 0, variables.flat(), 60_000)
  const { maps } = readObject(objectWith({ '.maps': Buffer.alloc(60_000), '.BTF': btf.bytes() }, []))
  t.is(maps.length, 60_000)
  t.like(maps[59_999], { name: 'm59999', mapType: 2, keySize: 4, valueSize: 4 })
})

test('variables that lie over one another show no more values than the object can have', (t) => {
  const btf = new BtfBuilder()
  const array = btf.array(btf.int('signed char', 1, { signed: true }), 4096)
  const variable = btf.variable('v', array)
  btf.add('datasec', '.data', 0, Array.from({ length: 65_535 }, () => [variable, 0, 4096]).flat(), 65_535)
  const { globals } = describe(objectWith({ '.data': Buffer.alloc(4096), '.BTF': btf.bytes() }, []))
  t.is(globals.length, 65_535)
  t.is(globals.filter(({ value }) => value !== null).length, 2 ** 21 / 4096)
})

test('a name that nobody has is soon found to be near none of 60,000 others', (t) => {
  const names = Array.from({ length: 60_000 }, (_, index) => `m${index}`.padEnd(128, 'y'))
  t.is(nearest('x'.repeat(128), names), undefined)
})

test('the members of a struct of 60,000 are not all in the message about one', (t) => {
  const btf = new BtfBuilder()
  const int = btf.int('unsigned int', 4)
  const all = btf.struct(
    'all',
    4 * 60_000,
    many(60_000, (index) => [`m${index}`, int, index * 32]),
  )
  const codec = makeCodec(shapeOf(btf, all))
  const values = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`m${index}`, index]))
  const memory = { bytes: new Uint8Array(codec.size), view: new DataView(new ArrayBuffer(codec.size)) }
  const error = t.throws(() => codec.encode({ ...values, other_name: 1 }, memory, 0, 'value'), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /has no such member; its members are: m0, m1, .*, m63, … \(60000 in all\)$/,
  })
  t.true(error.message.length < 1000)
})

function withSmallStruct(): { btf: BtfBuilder; small: number } {
  const btf = new BtfBuilder()
  const int = btf.int('unsigned int', 4)
  return {
    btf,
    small: btf.struct(
      'small',
      128,
      many(32, (index) => [`m${index}`, int, index * 32]),
    ),
  }
}

function many(count: number, member: (index: number) => Member): Member[] {
  return Array.from({ length: count }, (_, index) => member(index))
}

function shapeOf(btf: BtfBuilder, id: number): Parameters<typeof makeCodec>[0] {
  return parseBtf(btf.bytes()).shapeOf(id)
}

function objectOf(btf: BtfBuilder, typeIds: readonly number[]): ObjectFile {
  const global = { section: '.bss', size: 1, offset: 0, readonly: false }
  const globals = typeIds.map((typeId) => ({ ...global, name: `g${typeId}`, typeId }))
  const rest = { programs: [], maps: [], license: undefined, fingerprint: '0'.repeat(32) }
  return { ...rest, btf: parseBtf(btf.bytes()), globals }
}
