// What the terminal shows.
import test from 'ava'
import { number } from '../../../benchmark/format.ts'
import { heading, rowOf, rowReport, verdictReport } from '../../../benchmark/report.ts'
import { results } from './results.ts'

const numbers: [value: number, text: string][] = [
  [0, '0.00'],
  [8.314, '8.31'],
  [57.42, '57.4'],
  [352.4, '352'],
  [1203, '1,203'],
  [-0.5, '-0.50'],
]

for (const [value, text] of numbers) {
  test(`${value} is written as ${text}`, (t) => {
    t.is(number(value), text)
  })
}

test('the heading names the machine, the versions, and who is skipped', (t) => {
  t.is(
    heading(results),
    `2026-01-02: ayajs 0.1.0 (0123456789ab), Node 20.0.0, Linux 6.1.0, 2 × Some CPU <1 GHz & more (x64), load average 0.25 before the start.

  C, libbpf 1.1
  Rust, aya 0.14.0
  Go, cilium/ebpf: skipped, not built
  Node, ayajs, bytes
  Node, ayajs, typed`,
  )
})

test('a row shows medians, quartiles and the ratio to the first contender', (t) => {
  t.is(
    rowReport(results.rows[0] ?? { name: '', series: [] }, results.contenders),
    `Look one entry of a hash up (ns; 3 rounds of 10,000)
  C, libbpf           100  95.0–105  1.00×
  Rust, aya           100  99.5–111  1.10×
  Node, ayajs, bytes  120   114–126  1.20×
  Node, ayajs, typed  130   124–137  1.30×`,
  )
})

test('a row says why a contender is not in it', (t) => {
  const text = rowReport(results.rows[1] ?? { name: '', series: [] }, results.contenders)
  t.regex(text, /^ {2}Rust, aya +– +has no batches$/m)
})

test('the targets are listed with what was reached', (t) => {
  t.deepEqual(
    verdictReport(results)
      .split('\n')
      .map((line) => line.trim().replaceAll(/ {2,}/g, ' | ')),
    [
      'Targets',
      'lookup | Node, ayajs, bytes | at most 1.15× of C, libbpf | 1.20×, missed',
      'lookup | Node, ayajs, typed | at most 1.35× of C, libbpf | 1.30×, met',
      'lookup | Node, ayajs, typed | at most 1.00× of Go, cilium/ebpf | not measured',
      'batch-lookup | Node, ayajs, bytes | at most 1.20× of C, libbpf | 1.19×, met',
      'batch-lookup | Node, ayajs, typed | at most 1.25× of Go, cilium/ebpf | not measured',
    ],
  )
})

test('a row that there is not is an error', (t) => {
  t.throws(() => rowOf({ name: 'nothing' }), { message: 'no row nothing' })
})
