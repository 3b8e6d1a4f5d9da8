// `PerfEventArray`: the face of a ring buffer over a buffer for each CPU, with the losses that the kernel counts.
import { cpus } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Ebpf, PerfEventArray, type LoadOptions } from 'ayajs'
import { commandOf, startChild } from '../../helpers/children.ts'
import { fixturePath, loaded } from '../../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { numberOf, numbered, packet, upTo } from '../../helpers/rings.ts'

leaveNothingBehind(test)

interface OpenArray {
  readonly bpf: Ebpf
  readonly array: PerfEventArray<Uint8Array>
  readonly write: (times?: number) => void
}

function openArray(t: ExecutionContext, options: LoadOptions = {}): OpenArray {
  const bpf = Ebpf.loadFile(fixturePath('perf'), options)
  t.teardown(() => bpf.close())
  const program = loaded(bpf, 'write_numbered')
  const array = PerfEventArray.tryFrom<Uint8Array>(bpf.map('events'))
  return { bpf, array, write: (times = 1) => void program.testRun({ packet, repeat: times }) }
}

test('PerfEventArray delivers every record whole, through many rounds of its buffers', (t) => {
  const { array, write } = openArray(t)
  const typed = array.open(1).as(numbered)
  const seen: number[] = []
  for (let round = 0; round < 200; round++) {
    write(70) // 2,240 of 4,096 bytes.
    for (const { number, isWhole } of typed.drain()) {
      t.true(isWhole)
      seen.push(number)
    }
  }
  t.deepEqual(
    seen.sort((a, b) => a - b),
    upTo(14_000),
  )
  t.like(array.stats(), { consumed: 14_000, lost: 0, pendingBytes: 0 })
})

test('PerfEventArray gives all that a large buffer holds in one drain', (t) => {
  const { array, write } = openArray(t)
  array.open(2048)
  write(150_000)
  t.is(array.drain().count, 150_000)
  t.like(array.stats(), { consumed: 150_000, lost: 0, pendingBytes: 0 })
})

test('PerfEventArray counts what the kernel says it has lost: produced is delivered and lost', (t) => {
  const { array, write } = openArray(t)
  array.open(1)
  write(10_000)
  let delivered = array.drain().count
  // The kernel tells of a loss in front of the next record that finds room, on the same CPU: there may be two of them.
  for (let more = 0; more < 50; more++) write(1)
  delivered += array.drain().count
  const { lost = 0 } = array.stats()
  t.true(lost > 0)
  t.is(delivered + lost, 10_050)
})

test('What is written before the first use of a PerfEventArray goes nowhere', (t) => {
  const { array, write } = openArray(t)
  write(3)
  t.is(array.drain().count, 0)
  write(2)
  t.deepEqual([...array.drain()].map(numberOf), [3, 4])
})

test('A loop over a PerfEventArray waits, keeps what it leaves, and ends when the array is closed', async (t) => {
  const { array, write } = openArray(t)
  const first = array.events()
  const waiting = first.next()
  await turn()
  write(3)
  t.is(numberOf((await waiting).value ?? new Uint8Array(8)), 0)
  await first.return()
  t.deepEqual([...array.drain()].map(numberOf), [1, 2])
  const second = array.batches().next()
  await turn()
  array.close()
  t.deepEqual(await second, { done: true, value: undefined })
})

for (const cpu of upTo(Math.min(2, cpus().length))) {
  test(`No wake-up of a PerfEventArray is lost, written on CPU ${cpu} by another process`, async (t) => {
    const pin = `${makePinDirectory(t)}/events`
    const { array } = openArray(t, { mapPinPath: { events: pin } })
    array.open()
    const [runs, command] = [2_000, commandOf('perf-writer.ts', pin, '2000')]
    const child = startChild(t, ['taskset', '-c', `${cpu}`, ...command])
    let next = 0
    for await (const { number } of array.as(numbered)) {
      if (number !== next++) t.fail(`${number} instead of ${next - 1}`)
      if (next === runs) break
    }
    t.is(await child.next(), 'done')
    t.is(array.stats().lost, 0)
  })
}

test('A PerfEventArray has one reader, which leaves nothing behind and the array free', (t) => {
  const pin = `${makePinDirectory(t)}/events`
  const [one, other] = [0, 1].map(() => openArray(t, { mapPinPath: { events: pin } }))
  one?.array.open()
  t.throws(() => other?.array.drain(), { code: 'ERR_EBPF_BUSY' })
  const held = ownDescriptors().length
  one?.array.close()
  other?.array.open()
  other?.write(1)
  t.is(other?.array.drain().count, 1)
  t.is(ownDescriptors().length, held)
})

test('PerfEventArray.open refuses sizes that buffers cannot have', (t) => {
  const { array } = openArray(t)
  for (const pages of [0, 3, 1.5, 2 ** 21]) t.throws(() => array.open(pages), { any: true, code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => array.open('1' as never), { any: true, code: 'ERR_INVALID_ARG_TYPE' })
})
