// What is written into docs/benchmarks.md, and the chart beside it.
import test from 'ava'
import { chart } from '../../../benchmark/chart.ts'
import { withResults } from '../../../benchmark/page.ts'
import { read } from '../../helpers/sources.ts'
import { results } from './results.ts'

const page = read('docs/benchmarks.md')
const [before = '', after = ''] = [page.split('<!-- Between')[0], page.split('benchmark. -->')[1]]

test('results are written between the markers, and the rest of the page stays', (t) => {
  const text = withResults(page, results)
  t.true(text.startsWith(before) && text.endsWith(after))
  t.regex(text, /\*\*100\*\* \(95\.0–105\)/)
})

test('results take the place of those before', (t) => {
  const once = withResults(page, results)
  t.is(withResults(once, results), once)
})

const broken: [title: string, text: string][] = [
  ['no markers', '# Benchmarks\n'],
  ['only the first marker', page.replace(/<!-- End.*-->/, '')],
  ['only the second marker', page.replace(/<!-- Between.*-->/, '')],
  ['the markers twice', page + page],
]

for (const [title, text] of broken) {
  test(`a page with ${title} is refused`, (t) => {
    t.throws(() => withResults(text, results), { message: /needs each of these lines once/ })
  })
}

test('the page says who did not take part, in the run and in a row', (t) => {
  const text = withResults(page, results)
  t.regex(text, /Without Go, cilium\/ebpf: not built\./)
  t.regex(text, /\| has no batches \|/)
})

test('the page says that a run was a quick one', (t) => {
  t.notRegex(withResults(page, results), /quick run/)
  t.regex(withResults(page, { ...results, quick: true }), /quick run/)
})

test('the page says that the machine had other work', (t) => {
  t.notRegex(withResults(page, results), /others were working here/)
  const busy = { ...results, machine: { ...results.machine, load: 3 } }
  t.regex(withResults(page, busy), /load average is 3\.00 on 2 CPUs: others were working here/)
})

test('every line of a table has as many cells as its head', (t) => {
  const tables = withResults(
    '<!-- Between these markers: written by `npm run bench -- --docs`; do not edit. --><!-- End of what is written by the benchmark. -->',
    results,
  )
    .split('\n\n')
    .filter((part) => part.startsWith('|'))
  t.is(tables.length, 2)
  for (const table of tables) {
    const widths = table.split('\n').map((line) => line.split('|').length)
    t.is(new Set(widths).size, 1)
  }
})

test('each subject has its tables, with those columns alone that have something in them', (t) => {
  const drained = { name: 'ring-16', series: [{ contender: 'rust', samples: [4, 4, 4] }] }
  const text = withResults(page, { ...results, rows: [...results.rows, drained] })
  const [, maps = '', rings = ''] = text.split('\n### ')
  t.regex(maps, /^Maps\n\n\|  \| C, libbpf \| Rust, aya \| Node, ayajs, bytes \| Node, ayajs, typed \|/)
  t.regex(rings, /^Ring buffers, drained when full\n\n\|  \| Rust, aya \|/)
})

test('the chart has a bar for each contender of each row, ours in a colour of their own', (t) => {
  const svg = chart(results)
  t.is(svg.match(/class="peer"/g)?.length, 3)
  t.is(svg.match(/class="ours"/g)?.length, 4)
})

test('no bar of the chart leaves its place, and the longest whisker fills it', (t) => {
  const ends = [...chart(results).matchAll(/(?:width|x2)="([\d.]+)"/g)].map(([, value]) => Number(value))
  t.is(Math.max(...ends), 220)
})

test('the chart is well-formed whatever the titles are', (t) => {
  const contenders = results.contenders.map((contender) => ({ ...contender, title: `<${contender.name}> & "co"` }))
  const svg = chart({ ...results, contenders })
  t.notRegex(svg, /<c>|& /)
  const opened = svg.match(/<[a-z]+(?:\s[^>]*)?[^/]>|<[a-z]>/g) ?? []
  const closed = svg.match(/<\/[a-z]+>/g) ?? []
  t.is(opened.length, closed.length)
})

test('a chart of nothing is a chart', (t) => {
  t.regex(chart({ rows: [], contenders: [] }), /^<svg [^]*<\/svg>\n$/)
})
