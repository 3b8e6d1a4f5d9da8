// `describeObject` and `writeTypes`: what they take, what they refuse, and objects that mean no good.
import { readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'
import test from 'ava'
import { describeObject, EbpfError, writeTypes, type TypesFormat } from 'ayajs'
import { format, resolveConfig } from 'prettier'
import { fixturePath } from '../../../helpers/fixtures.ts'
import { hostileObject } from '../../../helpers/hostile-names.ts'
import { randomFrom } from '../../../helpers/random.ts'
import { root } from '../../../helpers/sources.ts'

const object = readFileSync(fixturePath('typed_maps'))
const file = 'filter.bpf.o'

type Call = () => unknown

const misuses: [title: string, call: Call, code: string][] = [
  ['data that is text', () => describeObject('filter.bpf.o' as never), 'ERR_INVALID_ARG_TYPE'],
  ['no data', () => (writeTypes as Call)(), 'ERR_INVALID_ARG_TYPE'],
  ['no options', () => (writeTypes as (data: Uint8Array) => string)(object), 'ERR_INVALID_ARG_TYPE'],
  ['no file', () => writeTypes(object, {} as never), 'ERR_INVALID_ARG_TYPE'],
  ['a misspelled option', () => writeTypes(object, { file, nmae: 'Filter' } as never), 'ERR_INVALID_ARG_VALUE'],
  ['a format that there is not', () => writeTypes(object, { file, format: 'rust' as never }), 'ERR_INVALID_ARG_VALUE'],
  ['a name that is a number', () => writeTypes(object, { file, name: 1 as never }), 'ERR_INVALID_ARG_TYPE'],
  ...['class', 'HashMap', 'Ebpf', 'ObjectType', 'Array', 'a b', '', '1', 'größe'].map(
    (name): [string, Call, string] => [
      `the name ${JSON.stringify(name)}`,
      () => writeTypes(object, { file, name }),
      'ERR_INVALID_ARG_VALUE',
    ],
  ),
]

for (const [title, call, code] of misuses) {
  test(`${title}: ${code}`, (t) => {
    t.like(t.throws(call, { any: true }), { code })
  })
}

const forms = [
  ['Uint8Array', object],
  ['ArrayBuffer', Uint8Array.from(object).buffer],
  ['DataView', new DataView(object.buffer, object.byteOffset, object.byteLength)],
] as const

for (const [title, data] of forms) {
  test(`an object may be a ${title}`, (t) => {
    t.deepEqual(describeObject(data), describeObject(object))
    t.is(writeTypes(data, { file }), writeTypes(object, { file }))
  })
}

test('only the last part of a path is in the text', (t) => {
  t.is(writeTypes(object, { file: '/home/me/filter.bpf.o' }), writeTypes(object, { file }))
})

const names: [file: string, name: string][] = [
  ['hash_map.bpf.o', 'HashMapObject'],
  ['ebpf.bpf.o', 'EbpfObject'],
  ['flow.bpf.o', 'Flow'],
  ['.bpf.o', 'Object2'],
]

for (const [path, name] of names) {
  test(`the types of ${path} are called ${name}`, (t) => {
    t.true(writeTypes(object, { file: path }).includes(`\nexport interface ${name} {\n  programs: {\n`))
  })
}

test('a struct gives way to an object of its name', (t) => {
  t.regex(writeTypes(object, { file: 'flow.bpf.o' }), /^ {4}flows: HashMap<FlowKey, FlowStruct>$/m)
})

test('an object without types is described, but its types cannot be written', (t) => {
  const stripped = Buffer.from(readFileSync(fixturePath('kinds')))
  stripped.write('.XTF', stripped.indexOf('.BTF\0'))
  t.like(describeObject(stripped), { btf: false })
  const error = t.throws(() => writeTypes(stripped, { file }), { instanceOf: EbpfError })
  t.is(error.code, 'ERR_EBPF_BTF')
  t.regex(error.message, /compile it with clang -g/)
})

const formats: [format: TypesFormat, filepath: string][] = [
  ['typescript', 'x.ts'],
  ['declarations', 'x.d.ts'],
  ['esm', 'x.mjs'],
  ['commonjs', 'x.cjs'],
]

for (const [one, filepath] of formats) {
  test(`hostile names are data in ${one}, laid out as prettier does, twice the same`, async (t) => {
    const text = writeTypes(hostileObject(), { file: '*/\n.o', format: one })
    t.is(text, await format(text, { ...(await resolveConfig(`${root}/src/index.ts`)), filepath }))
    t.is(writeTypes(hostileObject(), { file: '*/\n.o', format: one }), text)
    t.notRegex(text, /[^\n\P{Cc}]|[\u202E\u2028]/u)
  })
}

test('hostile names come out of generated JavaScript as they are in the object', (t) => {
  const text = writeTypes(hostileObject(), { file, format: 'commonjs' })
  const exports: { Verdict?: object } = {}
  const run = runInThisContext(`(exports) => {${text}}`) as (all: object) => void
  run(exports)
  t.deepEqual(Object.entries(exports.Verdict ?? {}), [
    ['VERDICT_PASS', 0],
    ["'+evil()+'", 1],
    ['__proto__', -1],
  ])
  t.is(Object.getPrototypeOf(exports.Verdict), Object.prototype)
})

test('what describeObject says of hostile names is data too', (t) => {
  const { maps, globals } = describeObject(hostileObject())
  t.true(maps.some(({ name }) => name === 'a\nb'))
  t.true(globals.some(({ name }) => name === '\u001B[2J'))
})

test('objects with broken bytes are described and written, or refused with an error of ours', (t) => {
  const random = randomFrom(7)
  let [done, refused] = [0, 0]
  for (let round = 0; round < 1500; round++) {
    const mutant = Uint8Array.from(object)
    for (let left = 1 + random(4); left > 0; left--) mutant[random(mutant.length)] = random(256)
    try {
      describeObject(mutant)
      for (const [one] of formats) writeTypes(mutant, { file, format: one })
      done++
    } catch (error) {
      if (!EbpfError.isEbpfError(error)) throw new Error(`mutant ${round} throws another error`, { cause: error })
      refused++
    }
  }
  t.true(done > 50 && refused > 50, `${done} done, ${refused} refused`)
})
