// `examples/rust-filter.ts` as a child process: a filter in Rust, whose log is followed from TypeScript.
import test from 'ava'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { runExample } from './example.ts'

leaveNothingBehind(test)

test('rust-filter: each packet is a line of the log, denied ones are warnings, and the map has the sums', async (t) => {
  const { status, stdout, stderr } = await runExample(t, [], { example: 'rust-filter' })
  t.is(status, 0, stderr)
  const passed = stdout.match(/^\[INFO  filter\] \d+ bytes to 127\.0\.0\.1:\d+$/gm) ?? []
  const denied = stderr.match(/^\[WARN  filter\] denied \d+ bytes to 127\.0\.0\.1:9999$/gm) ?? []
  // 20 datagrams that are answered, and 10 to the denied port.
  t.is(passed.length, 40, stdout)
  t.is(denied.length, 10, stderr)
  t.regex(stdout, /^50 lines$/m)
  t.regex(stdout, /^127\.0\.0\.1: 50 packets, \d+ bytes, 10 packets denied$/m)
})

test('rust-filter: the status of a command is that of the example', async (t) => {
  const { status, stdout } = await runExample(t, ['sh', '-c', 'exit 3'], { example: 'rust-filter' })
  t.is(status, 3)
  t.is(stdout, '0 lines\n')
})
