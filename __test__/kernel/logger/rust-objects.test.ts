// Objects that are written in Rust: whatever works for those in C works for them, with types and without.
import test from 'ava'
import { CgroupSkb, CgroupSkbAttachType, LpmTrie, RingBuf, type MapBase } from 'ayajs'
import { ayajs } from '../../helpers/cli.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { u64 } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { packet } from '../../helpers/rings.ts'
import { openRust, run, rustObject } from '../../helpers/rust-objects.ts'

leaveNothingBehind(test)

const bytes = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)

for (const name of ['maps', 'maps_no_btf']) {
  test(`maps of a section called maps can be used as those in C: ${name}`, (t) => {
    const bpf = openRust(t, name)
    t.is(run(bpf, 'touch', 2), 1)
    const map = (of: string): MapBase => bpf.map(of) ?? t.fail(`no map ${of}`) ?? (undefined as never)
    const key = bytes(packet.length)
    t.is(u64(map('ARRAY').asBytes().get(bytes(1))), 2n)
    for (const hash of ['HASH', 'LRU_HASH']) t.is(u64(map(hash).asBytes().get(key)), 1n, hash)
    t.is(map('PER_CPU_HASH').mapType, 'PerCpuHash')
    t.is(LpmTrie.tryFrom<Uint8Array, Uint8Array>(map('ROUTES')).get(Uint8Array.of(32, 0, 0, 0, 10, 0, 0, 7))?.[0], 20)
    t.deepEqual(RingBuf.tryFrom(map('EVENTS')).drain().decode(), [key, key])
    t.deepEqual(
      ['QUEUE', 'STACK', 'BLOOM', 'PER_CPU_ARRAY'].map((of) => map(of).mapType),
      ['Queue', 'Stack', 'BloomFilter', 'PerCpuArray'],
    )
  })
}

test('global variables of an object with types have values, whatever Rust wraps them in', (t) => {
  const bpf = openRust(t, 'maps', { globals: { STEP: 5n } })
  t.like(bpf.globals, { STEP: 5n, RUNS: 0n, LAST: 7 })
  run(bpf, 'touch', 3)
  t.like(bpf.globals, { RUNS: 3n, LAST: packet.length })
  t.is(u64(bpf.map('ARRAY')?.asBytes().get(bytes(1))), 15n)
  t.throws(() => openRust(t, 'maps', { globals: { STEP: 5 } }), { instanceOf: TypeError, message: /globals\.STEP/ })
})

test('global variables of an object without types are bytes', (t) => {
  const step = new Uint8Array(BigUint64Array.of(5n).buffer)
  const bpf = openRust(t, 'maps_no_btf', { globals: { STEP: step } })
  t.deepEqual(bpf.globals['STEP'], step)
  run(bpf, 'touch')
  t.is(u64(bpf.map('ARRAY')?.asBytes().get(bytes(1))), 5n)
  t.throws(() => openRust(t, 'maps_no_btf', { globals: { STEP: 5n } }), {
    message: /the object does not tell its type/,
  })
})

test('maps, records and globals have the types of the object where it declares its maps with them', (t) => {
  const bpf = openRust(t, 'typed', { globals: { STEP: 5n, LIMITS: { packets: 100, rate: 1.5 } } })
  run(bpf, 'record', 2)
  const key = { destination: Uint8Array.of(10, 0, 0, 1), port: 443, protocol: 6, is_reply: true }
  const entries = [...(bpf.map('FLOWS') as unknown as Iterable<unknown>)]
  t.deepEqual(entries, [[key, { packets: 5n, balance: -5, verdict: 1, ratio: 0.25 }]])
  t.deepEqual(RingBuf.tryFrom(bpf.map('EVENTS')).drain().decode(), [
    { key, length: packet.length },
    { key, length: packet.length },
  ])
  t.like(bpf.globals, { STEP: 5n, ENABLED: true, LIMITS: { packets: 100, rate: 1.5 }, RUNS: 2n, LAST: packet.length })
})

test('a program is attached, judges and is detached', async (t) => {
  const bpf = openRust(t, 'filter', { globals: { DENIED_PORT: 9 } })
  const program = CgroupSkb.tryFrom(bpf.program('egress'))
  program.load()
  t.is(program.expectedAttachType(), 'Egress')
  const id = program.attach(makeCgroup(t).path, CgroupSkbAttachType.Egress)
  program.detach(id)
  const udp = (port: number): Uint8Array => {
    const header = Uint8Array.from(packet)
    header[9] = 17
    return Uint8Array.of(...header, 0, 1, port >> 8, port & 255, 0, 8, 0, 0)
  }
  t.is(run(bpf, 'egress', 1, udp(9)), 0)
  t.is(run(bpf, 'egress', 1, udp(10)), 1)
  const [[destination, sent] = []] = bpf.map('SENT') as unknown as Iterable<[number, object]>
  t.is(destination, 0x7f000001)
  t.deepEqual(sent, { packets: 2n, bytes: 56n, denied: 1n })
})

for (const name of ['filter', 'logs', 'logs_no_btf', 'maps', 'maps_no_btf', 'typed']) {
  test(`ayajs inspect tells what is in an object: ${name}`, async (t) => {
    const { code, stdout } = await ayajs(['inspect', rustObject(name)])
    t.is(code, 0)
    t.regex(stdout, name.endsWith('_no_btf') ? /types \(BTF\) +no: .*Rust/ : /types \(BTF\) +yes/)
    t.regex(stdout, /CgroupSkb/)
  })
}

test('ayajs types says in words of Rust what an object without types lacks', async (t) => {
  const { code, stderr } = await ayajs(['types', rustObject('logs_no_btf'), '-o', '-'])
  t.is(code, 1)
  t.regex(stderr, /no type information \(BTF\).*Rust.*debug = 2.*--btf/s)
})
