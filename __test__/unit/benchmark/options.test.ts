// The options of `npm run bench`, the order of contenders, and the warning about a busy machine.
import test from 'ava'
import { contenders } from '../../../benchmark/contenders.ts'
import { loadWarning } from '../../../benchmark/machine.ts'
import { readOptions } from '../../../benchmark/options.ts'
import { inTurn } from '../../../benchmark/rounds.ts'
import { floodRows } from '../../../benchmark/ring-rows.ts'
import { rows, startRows } from '../../../benchmark/rows.ts'

test('without options all contenders are measured in all rows', (t) => {
  const { quick, docs, help, ...chosen } = readOptions([])
  t.deepEqual({ quick, docs, help }, { quick: false, docs: false, help: false })
  t.deepEqual(chosen, { rows, contenders })
})

const selections: [only: string, rows: string[], contenders: string[]][] = [
  ['lookup', ['lookup'], contenders.map(({ name }) => name)],
  ['c,go', rows.map(({ name }) => name), ['c', 'go']],
  ['go,lookup,c', ['lookup'], ['c', 'go']],
  ['flood', floodRows.map(({ name }) => name), contenders.map(({ name }) => name)],
  ['paced-p50', ['paced-p50'], contenders.map(({ name }) => name)],
  ['require', startRows.map(({ name }) => name), contenders.map(({ name }) => name)],
]

for (const [only, rowNames, contenderNames] of selections) {
  test(`--only ${only} chooses by name`, (t) => {
    const chosen = readOptions(['--only', only])
    t.deepEqual(
      chosen.rows.map(({ name }) => name),
      rowNames,
    )
    t.deepEqual(
      chosen.contenders.map(({ name }) => name),
      contenderNames,
    )
  })
}

const mistakes: [title: string, args: string[], message: RegExp][] = [
  ['a name that there is not', ['--only', 'lookup,python'], /no row or contender python/],
  ['an unknown option', ['--fast'], /'--fast'/],
  ['a word', ['lookup'], /'lookup'/],
  ['--only without names', ['--only'], /--only/],
]

for (const [title, args, message] of mistakes) {
  test(`${title} is refused`, (t) => {
    t.throws(() => readOptions(args), { message })
  })
}

test('each round begins with the next contender', (t) => {
  t.deepEqual(
    [0, 1, 2, 3].map((round) => inTurn(['a', 'b', 'c'], round).join('')),
    ['abc', 'bca', 'cab', 'abc'],
  )
  t.deepEqual(inTurn([], 3), [])
})

test('a load average above a quarter of the CPUs is warned about', (t) => {
  t.is(loadWarning({ load: 0.5, cpus: 2 }), undefined)
  t.regex(loadWarning({ load: 0.51, cpus: 2 }) ?? '', /load average is 0\.51 on 2 CPUs/)
})
