// Whether targets are met.
import test from 'ava'
import { isMet, judge, type Verdict } from '../../../benchmark/verdicts.ts'
import { rowOf } from '../../../benchmark/report.ts'
import { rows } from '../../../benchmark/rows.ts'
import { candidates, contenders } from '../../../benchmark/contenders.ts'
import type { Target } from '../../../benchmark/row.ts'

const row = rowOf({ name: 'lookup' })

function verdicts(targets: Target[], samples: Record<string, number[]>): Verdict[] {
  const series = Object.entries(samples).map(([contender, numbers]) => ({ contender, samples: numbers }))
  return judge({ ...row, targets }, { name: 'lookup', series })
}

const cases: [title: string, target: Target, samples: Record<string, number[]>, met: boolean | undefined][] = [
  ['met at the limit', { contender: 'a', atMost: 1.2, than: 'b' }, { a: [12], b: [10] }, true],
  ['met below it', { contender: 'a', atMost: 1.2, than: 'b' }, { a: [11], b: [10] }, true],
  ['missed above it', { contender: 'a', atMost: 1.2, than: 'b' }, { a: [12.1], b: [10] }, false],
  [
    'met where two digits tell no difference',
    { contender: 'a', atMost: 1 / 3, than: 'b' },
    { a: [33.4], b: [100] },
    true,
  ],
  ['met by a difference', { contender: 'a', atMost: 3, over: 'b' }, { a: [13], b: [10] }, true],
  ['missed by a difference', { contender: 'a', atMost: 3, over: 'b' }, { a: [13.1], b: [10] }, false],
  ['unknown without the one it is over', { contender: 'a', atMost: 3, over: 'b' }, { a: [13] }, undefined],
  ['met by an absolute number', { contender: 'a', atMost: 15 }, { a: [14, 16, 15] }, true],
  ['missed by an absolute number', { contender: 'a', atMost: 15 }, { a: [14, 16, 15.5] }, false],
  ['unknown without the other contender', { contender: 'a', atMost: 1, than: 'b' }, { a: [1] }, undefined],
  ['unknown without the contender', { contender: 'a', atMost: 1, than: 'b' }, { b: [1] }, undefined],
  ['unknown where a contender failed', { contender: 'a', atMost: 1, than: 'b' }, { a: [], b: [1] }, undefined],
]

for (const [title, target, samples, met] of cases) {
  test(`a target is ${title}`, (t) => {
    t.deepEqual(verdicts([target], samples).map(isMet), [met])
  })
}

test('a ratio is that of the rounds, not that of the medians', (t) => {
  const samples = { a: [10, 30, 20], b: [10, 15, 20] }
  t.is(verdicts([{ contender: 'a', atMost: 1, than: 'b' }], samples)[0]?.reached, 1)
})

test('every target and every exception of a row names a contender that could take part', (t) => {
  for (const each of rows) {
    const names = candidates(each, contenders).map(({ name }) => name)
    const named = each.targets.flatMap(({ contender, than, over }) => [contender, than ?? over ?? contender])
    t.deepEqual(
      [...named, ...Object.keys(each.without ?? {})].filter((name) => !names.includes(name)),
      [],
      each.name,
    )
  }
})
