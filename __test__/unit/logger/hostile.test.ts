// Records that no aya-log has written: each becomes an error record that says why, whatever its bytes are.
import test from 'ava'
import { readRecord } from '../../../dist/logger/read-record.js'
import { field, header, headerFields, kinds, record, textRecord, u32 } from '../../helpers/log-records.ts'
import { randomFrom } from '../../helpers/random.ts'

const { target, level, module, file, line, argumentCount } = headerFields
const text = field(kinds.text, 'text')

/** A header, but for one field. */
function headerWith(kind: number, value: Uint8Array | string): Buffer {
  const fields: Record<number, Buffer> = {
    [target]: field(target, 'target'),
    [level]: field(level, Uint8Array.of(3)),
    [module]: field(module, 'module'),
    [file]: field(file, 'file'),
    [line]: field(line, u32(1)),
    [argumentCount]: field(argumentCount, u32(0)),
  }
  return Buffer.concat(Object.values({ ...fields, [kind]: field(kind, value) }))
}

const cases: { title: string; bytes: Uint8Array; reason: RegExp }[] = [
  { title: 'nothing', bytes: new Uint8Array(), reason: /0 bytes .* no size.*begins with nothing/ },
  { title: 'one byte', bytes: Uint8Array.of(1), reason: /no size/ },
  { title: 'a size of 0', bytes: record([header(0)], 0), reason: /states a size of 0 bytes/ },
  { title: 'a size of 1', bytes: record([header(0)], 1), reason: /states a size of 1 bytes/ },
  { title: 'a size beyond the record', bytes: record([header(0)], 500), reason: /states a size of 500 bytes/ },
  { title: 'a size and no more', bytes: record([]), reason: /ends before the end of its header/ },
  { title: 'zeros', bytes: new Uint8Array(64), reason: /states a size of 0 bytes/ },
  { title: 'ones', bytes: new Uint8Array(64).fill(255), reason: /states a size of 65535 bytes/ },
  {
    title: 'a size within its header',
    bytes: record([header(1), text], 20),
    reason: /ends within the end of its header|ends before/,
  },
  {
    title: 'a field of the header too much',
    bytes: record([field(level, Uint8Array.of(3)), header(0)]),
    reason: /two fields for its level/,
  },
  {
    title: 'an unknown field of the header',
    bytes: record([field(6, 'x'), header(0)]),
    reason: /header has a field of the kind 6/,
  },
  { title: 'a level of 0', bytes: record([headerWith(level, Uint8Array.of(0))]), reason: /its level is 0/ },
  { title: 'a level of 6', bytes: record([headerWith(level, Uint8Array.of(6))]), reason: /its level is 6/ },
  { title: 'a level without bytes', bytes: record([headerWith(level, '')]), reason: /its level has 0 bytes, not 1/ },
  {
    title: 'a line of 8 bytes',
    bytes: record([headerWith(line, new Uint8Array(8))]),
    reason: /its line has 8 bytes, not 4/,
  },
  {
    title: 'a target that is not UTF-8',
    bytes: record([headerWith(target, Uint8Array.of(0xff))]),
    reason: /its target is not UTF-8/,
  },
  {
    title: 'a module that is half of a surrogate pair',
    bytes: record([headerWith(module, Uint8Array.of(0xed, 0xa0, 0x80))]),
    reason: /its module is not UTF-8/,
  },
  {
    title: 'a file that ends within a character',
    bytes: record([headerWith(file, Uint8Array.of(0xf0, 0x9f))]),
    reason: /its file is not UTF-8/,
  },
  { title: 'fewer arguments than stated', bytes: record([header(3), text]), reason: /ends before argument 2 of 3/ },
  {
    title: 'four billion arguments',
    bytes: record([header(2 ** 32 - 1), text]),
    reason: /ends before argument 2 of 4294967295/,
  },
  {
    title: 'an unknown kind of argument',
    bytes: record([header(1), field(22, 'x')]),
    reason: /argument 1 of 1 is of the kind 22/,
  },
  { title: 'the kind 255', bytes: record([header(1), field(255, 'x')]), reason: /is of the kind 255/ },
  {
    title: 'an argument longer than the record',
    bytes: record([header(1), Uint8Array.of(20, 255, 255, 65)]),
    reason: /ends within argument 1 of 1, of 65535 bytes/,
  },
  {
    title: 'a number of the wrong size',
    bytes: record([header(1), field(kinds.u32, 'abc')]),
    reason: /argument 1 of 1, of the kind U32, has 3 bytes, not 4/,
  },
  {
    title: 'a number without bytes',
    bytes: record([header(1), field(kinds.u8, '')]),
    reason: /U8, has 0 bytes, not 1/,
  },
  {
    title: 'text that is not UTF-8',
    bytes: record([header(1), field(kinds.text, Uint8Array.of(65, 0xc0, 0x80))]),
    reason: /argument 1 of 1 is not UTF-8/,
  },
  {
    title: 'a hint of 0',
    bytes: record([header(1), field(kinds.hint, Uint8Array.of(0))]),
    reason: /display hint of the kind 0/,
  },
  {
    title: 'a hint of 8',
    bytes: record([header(1), field(kinds.hint, Uint8Array.of(8))]),
    reason: /display hint of the kind 8/,
  },
  {
    title: 'a hint of two bytes',
    bytes: record([header(1), field(kinds.hint, Uint8Array.of(1, 1))]),
    reason: /has 2 bytes, not 1/,
  },
]

for (const { title, bytes, reason } of cases) {
  test(`a record that cannot be read is an error record: ${title}`, (t) => {
    const found = readRecord(bytes, 5)
    t.is(found?.level, 'error')
    t.is(found?.error?.code, 'ERR_EBPF_RECORD')
    t.is(found?.error?.map, 'AYA_LOGS')
    t.is(found?.message, found?.error?.message)
    t.regex(found?.message ?? '', reason)
    t.deepEqual(found?.args, [])
  })
}

test('an error record says where the program logged it, where that could be read', (t) => {
  const found = readRecord(record([header(1), field(22, 'x')]), 5)
  t.like(found, { target: 'target', module: 'module', file: 'src/main.rs', line: 7 })
  t.like(readRecord(record([]), 5), { target: 'ayajs', module: '', file: '', line: 0 })
})

test('what is behind the size of a record is not read', (t) => {
  const whole = textRecord('text')
  for (const tail of [0, 255]) {
    t.is(readRecord(Buffer.concat([whole, Buffer.alloc(70, tail)]), 5)?.message, 'text')
  }
})

test('fields of a header may be in any order', (t) => {
  const fields = [
    field(argumentCount, u32(1)),
    field(line, u32(9)),
    field(file, 'f'),
    field(level, Uint8Array.of(1)),
    field(module, 'm'),
    field(target, 't'),
  ]
  const found = readRecord(record([...fields, text]), 5)
  t.deepEqual(found, { level: 'error', target: 't', module: 'm', file: 'f', line: 9, message: 'text', args: [] })
})

test('a line above the level is left out, and what is wrong with its arguments is not looked at', (t) => {
  t.is(readRecord(record([header(9, 4)]), 3), undefined)
  t.is(readRecord(textRecord('text', 3), 3)?.message, 'text')
  t.is(readRecord(textRecord('text', 1), 0), undefined)
  t.is(readRecord(record([]), 0)?.error?.code, 'ERR_EBPF_RECORD')
})

test('no bytes make reading throw, or take long', (t) => {
  const random = randomFrom(7)
  const byte = (): number => random(256)
  const whole = record([
    header(41),
    ...Array.from({ length: 20 }, (_, index) => [
      field(kinds.hint, Uint8Array.of(1 + (index % 7))),
      field(index + 1, Uint8Array.from({ length: [1, 4, 8, 16][index % 4] ?? 1 }, byte)),
    ]).flat(),
    text,
  ])
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(whole.subarray(0, round % 3 === 0 ? byte() : whole.length))
    for (let changes = byte() % 6; changes > 0 && bytes.length > 0; changes--) bytes[random(bytes.length)] = byte()
    const found = readRecord(bytes, 5)
    t.is(typeof found?.message, 'string')
  }
})

test('numbers of every bit pattern are printed', (t) => {
  const random = randomFrom(11)
  for (const [kind, size] of [
    [11, 4],
    [12, 8],
  ] as const) {
    for (let round = 0; round < 5000; round++) {
      const bytes = Uint8Array.from({ length: size }, () => random(256))
      t.is(readRecord(record([header(1), field(kind, bytes)]), 5)?.error, undefined)
    }
  }
})
