// The options of `npm run soak`.
import test from 'ava'
import { readOptions, soaks } from '../../../soak/options.ts'

test('a soak has a limit of its own, which --minutes or --cycles replaces', (t) => {
  for (const soak of soaks) t.like(readOptions([soak.name]), { soak, limit: soak.limit, workers: 0, help: false })
  t.deepEqual(readOptions(['events', '--minutes', '0.5']).limit, { minutes: 0.5, cycles: undefined })
  t.deepEqual(readOptions(['--cycles', '7', 'kill']).limit, { minutes: undefined, cycles: 7 })
  t.is(readOptions(['lifecycle', '--workers', '20']).workers, 20)
  t.true(readOptions(['--help']).help)
})

const misuses: readonly [args: string, message: RegExp][] = [
  ['', /say what to soak/],
  ['memory', /no soak memory/],
  ['events kill', /one soak at a time/],
  ['kill --workers 3', /no option --workers/],
  ['kill --minutes 3 --cycles 3', /not both/],
  ['kill --minutes 0', /--minutes is a number above 0/],
  ['kill --minutes=-1', /--minutes is a number above 0/],
  ['kill --minutes forever', /not "forever"/],
  ['kill --cycles 1.5', /--cycles is a whole number/],
  ['kill --cycles=', /--cycles is a whole number/],
  ['lifecycle --workers 65', /at most 64/],
  ['kill --seconds 3', /--seconds/],
]

for (const [args, message] of misuses) {
  test(`misuse: npm run soak -- ${args}`, (t) => {
    t.throws(() => readOptions(args.split(' ').filter(Boolean)), { message })
  })
}
