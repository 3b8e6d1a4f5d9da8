// `EbpfLogger`: who gets log lines, in which order, and when that ends.
import test from 'ava'
import { CgroupSkb, EbpfLogger, type EbpfLoggerOptions, type LogRecord } from 'ayajs'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { until } from '../../helpers/poll.ts'
import { keepingLogger, levels, logTo, messages, openRust, run } from '../../helpers/rust-objects.ts'

leaveNothingBehind(test)

/** What bpf/rust/src/bin/logs.rs says, but for the levels. */
const printed = [
  'i8 -1 ff AA',
  'i16 -32768 8000 ABCD',
  'i32 -2147483648 80000000 FFFFFFFF',
  'i64 -9223372036854775808 8000000000000000 FFFFFFFFFFFFFFFF',
  'isize 9223372036854775807 fffffffffffffffe FFFFFFFFFFFFFFFE',
  'u8 0 ff AB',
  'u16 65535 0 ABCD',
  'u32 4294967295 ffffffff ABCD',
  'u64 18446744073709551615 ffffffffffffffff ABCDEF0123456789',
  'usize 18446744073709551615 0 ABC',
  'f32 0.1 -0 16777216',
  'f64 0.1 1000000000000000000000 0.0000001',
  'limits NaN -inf',
  'v4 10.0.0.1 10.0.0.1',
  'v6 2001:db8::1:1 2001:db8::1:1',
  'mapped ::ffff:127.0.0.1',
  'any 10.0.0.1 10.0.0.1',
  'u32 10.0.0.1',
  'octets 10.0.0.1',
  'octets 2001:db8::1:1',
  'mac 00:1b:5e:fa:53:af 00:1B:5E:FA:53:AF',
  'bytes 01ab00 FEED',
  'no bytes []',
  'str a string with { } and \u{1f41d} and {}',
  'onetwo',
  'only a literal',
  'pointers 0xffff888100000abc 0x0',
]

for (const name of ['logs', 'logs_no_btf']) {
  test(`lines go to the method of their level, with the message alone: ${name}`, async (t) => {
    const bpf = openRust(t, name)
    const { log, calls } = logTo(t, bpf)
    run(bpf, 'log_levels')
    await log.flush()
    t.deepEqual(calls, [...levels])
  })
}

test('what a program logs is what aya prints, in the order of the lines', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log, calls } = logTo(t, bpf)
  for (const program of ['log_signed', 'log_unsigned', 'log_floats', 'log_addresses', 'log_bytes']) run(bpf, program)
  await log.flush()
  t.deepEqual(messages(calls), printed)
  t.is(log.stats().records, calls.length)
  t.is(log.stats().malformed, 0)
})

test('lines come by themselves, without a flush, as long as something else keeps the process alive', async (t) => {
  const bpf = openRust(t, 'logs')
  const { calls } = logTo(t, bpf)
  run(bpf, 'log_levels')
  t.true(await until(() => calls.length === levels.length))
})

test('a record has all that the program said about it', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log } = logTo(t, bpf, { logger: null })
  run(bpf, 'log_levels')
  run(bpf, 'log_unsigned')
  run(bpf, 'log_addresses')
  run(bpf, 'log_bytes')
  const records = await take(log, 24)
  const [first] = records
  t.like(first, {
    level: 'error',
    target: 'logs',
    module: 'logs',
    file: 'src/bin/logs.rs',
    message: 'an error',
    args: [],
  })
  t.true((first?.line ?? 0) > 0)
  t.is(records[4]?.target, 'other')
  const args = (start: string): unknown => records.find(({ message }) => message.startsWith(start))?.args
  t.deepEqual(args('u8'), [0, 255, 171])
  t.deepEqual(args('u64'), [2n ** 64n - 1n, 2n ** 64n - 1n, 0xabcdef0123456789n])
  t.deepEqual(args('v6'), ['2001:db8::1:1', '2001:db8::1:1'])
  t.deepEqual(args('octets'), [Uint8Array.of(10, 0, 0, 1)])
  t.deepEqual(args('str'), ['a string with { } and \u{1f41d}'])
  t.deepEqual(args('onetwo'), ['one', 'two'])
})

test('a loop gets every line once, after the logger, which goes on when the loop is left', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log, calls } = logTo(t, bpf)
  run(bpf, 'log_levels')
  const seen: string[] = []
  for await (const { message } of log) {
    t.is(calls.at(-1)?.[1], message)
    if (seen.push(message) === 2) break
  }
  run(bpf, 'log_levels')
  await log.flush()
  t.deepEqual(calls, [...levels, ...levels])
  t.deepEqual(seen, ['an error', 'a warning'])
})

test('a second loop is refused while the first one goes on; an aborted one rejects, and the logger goes on', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log, calls } = logTo(t, bpf)
  const controller = new AbortController()
  const first = log.records({ signal: controller.signal })
  const waiting = first.next()
  await t.throwsAsync(log.records().next(), { code: 'ERR_EBPF_BUSY' })
  controller.abort(new Error('enough'))
  await t.throwsAsync(waiting, { message: 'enough' })
  t.deepEqual(await first.next(), { done: true, value: undefined })
  run(bpf, 'log_levels')
  await log.flush()
  t.deepEqual(calls, [...levels])
})

test('return() ends a loop that waits', async (t) => {
  const { log } = logTo(t, openRust(t, 'logs'))
  const records = log.records()
  const waiting = records.next()
  await records.return()
  t.deepEqual(await waiting, { done: true, value: undefined })
})

test('close hands over what has been logged, ends loops, and twice does nothing', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log, calls } = logTo(t, bpf)
  run(bpf, 'log_levels')
  log.close()
  log.close()
  log[Symbol.dispose]()
  t.true(log.closed)
  await Promise.resolve()
  await new Promise(setImmediate)
  t.deepEqual(calls, [...levels])
  t.is(log.stats().records, 5)
  t.deepEqual(
    await log
      .records()
      .next()
      .catch((error: unknown) => (error as { code: string }).code),
    'ERR_EBPF_CLOSED',
  )
  const looped = logTo(t, bpf).log
  const waiting = looped.records().next()
  await new Promise(setImmediate)
  looped.close()
  t.deepEqual(await waiting, { done: true, value: undefined })
})

test('the object may be closed before the logger, and programs may go on', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log, calls } = logTo(t, bpf)
  run(bpf, 'log_levels')
  bpf.close()
  await log.flush()
  t.deepEqual(calls, [...levels])
  log.close()
})

test('initFromId reads what a loaded program logs, without its object', async (t) => {
  const bpf = openRust(t, 'logs')
  const program = CgroupSkb.tryFrom(bpf.program('log_levels'))
  program.load()
  const { calls, logger } = keepingLogger()
  const log = EbpfLogger.initFromId(program.info().id, { logger, level: 'warn' })
  t.teardown(() => log.close())
  run(bpf, 'log_levels')
  await log.flush()
  t.deepEqual(calls, levels.slice(0, 2))
  t.throws(() => EbpfLogger.init(bpf), { code: 'ERR_EBPF_BUSY' })
  log.close()
  EbpfLogger.init(bpf, { logger }).close()
})

test('a logger that throws is an uncaught exception, and gets the next line all the same', async (t) => {
  const bpf = openRust(t, 'logs')
  const caught: unknown[] = []
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => caught.push(error))
  t.teardown(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of others) process.on('uncaughtException', listener)
  })
  const { calls, logger } = keepingLogger()
  const broken = new Error('broken')
  const { log } = logTo(t, bpf, {
    logger: {
      ...logger,
      warn: () => {
        throw broken
      },
    } as EbpfLoggerOptions['logger'],
  })
  run(bpf, 'log_levels')
  await log.flush()
  await new Promise(setImmediate)
  t.deepEqual(caught, [broken])
  t.deepEqual(
    calls,
    levels.filter(([level]) => level !== 'warn'),
  )
})

/** The first lines of a logger. */
async function take(log: EbpfLogger, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of log) if (records.push(record) === count) break
  return records
}
