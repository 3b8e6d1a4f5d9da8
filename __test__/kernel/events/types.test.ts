// Records with types: one for all, or several kinds that a tag tells apart; and what does not fit them.
import test from 'ava'
import { Ebpf, RingBuf, type Codec } from 'ayajs'
import { loaded, mapOf, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { pageSize } from '../../helpers/page-size.ts'
import { numbered, openRing, packet } from '../../helpers/rings.ts'

leaveNothingBehind(test)

const exec: Codec<{ pid: number; comm: string }> = {
  size: 24,
  decode: ({ bytes, view }, offset) => ({
    pid: view.getUint32(offset + 4, true),
    comm: Buffer.from(bytes.buffer, bytes.byteOffset + offset + 8, 4).toString(),
  }),
  encode: () => undefined,
}

const exit: Codec<{ status: number }> = {
  size: 8,
  decode: ({ view }, offset) => ({ status: view.getInt32(offset + 4, true) }),
  encode: () => undefined,
}

const tag = { offset: 0, size: 4 } as const
const kinds = { exec: { tag: 1, type: exec }, exit: { tag: 2, type: exit } } as const

test('RingBuf.as gives records of one type, in every way of reading', async (t) => {
  const { ring, write } = openRing(t)
  const typed = ring.as(numbered)
  write(4)
  t.deepEqual(typed.drain({ maxRecords: 1 }).decode(), [{ number: 0, kind: 1, isWhole: true }])
  for await (const { number } of typed) {
    t.is(number, 1)
    break
  }
  for await (const batch of typed.batches()) {
    t.deepEqual(
      [...batch].map(({ number }) => number),
      [2, 3],
    )
    break
  }
})

test('RingBuf.as gives records of several kinds as a discriminated union', async (t) => {
  const { ring, write } = openRing(t)
  write(1, 'write_kinds')
  const seen: (string | number)[] = []
  for await (const record of ring.as({ tag, kinds })) {
    if (record.kind === 'exec') seen.push(record.event.pid, record.event.comm)
    else seen.push(record.event.status)
    if (seen.length === 3) break
  }
  t.deepEqual(seen, [42, 'node', -7])
})

test('A record of a kind that has no name is an error that tells its tag, and the next ones can be read', async (t) => {
  const { ring, write } = openRing(t)
  const typed = ring.as({ tag, kinds })
  write(2, 'write_kinds')
  const loop = async (): Promise<void> => {
    for await (const _ of typed);
  }
  const error = await t.throwsAsync(loop, { code: 'ERR_EBPF_RECORD' })
  t.regex(error?.message ?? '', /"events" has the tag 3\. Known are: 1 \(exec\), 2 \(exit\)/)
  t.deepEqual((await typed.events().next()).value, { kind: 'exec', event: { pid: 42, comm: 'node' } })
})

const tooShort: { title: string; as: (ring: RingBuf<Uint8Array>) => RingBuf; message: RegExp }[] = [
  {
    title: 'its type',
    as: (ring) => ring.as(numbered),
    message: /record of ring buffer "events" is 8 bytes large, and its type needs 16/,
  },
  {
    title: 'its kind',
    as: (ring) => ring.as({ tag: { offset: 4, size: 4 }, kinds: { exec: { tag: 0, type: exec } } }),
    message: /is 8 bytes large, and "exec" needs 24/,
  },
  {
    title: 'its tag',
    as: (ring) => ring.as({ tag: { offset: 8, size: 1 }, kinds: { exec: { tag: 0, type: exec } } }),
    message: /is 8 bytes large, and its tag needs 9/,
  },
]

for (const { title, as, message } of tooShort) {
  test(`A record that is too short for ${title} is an error that says so, whichever way it is read`, async (t) => {
    const { ring, write } = openRing(t, { recordSize: 8 })
    const typed = as(ring)
    write(2, 'write_sized')
    await t.throwsAsync(typed.events().next(), { code: 'ERR_EBPF_RECORD', message })
    t.is(ring.stats().pendingBytes, 16, 'it has been taken out, and the next one is there')
    t.throws(() => typed.drain().decode(), { code: 'ERR_EBPF_RECORD', message })
  })
}

test('A record that is longer than its type is read all the same', (t) => {
  const { ring, write } = openRing(t, { recordSize: 40 })
  write(1, 'write_sized')
  t.is(ring.as(numbered).drain().decode()[0]?.number, 0)
})

test('Mappings that cannot be are refused before anything is read', (t) => {
  const { ring } = openRing(t)
  const bad: [unknown, string][] = [
    [7, 'ERR_INVALID_ARG_TYPE'],
    [{ decode: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ tag, kinds: {}, other: 1 }, 'ERR_INVALID_ARG_VALUE'],
    [{ tag: { offset: -1, size: 4 }, kinds }, 'ERR_OUT_OF_RANGE'],
    [{ tag: { offset: 0, size: 3 }, kinds }, 'ERR_OUT_OF_RANGE'],
    [{ tag: { offset: 0, size: 1 }, kinds: { exec: { tag: 256, type: exec } } }, 'ERR_OUT_OF_RANGE'],
    [{ tag, kinds: { one: { tag: 1, type: exec }, two: { tag: 1, type: exit } } }, 'ERR_OUT_OF_RANGE'],
    [{ tag: { offset: 6, size: 4 }, kinds: { exit: { tag: 1, type: exit } } }, 'ERR_OUT_OF_RANGE'],
    [{ tag, kinds: { exec: { tag: 1, type: 7 } } }, 'ERR_INVALID_ARG_TYPE'],
  ]
  for (const [mapping, code] of bad) t.throws(() => ring.as(mapping as typeof numbered), { any: true, code })
})

test('Options and arguments that mean nothing are refused before anything is read', (t) => {
  const { ring } = openRing(t)
  const bad: [() => unknown, string][] = [
    [() => ring.events({ signal: 1 as never }), 'ERR_INVALID_ARG_TYPE'],
    [() => ring.events({ reuse: true } as never), 'ERR_INVALID_ARG_VALUE'],
    [() => ring.events(new AbortController().signal as never), 'ERR_INVALID_ARG_TYPE'],
    [() => ring.batches(new AbortController().signal as never), 'ERR_INVALID_ARG_TYPE'],
    ...[-1, 0, 0.5, NaN, 2 ** 31].map((size): [() => unknown, string] => [
      () => ring.as({ ...exec, size }),
      'ERR_OUT_OF_RANGE',
    ]),
    [() => ring.batches({ maxRecords: 0 }), 'ERR_OUT_OF_RANGE'],
    [() => ring.batches({ maxRecords: 1.5 }), 'ERR_OUT_OF_RANGE'],
    [() => ring.batches({ reuse: 1 as never }), 'ERR_INVALID_ARG_TYPE'],
    [() => ring.batches({ maxrecords: 1 } as never), 'ERR_INVALID_ARG_VALUE'],
    [() => ring.drain({ maxRecords: '1' as never }), 'ERR_INVALID_ARG_TYPE'],
    [() => ring.countLostIn('events_lost' as never), 'ERR_INVALID_ARG_TYPE'],
  ]
  for (const [call, code] of bad) t.throws(call, { any: true, code })
  t.is(ring.stats().consumed, 0)
})

test('RingBuf.countLostIn refuses a map that counts nothing', (t) => {
  const { ring, bpf } = openRing(t)
  t.throws(() => ring.countLostIn(mapOf(bpf, 'large')), { code: 'ERR_EBPF_MAP' })
  t.throws(() => ring.countLostIn(ring), { code: 'ERR_EBPF_MAP' })
})

test('RingBuf.countLostIn counts what found no room, on all CPUs', (t) => {
  const { ring, write, produced } = openRing(t)
  write(3_000)
  const { lost = 0 } = ring.stats()
  t.is(lost, 3_000 - Math.floor((pageSize - 1) / 24))
  t.is(ring.drain().count + lost, produced())
})

test('A map comes as a RingBuf only if it is one', (t) => {
  const bpf = openFixture(t, 'maps')
  for (const [name, map] of bpf.maps()) t.is(map instanceof RingBuf, name === 'ringbuf')
})

test('The records of a map have the type that RING_RECORD states in the object', async (t) => {
  const bpf = Ebpf.loadFile(new URL(import.meta.resolve('ayajs/bpf/packet_events.bpf.o')))
  t.teardown(() => bpf.close())
  const program = loaded(bpf, 'report_egress')
  program.testRun({ packet })
  for await (const event of RingBuf.tryFrom<{ time_ns: bigint; length: number; direction: number }>(
    bpf.map('events'),
  )) {
    t.true(event.time_ns > 0n)
    t.deepEqual({ ...event, time_ns: 0n }, { time_ns: 0n, length: 20, direction: 0 })
    break
  }
})

test('RingBuf.as takes the names of structs, and of the member that is their tag', async (t) => {
  const open = openRing(t)
  const { ring } = open
  open.write(1, 'write_kinds')
  const typed = ring.as({
    tag: 'kind',
    kinds: { exec: { tag: 1, type: 'exec_event' }, exit: { tag: 2, type: 'exit_event' } },
  })
  const iterator = typed.events()
  t.deepEqual((await iterator.next()).value, { kind: 'exec', event: { kind: 1, pid: 42, comm: 'node' } })
  t.deepEqual((await iterator.next()).value, { kind: 'exit', event: { kind: 2, status: -7 } })
  await t.throwsAsync(iterator.next(), { code: 'ERR_EBPF_RECORD' })
  open.write(1)
  t.deepEqual(ring.as<{ twice: number }>('numbered').drain().decode()[0]?.twice, 6)
})

test('RingBuf.as takes names as C and ayajs inspect spell them', (t) => {
  const { ring, write } = openRing(t)
  write(1)
  t.is(ring.as<{ twice: number }>('struct numbered').drain().decode()[0]?.twice, 0)
  const named = { exec: { tag: 1, type: 'struct  exec_event' }, exit: { tag: 2, type: 'exit_event' } }
  t.notThrows(() => ring.as({ tag: 'kind', kinds: named }))
})

test('A map without the types of its object has no names, and tells what to do', (t) => {
  const { ring } = openRing(t)
  const other = RingBuf.fromFd(ring.fd())
  t.teardown(() => other.close())
  const message = /^There is no type "numbered": .*option mapPinPath or maps.*or give a codec\.$/
  t.throws(() => other.as('numbered'), { code: 'ERR_EBPF_NOT_FOUND', message })
})

test('Names that the object does not have are refused before anything is read', (t) => {
  const { ring } = openRing(t)
  const kind = (type: string): { tag: number; type: string } => ({ tag: 1, type })
  t.throws(() => ring.as('absent'), { code: 'ERR_EBPF_NOT_FOUND', message: /no type "absent".*RING_RECORD/ })
  t.throws(() => ring.as('struct absent'), { code: 'ERR_EBPF_NOT_FOUND', message: /no type "struct absent".*RING_/ })
  t.throws(() => ring.as('union numbered'), {
    code: 'ERR_EBPF_NOT_FOUND',
    message: /^The object has no type "union numbered"\. It has "numbered", of another kind: leave the keyword out\.$/,
  })
  t.throws(() => ring.as({ tag: 'absent', kinds: { exec: kind('exec_event') } }), {
    any: true,
    code: 'ERR_INVALID_ARG_VALUE',
  })
  t.throws(() => ring.as({ tag: 'comm', kinds: { exec: kind('exec_event') } }), { any: true, code: 'ERR_OUT_OF_RANGE' })
  const apart = { exec: kind('exec_event'), numbered: { tag: 2, type: 'numbered' } }
  t.throws(() => ring.as({ tag: 'kind', kinds: apart }), { any: true, code: 'ERR_INVALID_ARG_VALUE' })
  t.throws(() => ring.as({ tag: 'kind', kinds: {} }), { any: true, code: 'ERR_INVALID_ARG_VALUE' })
})
