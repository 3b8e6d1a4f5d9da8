// Log lines as aya's own logger prints them: rows that a program in Rust has made, see fixtures/aya-log.
import test from 'ava'
import { readRecord } from '../../../dist/logger/read-record.js'
import { read } from '../../helpers/sources.ts'

interface Row {
  readonly title: string
  readonly record: string
  readonly printed: object | null
}

const rows = JSON.parse(read('__test__/fixtures/aya-log/expected.json')) as readonly Row[]

test('there are rows of every kind of argument with every display hint', (t) => {
  const titles = rows.map(({ title }) => title)
  const kinds = [...'I U'.split(' ').flatMap((kind) => ['8', '16', '32', '64', 'size'].map((bits) => `${kind}${bits}`))]
  const others = ['F32', 'F64', 'Ipv4Addr', 'Ipv6Addr', 'ArrU8Len4', 'ArrU8Len6', 'ArrU8Len16', 'ArrU16Len8']
  const hints = ['', ' Default', ' LowerHex', ' UpperHex', ' Ip', ' LowerMac', ' UpperMac', ' Pointer']
  const wanted = [...kinds, ...others, 'Bytes', 'Str', 'Pointer'].flatMap((kind) => hints.map((hint) => kind + hint))
  t.deepEqual(
    wanted.filter((title) => !titles.includes(title)),
    [],
  )
})

for (const { title, record, printed } of rows) {
  test(`a record is printed as aya-log prints it: ${title}`, (t) => {
    const line = readRecord(Buffer.from(record, 'hex'), 5)
    if (printed === null) {
      t.is(line?.error?.code, 'ERR_EBPF_RECORD')
      t.regex(line?.message ?? '', /has the display hint|no display hint/)
    } else {
      const { level, target, module, file, line: number, message, error } = line ?? {}
      t.deepEqual({ level, target, module, file, line: number, message }, printed)
      t.is(error, undefined)
    }
  })
}
