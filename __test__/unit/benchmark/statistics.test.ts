// Medians, quartiles and ratios of series.
import test from 'ava'
import { difference, quantile, ratio, summarize } from '../../../benchmark/statistics.ts'

const quantiles: [title: string, samples: number[], part: number, expected: number][] = [
  ['the one sample there is', [7], 0.5, 7],
  ['the middle one of an odd number', [9, 1, 5], 0.5, 5],
  ['the middle between two of an even number', [4, 1, 3, 2], 0.5, 2.5],
  ['a value between two samples for a quartile', [1, 2, 3, 4], 0.25, 1.75],
  ['the smallest for 0', [3, 1, 2], 0, 1],
  ['the largest for 1', [3, 1, 2], 1, 3],
  ['by number, not by text', [10, 9, 100], 0.5, 10],
]

for (const [title, samples, part, expected] of quantiles) {
  test(`quantile is ${title}`, (t) => {
    t.is(quantile(samples, part), expected)
  })
}

test('quantile leaves the samples in their order', (t) => {
  const samples = [3, 1, 2]
  quantile(samples, 0.5)
  t.deepEqual(samples, [3, 1, 2])
})

test('quantile of nothing is an error', (t) => {
  t.throws(() => quantile([], 0.5), { instanceOf: RangeError })
})

test('summarize gives the median between the quartiles', (t) => {
  t.deepEqual(summarize([5, 1, 4, 2, 3]), { lower: 2, median: 3, upper: 4 })
})

test('ratio compares round by round, so that a slow round of both does not count', (t) => {
  t.deepEqual(ratio([2, 20, 200], [1, 10, 100]), { lower: 2, median: 2, upper: 2 })
})

test('ratio refuses series of different rounds', (t) => {
  t.throws(() => ratio([1, 2], [1]), { instanceOf: RangeError, message: /2 rounds against 1/ })
})

test('difference compares round by round', (t) => {
  t.deepEqual(difference([12, 120, 1200], [2, 110, 1190]), { lower: 10, median: 10, upper: 10 })
})
