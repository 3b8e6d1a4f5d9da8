// Options of loading: each does what it says, through `Ebpf.load` and its twins as through `EbpfLoader`.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Btf, CgroupSkb, Ebpf, EbpfError, EbpfLoader, VerifierLogLevel, type LoadOptions } from 'ayajs'
import { fixturePath, loaded, mapOf, u32Key, u64 } from '../helpers/fixtures.ts'
import { needs } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { doors, isStrict } from '../helpers/open.ts'

leaveNothingBehind(test)

const vmlinux = '/sys/kernel/btf/vmlinux'
const ipv4Packet = Uint8Array.from({ length: 42 }, (_, index) => (index === 0 ? 0x45 : 0))

for (const door of doors) {
  const { name } = door

  test(`${name} sets globals, for programs and in the map that holds them`, async (t) => {
    const globals = { marker: bytesOf(0x1122334455667788n), verdict_value: u32Key(0) }
    const bpf = await door.open(t, 'cgroup_skb', { globals })
    t.is(u64(mapOf(bpf, '.rodata').get(u32Key(0))), 0x1122334455667788n)
    t.is(loaded(bpf, 'verdict').testRun({ packet: ipv4Packet }).returnValue, 0)
  })

  test(`${name} sets globals that programs write`, async (t) => {
    const bpf = await door.open(t, 'maps', { globals: { step: bytesOf(40n), total: bytesOf(2n) } })
    loaded(bpf, 'use_maps').testRun({ packet: ipv4Packet })
    t.true(totals(bpf).includes(42n), String(totals(bpf)))
  })

  test(`${name} throws for a global that the object does not have, with the names of those that it has`, async (t) => {
    const open = door.open(t, 'cgroup_skb', { globals: { markers: bytesOf(1n) } })
    const error = await t.throwsAsync(open, { instanceOf: EbpfError, code: 'ERR_EBPF_NOT_FOUND' })
    t.regex(error?.message ?? '', /no global variable "markers".*\bmarker\b/)
  })

  for (const size of [0, 4, 9]) {
    test(`${name} throws a RangeError for a global of 8 bytes that is given ${size}`, async (t) => {
      const open = door.open(t, 'cgroup_skb', { globals: { marker: new Uint8Array(size) } })
      await t.throwsAsync(open, {
        instanceOf: RangeError,
        code: 'ERR_OUT_OF_RANGE',
        message: /"marker" must be 8 bytes/,
      })
    })
  }

  test(`${name} gives maps the room that mapMaxEntries says`, async (t) => {
    const bpf = await door.open(t, 'maps', { mapMaxEntries: { hash: 3, lru_hash: 1000 } })
    t.is(mapOf(bpf, 'hash').info().maxEntries, 3)
    t.is(mapOf(bpf, 'lru_hash').info().maxEntries, 1000)
    t.is(mapOf(bpf, 'array').info().maxEntries, 2)
    const program = loaded(bpf, 'use_maps')
    for (let length = 33; length <= 42; length++) program.testRun({ packet: ipv4Packet.slice(0, length) })
    t.is([...mapOf(bpf, 'hash').keys()].length, 3)
    t.is([...mapOf(bpf, 'lru_hash').keys()].length, 10)
  })

  test(`${name} throws ERR_EBPF_MAP for a map without room`, async (t) => {
    const open = door.open(t, 'maps', { mapMaxEntries: { hash: 0 } })
    const error = await t.throwsAsync(open, { instanceOf: EbpfError, code: 'ERR_EBPF_MAP' })
    t.like(error, { map: 'hash', syscall: 'BPF_MAP_CREATE', errnoName: 'EINVAL' })
  })

  test(`${name} makes a program an Extension that extensions names`, async (t) => {
    const bpf = await door.open(t, 'cgroup_skb', { extensions: ['count_egress'] })
    t.is(bpf.program('count_egress')?.kind, 'Extension')
    t.is(bpf.program('count_ingress')?.kind, 'CgroupSkb')
    t.throws(() => CgroupSkb.tryFrom(bpf.program('count_egress')), { code: 'ERR_EBPF_UNEXPECTED_PROGRAM_TYPE' })
  })

  const misses: readonly LoadOptions[] = [
    { mapMaxEntries: { packet: 5 } },
    { mapPinPath: { packet: '/sys/fs/bpf/ayajs-test-never' } },
    { extensions: ['count_egres'] },
  ]

  for (const options of misses) {
    const [option] = Object.keys(options)
    test(`${name} ${isStrict(door) ? 'throws ERR_EBPF_NOT_FOUND for' : 'ignores'} a name in ${option} that the object does not have`, async (t) => {
      const open = door.open(t, 'cgroup_skb', options)
      if (!isStrict(door)) t.deepEqual((await open).programs().length, 6)
      else await t.throwsAsync(open, { code: 'ERR_EBPF_NOT_FOUND', message: /It has: .*Did you mean/ })
    })
  }

  const levels = [
    { level: undefined, instructions: true, statistics: true },
    { level: VerifierLogLevel.Disable, instructions: false, statistics: false },
    { level: VerifierLogLevel.Debug, instructions: true, statistics: true },
    { level: VerifierLogLevel.Verbose, instructions: true, statistics: true },
    { level: VerifierLogLevel.Stats, instructions: false, statistics: true },
    { level: VerifierLogLevel.Verbose + VerifierLogLevel.Stats, instructions: true, statistics: true },
  ]

  for (const { level, instructions, statistics } of levels) {
    test(`${name} has the verifier log what verifierLogLevel ${level ?? 'left out'} says`, async (t) => {
      const bpf = await door.open(t, 'refused', level === undefined ? {} : { verifierLogLevel: level })
      const program = CgroupSkb.tryFrom(bpf.program('bad_access'))
      const { verifierLog = '' } = t.throws(() => program.load(), { code: 'ERR_EBPF_LOAD' }) as EbpfError
      t.is(/^\d+: \(\w\w\) /m.test(verifierLog), instructions, verifierLog)
      t.is(/^processed \d+ insns/m.test(verifierLog), statistics, verifierLog)
    })
  }

  const btfs: readonly { what: string; btf: () => Btf | null }[] = [
    { what: 'null', btf: () => null },
    { what: 'Btf.fromSysFs()', btf: () => Btf.fromSysFs() },
    { what: 'Btf.parseFile()', btf: () => Btf.parseFile(vmlinux) },
    { what: 'Btf.parse()', btf: () => Btf.parse(readFileSync(vmlinux)) },
  ]

  for (const { what, btf } of btfs) {
    test(`${name} opens an object that needs no relocation with ${what} as btf`, async (t) => {
      const bpf = await door.open(t, 'cgroup_skb', { btf: btf() })
      t.is(loaded(bpf, 'count_egress').info().name, 'count_egress')
    })
  }

  test(`${name} opens a map of a type that aya does not know only with allowUnsupportedMaps`, async (t) => {
    if (!needs(t, 'user-ring-buffer')) return
    const error = await t.throwsAsync(door.open(t, 'unsupported_map'), { instanceOf: EbpfError })
    t.like(error, { code: 'ERR_EBPF_UNSUPPORTED', map: 'commands' })
    t.regex(error?.message ?? '', /allowUnsupportedMaps/)
    const bpf = await door.open(t, 'unsupported_map', { allowUnsupportedMaps: true })
    t.is(mapOf(bpf, 'commands').mapType, 'UserRingBuf')
    loaded(bpf, 'pass')
  })
}

test('EbpfLoader opens several objects with the options that are set, each with maps of its own', (t) => {
  const loader = new EbpfLoader().mapMaxEntries('hash', 3)
  const [one, other] = [loader.loadFile(fixturePath('maps')), loader.loadFile(fixturePath('maps'))]
  t.deepEqual(
    [one, other].map((bpf) => mapOf(bpf, 'hash').info().maxEntries),
    [3, 3],
  )
  t.not(mapOf(one, 'hash').info().id, mapOf(other, 'hash').info().id)
  one.close()
  other.close()
})

test('EbpfLoader.loadFileAsync opens with the options of the moment of the call', async (t) => {
  const loader = new EbpfLoader().mapMaxEntries('hash', 3)
  const opening = loader.loadFileAsync(fixturePath('maps'))
  loader.mapMaxEntries('hash', 4)
  const bpf = await opening
  t.is(mapOf(bpf, 'hash').info().maxEntries, 3)
  bpf.close()
})

test('EbpfLoader.overrideGlobal ignores an absent variable that need not exist', (t) => {
  const loader = new EbpfLoader()
    .overrideGlobal('markers', bytesOf(1n), false)
    .overrideGlobal('marker', bytesOf(2n), false)
  const bpf = loader.loadFile(fixturePath('cgroup_skb'))
  t.is(u64(mapOf(bpf, '.rodata').get(u32Key(0))), 2n)
  bpf.close()
})

test('EbpfLoader.overrideGlobal, called twice for a variable, keeps the later value', (t) => {
  const loader = new EbpfLoader()
    .overrideGlobal('marker', bytesOf(1n), true)
    .overrideGlobal('marker', bytesOf(2n), true)
  const bpf = loader.loadFile(fixturePath('cgroup_skb'))
  t.is(u64(mapOf(bpf, '.rodata').get(u32Key(0))), 2n)
  bpf.close()
})

const noOptions: readonly { options: unknown; says: RegExp }[] = [
  { options: { mapMaxEntry: {} }, says: /Unknown option "mapMaxEntry".*did you mean "mapMaxEntries"/ },
  { options: { frobnicate: 1 }, says: /Unknown option "frobnicate".*known are: as, btf/ },
  { options: null, says: /"options"/ },
  { options: { mapMaxEntries: { packets: '7' } }, says: /"options.mapMaxEntries.packets"/ },
  { options: { mapMaxEntries: { packets: -1 } }, says: /"options.mapMaxEntries.packets"/ },
  { options: { mapMaxEntries: { packets: 2 ** 32 } }, says: /"options.mapMaxEntries.packets"/ },
  { options: { mapMaxEntries: { '.bss': 2 } }, says: /a section of global variables has one entry.*'\.bss'/ },
  { options: { mapMaxEntries: 7 }, says: /"options.mapMaxEntries"/ },
  { options: { mapPinPath: { packets: '' } }, says: /"options.mapPinPath.packets"/ },
  { options: { extensions: 'count_egress' }, says: /"options.extensions"/ },
  { options: { extensions: ['a\0b'] }, says: /"options.extensions"/ },
  { options: { verifierLogLevel: 8 }, says: /"options.verifierLogLevel"/ },
  { options: { allowUnsupportedMaps: 1 }, says: /"options.allowUnsupportedMaps"/ },
  { options: { btf: {} }, says: /"options.btf"/ },
  { options: { as: 1 }, says: /"options.as"/ },
]

for (const { options, says } of noOptions) {
  test(`Ebpf.loadFile and its twins throw before anything happens for options ${JSON.stringify(options)}`, async (t) => {
    const path = '/nonexistent'
    const error = t.throws(() => Ebpf.loadFile(path, options as LoadOptions), { message: says })
    t.regex((error as NodeJS.ErrnoException).code ?? '', /^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/)
    await t.throwsAsync(Ebpf.loadFileAsync(path, options as LoadOptions), { message: says })
  })
}

/** A 64-bit variable. */
function bytesOf(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer)
}

/** The variables in .bss, in whatever order the compiler chose. */
function totals(bpf: Ebpf): readonly bigint[] {
  const value = mapOf(bpf, '.bss').get(u32Key(0))
  return [u64(value, 0), u64(value, 1)]
}
