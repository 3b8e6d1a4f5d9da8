// `CgroupSkb.testRun`: a program run on a packet of ours, without any network.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { CgroupSkb, EbpfError } from 'ayajs'
import { counted, loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

const versions = [4, 6] as const

/** As many bytes, with the version of IP where it belongs, and something in the rest. */
function packetOf(version: number, length: number): Uint8Array {
  const packet = Uint8Array.from({ length }, (_, index) => index & 0xff)
  packet[0] = (version << 4) | 5
  return packet
}

for (const version of versions) {
  test(`CgroupSkb.testRun shows the program an IPv${version} packet without the Ethernet header that is added`, (t) => {
    // Returns 1 for packets of 42 bytes, and 0 for others.
    const program = loaded(openFixture(t, 'cgroup_skb'), 'length_verdict')
    for (const [length, verdict] of [
      [41, 0],
      [42, 1],
      [43, 0],
      [56, 0],
    ] as const) {
      t.is(program.testRun({ packet: packetOf(version, length) }).returnValue, verdict, `${length} bytes`)
    }
  })

  test(`CgroupSkb.testRun gives the IPv${version} packet back, from its IP header on`, (t) => {
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
    const packet = packetOf(version, 60)
    const { data } = program.testRun({ packet })
    t.deepEqual(data, packet)
    t.not(data.buffer, packet.buffer)
  })
}

for (const value of [0, 1, 2, 3]) {
  test(`CgroupSkb.testRun gives ${value} where the program returns ${value}`, (t) => {
    const globals = { verdict_value: new Uint8Array(Uint32Array.of(value).buffer) }
    const program = loaded(openFixture(t, 'cgroup_skb', { globals }), 'verdict')
    t.is(program.testRun({ packet: packetOf(4, 40) }).returnValue, value)
  })
}

test('CgroupSkb.testRun runs the program once, or as often as repeat says', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  const packet = packetOf(4, 40)
  t.true(program.testRun({ packet }).durationNs > 0)
  t.is(counted(bpf, 'count_egress'), 1)
  t.true(program.testRun({ packet, repeat: 1000 }).durationNs > 0)
  t.is(counted(bpf, 'count_egress'), 1001)
})

test('CgroupSkb.testRun takes a view into a larger buffer', (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'length_verdict')
  const larger = new Uint8Array(100)
  larger.set(packetOf(4, 42), 7)
  t.is(program.testRun({ packet: larger.subarray(7, 49) }).returnValue, 1)
})

const sizes = [
  { what: 'an IP header and nothing else', length: 20, code: undefined },
  { what: 'most of a page', length: 3000, code: undefined },
  { what: 'more than a page of memory', length: 65_536, code: 'ERR_EBPF_TEST_RUN' },
]

for (const { what, length, code } of sizes) {
  test(`CgroupSkb.testRun ${code === undefined ? 'takes' : `throws ${code} for`} ${what}`, (t) => {
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
    const run = (): unknown => program.testRun({ packet: packetOf(4, length) })
    if (code === undefined) t.notThrows(run)
    else {
      const error = t.throws(run, { instanceOf: EbpfError, code })
      t.like(error, { syscall: 'BPF_PROG_TEST_RUN', errnoName: 'EINVAL', program: 'count_egress' })
    }
  })
}

const wrong = [
  { what: 'an empty packet', options: { packet: new Uint8Array(0) }, type: RangeError, code: 'ERR_OUT_OF_RANGE' },
  {
    what: 'a packet of IP version 5',
    options: { packet: packetOf(5, 40) },
    type: RangeError,
    code: 'ERR_OUT_OF_RANGE',
  },
  { what: 'an Ethernet frame', options: { packet: new Uint8Array(54) }, type: RangeError, code: 'ERR_OUT_OF_RANGE' },
  { what: 'no packet', options: {}, type: TypeError, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'a string as packet', options: { packet: 'E' }, type: TypeError, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'no options', options: undefined, type: TypeError, code: 'ERR_INVALID_ARG_TYPE' },
  {
    what: 'an unknown option',
    options: { packet: packetOf(4, 40), repeats: 2 },
    type: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
  },
  ...[0, -1, 1.5, NaN, Infinity, 1_000_001, 2 ** 32 + 1].map((repeat) => {
    const options = { packet: packetOf(4, 40), repeat }
    return { what: `repeat ${repeat}`, options, type: RangeError, code: 'ERR_OUT_OF_RANGE' }
  }),
  {
    what: 'repeat as a string',
    options: { packet: packetOf(4, 40), repeat: '2' },
    type: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
  },
]

for (const { what, options, type, code } of wrong) {
  test(`CgroupSkb.testRun throws ${code} for ${what}, and runs nothing`, (t) => {
    const bpf = openFixture(t, 'cgroup_skb')
    const program = loaded(bpf, 'count_egress')
    t.throws(() => program.testRun(options as never), { instanceOf: type, code })
    t.is(counted(bpf, 'count_egress'), 0)
  })
}

test('CgroupSkb.testRun throws ERR_EBPF_NOT_LOADED before load', (t) => {
  const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
  t.throws(() => program.testRun({ packet: packetOf(4, 40) }), { code: 'ERR_EBPF_NOT_LOADED' })
})

test('CgroupSkb.testRun is not interrupted by signals', async (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const ignore = (): void => undefined
  process.on('SIGUSR2', ignore)
  const storm = spawn('sh', ['-c', `while kill -USR2 ${process.pid}; do :; done`], { stdio: 'ignore' })
  const over = once(storm, 'exit')
  t.teardown(async () => {
    storm.kill('SIGKILL')
    await over
    await sleep(20) // The last ones are on their way.
    process.off('SIGUSR2', ignore)
  })
  await sleep(20)
  for (let run = 0; run < 100; run++) t.notThrows(() => program.testRun({ packet: packetOf(4, 60), repeat: 1_000 }))
})
