// The options of `npm run fuzz:core`.
import test from 'ava'
import { readOptions } from '../../../fuzz/core/options.ts'

test('without any, 200 cases from a seed of the clock', (t) => {
  const { cases, seed, objects, help } = readOptions([])
  t.is(cases, 200)
  t.true(Number.isInteger(seed))
  t.deepEqual(objects, [])
  t.false(help)
})

test('objects are what follows --objects', (t) => {
  t.deepEqual(readOptions(['--objects', 'a.o', 'b.o']).objects, ['a.o', 'b.o'])
  t.deepEqual(readOptions(['a.o', '--objects', 'b.o']).objects, ['a.o', 'b.o'])
})

const wrong: readonly [args: readonly string[], message: RegExp][] = [
  [['--cases', 'many'], /--cases is a whole number from 1 to 1000000, and not "many"/],
  [['--cases', '0'], /--cases/],
  [['--seed', '4294967296'], /--seed is a whole number from 0 to 4294967295/],
  [['a.o'], /a.o: objects follow --objects/],
  [['--objects'], /name the objects/],
  [['--objects', 'a.o', '--seed', '1'], /no cases and no seed/],
  [['--minutes', '1'], /--minutes/],
]

for (const [args, message] of wrong) {
  test(`${args.join(' ')} is wrong`, (t) => void t.throws(() => readOptions(args), { message }))
}
