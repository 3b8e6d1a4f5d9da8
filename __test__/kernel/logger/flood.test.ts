// More log lines than anybody can take, and records that no aya-log has written: order, counts, and no end to either.
import test from 'ava'
import type { EbpfLogger, LogRecord } from 'ayajs'
import { mapOf, openFixture, u32Key, u64 } from '../../helpers/fixtures.ts'
import { field, header, kinds, record, textRecord } from '../../helpers/log-records.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { packet, upTo } from '../../helpers/rings.ts'
import { logTo, messages, openRust, run } from '../../helpers/rust-objects.ts'

leaveNothingBehind(test)

/** Lines of `flood` that fit into 128 KiB: 128 bytes each, and 8 before. */
const fitting = Math.floor((2 ** 17 - 1) / 136)

test('a full ring drops the newest lines, keeps the order, and is known to have been full', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log, calls } = logTo(t, bpf)
  run(bpf, 'flood', 3000)
  await log.flush()
  t.deepEqual(
    messages(calls),
    upTo(fitting, 1).map((number) => `line ${number}`),
  )
  t.is(u64(mapOf(bpf, 'TRIED').get(u32Key(0))), 3000n)
  t.like(log.stats(), { records: fitting, malformed: 0, timesFull: 1, size: 2 ** 17 })
  run(bpf, 'flood', 10)
  await log.flush()
  t.deepEqual(
    messages(calls.slice(fitting)),
    upTo(10, 3001).map((number) => `line ${number}`),
  )
  t.is(log.stats().timesFull, 1)
})

test('a ring that was never full has lost nothing: mapMaxEntries makes it larger', async (t) => {
  const bpf = openRust(t, 'logs', { mapMaxEntries: { AYA_LOGS: 2 ** 20 } })
  const { log, calls } = logTo(t, bpf)
  run(bpf, 'flood', 3000)
  await log.flush()
  t.deepEqual(
    messages(calls),
    upTo(3000, 1).map((number) => `line ${number}`),
  )
  t.like(log.stats(), { records: 3000, timesFull: 0, size: 2 ** 20 })
})

test('a flood does not hold up timers, and a loop in it can be left', async (t) => {
  const bpf = openRust(t, 'logs')
  const { log } = logTo(t, bpf, { logger: null })
  let turns = 0
  let isOver = false
  const again = (): void => {
    turns++
    // There is always something to read: as much as fits, in every turn of the event loop.
    run(bpf, 'flood', 1000)
    if (!isOver) setImmediate(again)
  }
  again()
  let last = 0
  let count = 0
  for await (const { args } of log) {
    const number = Number(args[0])
    t.true(number > last)
    last = number
    if (++count === 20_000) break
  }
  isOver = true
  t.true(turns > 5)
  await new Promise(setImmediate)
})

test('records that cannot be read are error records in their place, and are counted', async (t) => {
  const bpf = openFixture(t, 'log_records')
  const { log, calls } = logTo(t, bpf)
  const hostile = [
    Buffer.alloc(0),
    Buffer.alloc(64),
    Buffer.alloc(64, 255),
    record([header(1)]),
    record([header(1), field(99, 'x')]),
    record([header(1), field(kinds.text, Uint8Array.of(0xff))]),
    record([header(2 ** 32 - 1), field(kinds.text, 'x')]),
    record([header(0)], 4000),
  ]
  write('before')
  for (const bytes of hostile) t.is(run(bpf, 'write_record', 1, Buffer.concat([packet, bytes])), 1)
  write('after')
  await log.flush()
  t.is(calls.length, hostile.length + 2)
  t.deepEqual(
    [calls[0], calls.at(-1)],
    [
      ['info', 'before'],
      ['info', 'after'],
    ],
  )
  for (const [method, message] of calls.slice(1, -1)) {
    t.is(method, 'error')
    t.regex(String(message), /^A log record of \d+ bytes cannot be read: /)
  }
  t.like(log.stats(), { records: hostile.length + 2, malformed: hostile.length })

  function write(text: string): void {
    run(bpf, 'write_record', 1, Buffer.concat([packet, textRecord(text)]))
  }
})

test('a loop gets error records with the error', async (t) => {
  const bpf = openFixture(t, 'log_records')
  const { log } = logTo(t, bpf, { logger: null, level: 'error' })
  run(bpf, 'write_record', 1, Buffer.concat([packet, textRecord('left out', 3)]))
  run(bpf, 'write_record', 1, Buffer.concat([packet, record([header(1, 1)])]))
  const found = await first(log)
  t.is(found?.error?.code, 'ERR_EBPF_RECORD')
  t.like(found, { level: 'error', target: 'target', file: 'src/main.rs', line: 7 })
})

async function first(log: EbpfLogger): Promise<LogRecord | undefined> {
  for await (const found of log) return found
  return undefined
}
