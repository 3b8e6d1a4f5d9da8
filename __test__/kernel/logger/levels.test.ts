// `EbpfLogger`: levels, where they are set, what a logger is called with, and what is refused.
import test from 'ava'
import { CgroupSkb, EbpfLogger, type EbpfLoggerOptions, type LoadOptions } from 'ayajs'
import { openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { levels, logTo, openRust, run } from '../../helpers/rust-objects.ts'

leaveNothingBehind(test)

for (const [index, [level]] of levels.entries()) {
  test(`logLevel "${level}" has the programs not write what is above`, async (t) => {
    const bpf = openRust(t, 'logs', { logLevel: level })
    const { log, calls } = logTo(t, bpf)
    run(bpf, 'log_levels')
    await log.flush()
    t.deepEqual(calls, levels.slice(0, index + 1))
    t.is(log.stats().records, index + 1)
  })

  test(`level "${level}" of a logger leaves out what is above, which is written nonetheless`, async (t) => {
    const bpf = openRust(t, 'logs')
    const { log, calls } = logTo(t, bpf, { level })
    run(bpf, 'log_levels')
    await log.flush()
    t.deepEqual(calls, levels.slice(0, index + 1))
    t.is(log.stats().records, levels.length)
  })
}

test('logLevel "off" has the programs write nothing, also without types', async (t) => {
  for (const name of ['logs', 'logs_no_btf']) {
    const bpf = openRust(t, name, { logLevel: 'off' })
    const { log, calls } = logTo(t, bpf)
    run(bpf, 'log_levels')
    await log.flush()
    t.deepEqual(calls, [])
    log.close()
  }
})

test('a logger of a level that the programs do not write is refused, with what to do', (t) => {
  const bpf = openRust(t, 'logs_no_btf', { logLevel: 'warn' })
  const error = t.throws(() => EbpfLogger.init(bpf, { level: 'debug' }), { code: 'ERR_EBPF_READONLY' })
  t.regex(error.message, /log up to "warn", not up to "debug".*logLevel: 'debug'/)
  logTo(t, bpf, { level: 'warn' }).log.close()
  logTo(t, bpf, { level: 'error' }).log.close()
})

test('the console gets level and target as well, and no stack for a trace', async (t) => {
  const [lines, methods] = [[] as unknown[], ['error', 'warn', 'info', 'debug', 'trace'] as const]
  for (const method of methods) {
    const original = console[method]
    console[method] = (...line: unknown[]) => void lines.push([method, ...line])
    t.teardown(() => (console[method] = original))
  }
  const bpf = openRust(t, 'logs')
  const log = EbpfLogger.init(bpf)
  run(bpf, 'log_levels')
  await log.flush()
  log.close()
  t.deepEqual(lines, [
    ['error', '[ERROR logs] an error'],
    ['warn', '[WARN  logs] a warning'],
    ['info', '[INFO  logs] some information'],
    ['debug', '[DEBUG logs] for debugging'],
    ['debug', '[TRACE other] a trace'],
  ])
})

test('format says what the method of the logger is called with', async (t) => {
  const bpf = openRust(t, 'logs', { logLevel: 'error' })
  const { log, calls } = logTo(t, bpf, { format: ({ target, file, message }) => [{ target, file }, message] })
  run(bpf, 'log_levels')
  await log.flush()
  t.deepEqual(calls, [['error', { target: 'logs', file: 'src/bin/logs.rs' }, 'an error']])
})

test('what does not log is refused, and what logs by another version', (t) => {
  t.throws(() => EbpfLogger.init(openFixture(t, 'maps')), {
    code: 'ERR_EBPF_NOT_FOUND',
    message: /no map AYA_LOGS.*Give the object that logs, or go without a logger\.$/,
  })
  t.throws(() => EbpfLogger.init(openFixture(t, 'old_logs')), {
    code: 'ERR_EBPF_UNEXPECTED_MAP_TYPE',
    message: /PerfEventArray.*older than 0\.2/,
  })
  const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
  program.load()
  t.throws(() => EbpfLogger.initFromId(program.info().id), { code: 'ERR_EBPF_NOT_FOUND', message: /no map AYA_LOGS/ })
  t.throws(() => EbpfLogger.initFromId(2 ** 31 - 1), { code: 'ERR_EBPF_NOT_FOUND', message: /no program of id/ })
  t.throws(() => openRust(t, 'maps', { logLevel: 'info' }), {
    code: 'ERR_EBPF_NOT_FOUND',
    message: /^The option logLevel sets the variable AYA_LOG_LEVEL.*none/,
  })
})

test('misused arguments are refused before anything happens', (t) => {
  const bpf = openRust(t, 'logs')
  const init = (options: unknown) => () => EbpfLogger.init(bpf, options as EbpfLoggerOptions)
  const load = (options: unknown) => () => openRust(t, 'logs', options as LoadOptions)
  const cases: [() => unknown, string, RegExp][] = [
    [() => EbpfLogger.init({} as never), 'ERR_INVALID_ARG_TYPE', /"bpf".*Ebpf/],
    [() => new (EbpfLogger as unknown as new () => EbpfLogger)(), 'ERR_ILLEGAL_CONSTRUCTOR', /EbpfLogger\.init/],
    [() => EbpfLogger.initFromId('1' as never), 'ERR_INVALID_ARG_TYPE', /programId/],
    [() => EbpfLogger.initFromId(0), 'ERR_OUT_OF_RANGE', /programId/],
    [init(null), 'ERR_INVALID_ARG_TYPE', /options/],
    [init({ levels: 'info' }), 'ERR_INVALID_ARG_VALUE', /did you mean "level"/],
    [init({ level: 'warning' }), 'ERR_INVALID_ARG_VALUE', /options\.level.*'warn'/],
    [init({ logger: {} }), 'ERR_INVALID_ARG_TYPE', /lacks error, warn, info, debug, trace/],
    [init({ logger: { ...console, trace: 1 } }), 'ERR_INVALID_ARG_TYPE', /lacks trace/],
    [init({ logger: 'console' }), 'ERR_INVALID_ARG_TYPE', /options\.logger/],
    [init({ format: 'json' }), 'ERR_INVALID_ARG_TYPE', /options\.format/],
    [load({ logLevel: 3 }), 'ERR_INVALID_ARG_VALUE', /options\.logLevel/],
    [load({ logLevel: 'info', globals: { AYA_LOG_LEVEL: 3 } }), 'ERR_INVALID_ARG_VALUE', /together with/],
  ]
  for (const [attempt, code, message] of cases) t.throws(attempt, { code, message })
  const { log } = logTo(t, bpf)
  t.throws(() => log.records({ signal: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
})
