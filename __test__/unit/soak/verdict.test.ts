// How growth is judged, and the line of figures.
import test from 'ava'
import { complaints, figures, type Outcome } from '../../../soak/verdict.ts'

const bounds = { descriptors: 0, objects: 0, rssBytes: 2 ** 20 }
const flat: Outcome = {
  name: 'some',
  cycles: 200,
  seconds: 4,
  growth: { descriptors: 0, objects: 0, rssBytes: 2 ** 20 },
  counts: { lost: 3 },
  interrupted: false,
}

test('growth up to the bounds is fine, and shrinking too', (t) => {
  t.deepEqual(complaints(flat, bounds), [])
  t.deepEqual(complaints({ ...flat, growth: { descriptors: -2, objects: -1, rssBytes: -(2 ** 30) } }, bounds), [])
})

for (const name of ['descriptors', 'objects', 'rssBytes'] as const) {
  test(`${name} beyond its bound is complained of, with both figures`, (t) => {
    const growth = { ...flat.growth, [name]: bounds[name] + 1 }
    t.deepEqual(complaints({ ...flat, growth }, bounds), [
      `${name} grew by ${bounds[name] + 1} in 200 cycles, which is more than ${bounds[name]}`,
    ])
  })
}

test('a cycle that failed, and no cycle at all, are complained of', (t) => {
  t.regex(complaints({ ...flat, failure: new Error('broken') }, bounds).join(), /broken/)
  t.deepEqual(complaints({ ...flat, failure: 7 }, bounds), ['7'])
  t.deepEqual(complaints({ ...flat, cycles: 0 }, bounds), ['not one cycle was completed'])
})

test('the figures are one line, with the rate, the growth with its sign, and what was counted', (t) => {
  t.is(figures(flat), 'some: 200 cycles in 4.0 s (50.0/s), descriptors +0, RSS +1.0 MiB, kernel objects +0, 3 lost')
  t.regex(
    figures({ ...flat, growth: { descriptors: -1, objects: 5, rssBytes: -(2 ** 20) }, interrupted: true }),
    /descriptors -1, RSS -1\.0 MiB, kernel objects \+5, 3 lost \(interrupted\)$/,
  )
})
