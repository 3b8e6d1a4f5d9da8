// Which name is taken for the one that was meant.
import test from 'ava'
import { nearest } from '../../dist/nearest.js'

const programs = ['count_any', 'count_egress', 'count_ingress', 'drop_egress']

const cases: [title: string, name: string, names: string[], meant: string | undefined][] = [
  ['a letter left out', 'count_egres', programs, 'count_egress'],
  ['a letter too many', 'count_egresss', programs, 'count_egress'],
  ['a wrong letter', 'count_ogress', programs, 'count_egress'],
  ['two letters swapped', 'cuont_any', programs, 'count_any'],
  ['another case', 'COUNT_ANY', programs, 'count_any'],
  ['the nearer of two that are near', 'count_ingres', programs, 'count_ingress'],
  ['the first of two that are equally near', 'ac', ['ab', 'ad'], 'ab'],
  ['the name itself', 'count_any', programs, 'count_any'],
  ['a third of a long name', 'count_eggrezz', programs, 'count_egress'],
  ['nothing for another word', 'traffic', programs, undefined],
  ['nothing where there are no names', 'count_any', [], undefined],
  ['nothing for an empty name', '', programs, undefined],
  ['nothing for what no name can be', 'x'.repeat(100_000), ['x'.repeat(100_001)], undefined],
]

for (const [title, name, names, meant] of cases) {
  test(`nearest finds ${title}`, (t) => {
    t.is(nearest(name, names), meant)
  })
}

test('nearest finds nothing for a name that shares no letter with a short one', (t) => {
  t.is(nearest('0', ['as', 'btf']), undefined)
})
