// `CgroupSkb`: loading, unloading, and what the kernel then says about the program.
import test from 'ava'
import { CgroupSkb, CgroupSkbAttachType, EbpfError } from 'ayajs'
import { idBehind, showProgram } from '../../helpers/bpftool.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { loaded, mapOf, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

/** Both ways to load, under one set of tests. */
const ways: readonly { name: string; load: (program: CgroupSkb) => Promise<void> }[] = [
  { name: 'load', load: async (program) => program.load() },
  { name: 'loadAsync', load: (program) => program.loadAsync() },
]

for (const { name, load } of ways) {
  test(`CgroupSkb.${name} loads the program into the kernel`, async (t) => {
    const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
    await load(program)
    const shown = showProgram(program.info().id)
    t.is(shown?.type, 'cgroup_skb')
    t.is(shown?.name, 'count_egress')
  })

  test(`CgroupSkb.${name} throws ERR_EBPF_ALREADY_LOADED the second time, and leaves the program loaded`, async (t) => {
    const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
    await load(program)
    const { id } = program.info()
    await t.throwsAsync(load(program), { code: 'ERR_EBPF_ALREADY_LOADED', message: /"count_egress"/ })
    t.is(program.info().id, id)
  })

  test(`CgroupSkb.${name} loads again after unload, as a new program`, async (t) => {
    const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
    await load(program)
    const first = program.info()
    program.unload()
    await load(program)
    const second = program.info()
    t.not(second.id, first.id)
    t.is(second.tag, first.tag)
    t.deepEqual(second.mapIds, first.mapIds)
  })

  const refused = [
    { program: 'bad_access', errnoName: 'EACCES', log: /invalid access to packet/ },
    { program: 'endless_loop', errnoName: 'EINVAL', log: /infinite loop detected/ },
    { program: 'bad_return', errnoName: 'EINVAL', log: /R0/ },
  ]

  for (const { program: which, errnoName, log } of refused) {
    test(`CgroupSkb.${name} throws ERR_EBPF_LOAD with the verifier's log for ${which}`, async (t) => {
      const bpf = openFixture(t, 'refused')
      const program = CgroupSkb.tryFrom(bpf.program(which))
      const error = await t.throwsAsync(load(program), { instanceOf: EbpfError, code: 'ERR_EBPF_LOAD' })
      t.like(error, { syscall: 'BPF_PROG_LOAD', errnoName, program: which })
      t.regex((error as EbpfError).verifierLog ?? '', log)
      t.regex(error?.message ?? '', log)
      t.is(program.asRawFd(), null)
      loaded(bpf, 'fine')
    })
  }
}

test('CgroupSkb.unload frees the program and detaches the links that it owns', async (t) => {
  const cgroup = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  program.attach(cgroup.path, CgroupSkbAttachType.Egress)
  const { id } = program.info()
  program.unload()
  t.is(program.asRawFd(), null)
  t.true(await until(() => showProgram(id) === null))
  t.throws(() => program.unload(), { code: 'ERR_EBPF_NOT_LOADED' })
})

test('CgroupSkb.unload leaves the other programs of the object loaded', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const [program, other] = [loaded(bpf, 'count_egress'), loaded(bpf, 'count_ingress')]
  program.unload()
  t.is(showProgram(other.info().id)?.name, 'count_ingress')
})

const directions = [
  { section: 'cgroup_skb/egress', program: 'count_egress', expected: CgroupSkbAttachType.Egress },
  { section: 'cgroup_skb/ingress', program: 'count_ingress', expected: CgroupSkbAttachType.Ingress },
  { section: 'cgroup/skb', program: 'count_any', expected: null },
]

for (const { section, program: name, expected } of directions) {
  test(`CgroupSkb.expectedAttachType is ${expected} for section ${section}, loaded or not`, (t) => {
    const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program(name))
    t.is(program.expectedAttachType(), expected)
    program.load()
    t.is(program.expectedAttachType(), expected)
  })
}

test('CgroupSkb.programType and program.programType are the name of aya', (t) => {
  const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
  t.is(CgroupSkb.programType, 'CgroupSkb')
  t.is(program.programType, 'CgroupSkb')
  t.is(program.kind, 'CgroupSkb')
})

test('CgroupSkb.info says what bpftool says', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const info = loaded(bpf, 'count_egress').info()
  const shown = showProgram(info.id)
  t.deepEqual(
    {
      id: info.id,
      name: info.name,
      tag: info.tag,
      gpl_compatible: info.gplCompatible,
      uid: info.createdByUid,
      bytes_xlated: info.sizeTranslated,
      bytes_jited: info.sizeJitted,
      map_ids: info.mapIds,
      btf_id: info.btfId,
    },
    {
      id: shown?.id,
      name: shown?.name,
      tag: shown?.tag,
      gpl_compatible: shown?.gpl_compatible,
      uid: shown?.uid,
      bytes_xlated: shown?.bytes_xlated,
      bytes_jited: shown?.bytes_jited ?? 0,
      map_ids: shown?.map_ids,
      btf_id: shown?.btf_id,
    },
  )
  t.is(info.programType, 'CgroupSkb')
  t.is(info.createdByUid, process.getuid?.() ?? NaN)
  t.regex(info.tag, /^[0-9a-f]{16}$/)
  t.deepEqual(info.mapIds, [mapOf(bpf, 'packets').info().id])
  t.is(typeof info.runTimeNs, 'bigint')
  t.is(typeof info.runCount, 'bigint')
})

test('CgroupSkb.info tells when the program was loaded, as bpftool does', (t) => {
  const { id, loadedAt } = loaded(openFixture(t, 'cgroup_skb'), 'count_egress').info()
  const loadedAtSeconds = showProgram(id)?.loaded_at ?? 0
  t.true(Math.abs(loadedAt.getTime() / 1000 - loadedAtSeconds) < 60, `${loadedAt.toISOString()}, ${loadedAtSeconds}`)
})

test('CgroupSkb.fd is an open descriptor of the program; asRawFd is the same', (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  t.is(program.asRawFd(), program.fd())
  t.is(idBehind(program.fd()), program.info().id)
})

test('CgroupSkb.fd throws ERR_EBPF_NOT_LOADED before load and after unload, asRawFd is null', (t) => {
  const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
  const isNotLoaded = (): void => {
    t.throws(() => program.fd(), { instanceOf: EbpfError, code: 'ERR_EBPF_NOT_LOADED', message: /"count_egress"/ })
    t.throws(() => program.info(), { code: 'ERR_EBPF_NOT_LOADED' })
    t.is(program.asRawFd(), null)
  }
  isNotLoaded()
  program.load()
  program.unload()
  isNotLoaded()
})
