// `link.update`: another program in the place of the attached one, for links and for every mode.
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, type CgroupSkbLink, type EbpfError, type UpdateOptions } from 'ayajs'
import { attach, counting, idOf, idsFor, idsOn, optionsFor, untilEnd, ways } from '../../helpers/attachments.ts'
import { showLink } from '../../helpers/bpftool.ts'
import { makeCgroup, removeCgroup } from '../../helpers/cgroup.ts'
import { counted, loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { until } from '../../helpers/poll.ts'
import { startTraffic } from '../../helpers/traffic.ts'

leaveNothingBehind(test)

for (const way of ways) {
  test(`update of ${way} puts the other program in place`, (t) => {
    const { path, id } = makeCgroup(t)
    const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const link = attach(t, one, path, optionsFor(way))
    const before = link.info()
    link.update(other)
    t.deepEqual(link.info(), { ...before, programId: idOf(other) })
    t.is(link.info().cgroupId, id)
    t.true(link.attached)
    t.deepEqual(idsOn(path), [idOf(other)])
    if (before.id !== null) t.is(showLink(before.id)?.prog_id, idOf(other))
  })

  test(`update of ${way} with the expected program in place does it`, (t) => {
    const { path } = makeCgroup(t)
    const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const link = attach(t, one, path, optionsFor(way))
    link.update(other, { expected: one })
    const sameAsOther = CgroupSkb.fromProgramInfo(other.info(), 'other')
    t.teardown(() => sameAsOther.unload())
    link.update(one, { expected: sameAsOther })
    t.deepEqual(idsOn(path), [idOf(one)])
  })

  test(`update of ${way} with another program in place throws ERR_EBPF_CONFLICT, and changes nothing`, (t) => {
    const { path } = makeCgroup(t)
    const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const link = attach(t, one, path, optionsFor(way))
    const error = t.throws<EbpfError>(() => link.update(other, { expected: other }), { code: 'ERR_EBPF_CONFLICT' })
    t.regex(error?.message ?? '', /another program than the expected one.* Ask for the present state/)
    t.deepEqual(idsOn(path), [idOf(one)])
  })

  test(`update of ${way} with the same program changes nothing`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    const link = attach(t, program, path, optionsFor(way))
    link.update(program, { expected: program })
    t.deepEqual(idsOn(path), [idOf(program)])
  })

  test(`update of ${way} whose cgroup was removed throws ERR_EBPF_NOT_ATTACHED`, async (t) => {
    const cgroup = makeCgroup(t)
    const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const link = attach(t, one, cgroup.path, optionsFor(way))
    await removeCgroup(cgroup.path)
    t.true(await until(() => !link.attached))
    const error = t.throws<EbpfError>(() => link.update(other), { code: 'ERR_EBPF_NOT_ATTACHED' })
    t.regex(error?.message ?? '', /its cgroup has been removed/)
    t.is(link.info().programId, idOf(one))
  })

  test(`update of ${way} with a program that is not loaded, or whose object was closed, changes nothing`, (t) => {
    const { path } = makeCgroup(t)
    const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const link = attach(t, one, path, optionsFor(way))
    other.unload()
    t.throws(() => link.update(other), { code: 'ERR_EBPF_NOT_LOADED' })
    t.throws(() => link.update(one, { expected: other }), { code: 'ERR_EBPF_NOT_LOADED' })
    const bpf = openFixture(t, 'cgroup_skb')
    const closed = loaded(bpf, 'count_egress')
    bpf.close()
    t.throws(() => link.update(closed), { code: 'ERR_EBPF_CLOSED' })
    t.deepEqual(idsOn(path), [idOf(one)])
  })

  test(`update of ${way} for Ingress refuses a program that may return more than 0 and 1`, (t) => {
    const { path } = makeCgroup(t)
    const bpf = openFixture(t, 'cgroup_skb', { globals: { verdict_value: Uint8Array.of(2, 0, 0, 0) } })
    const [allowed, verdict] = [loaded(bpf, 'count_ingress'), loaded(bpf, 'verdict')]
    const link = untilEnd(t, allowed.attachLink(path, 'Ingress', optionsFor(way)))
    const error = t.throws<EbpfError>(() => link.update(verdict), { code: 'ERR_EBPF_ATTACH' })
    t.is(error?.errnoName, 'EINVAL')
    t.is(link.info().programId, idOf(allowed))
  })

  test(`update of ${way} keeps the place among the others, where there are any`, (t) => {
    const { path } = makeCgroup(t)
    const [one, two, three, newcomer] = counting(t, 4) as [CgroupSkb, CgroupSkb, CgroupSkb, CgroupSkb]
    const isAlone = way === 'Single' || way === 'AllowOverride'
    if (!isAlone) attach(t, one, path)
    const link = attach(t, two, path, optionsFor(way))
    if (!isAlone) attach(t, three, path, 'AllowMultiple')
    link.update(newcomer)
    t.deepEqual(idsFor(path), (isAlone ? [newcomer] : [one, newcomer, three]).map(idOf))
  })

  test(`update of ${way} keeps the program when its object is closed, until detach`, async (t) => {
    const cgroup = makeCgroup(t)
    const [one] = counting(t, 1) as [CgroupSkb]
    const link = attach(t, one, cgroup.path, optionsFor(way))
    const bpf = openFixture(t, 'cgroup_skb')
    const program = loaded(bpf, 'drop_egress')
    const id = idOf(program)
    link.update(program)
    bpf.close()
    const traffic = startTraffic(t, cgroup)
    t.deepEqual(await traffic.udp(2), { sent: 0, refused: 2, received: 0 })
    t.is(link.info().programId, id)
    link.detach()
    t.deepEqual(await traffic.udp(2), { sent: 2, refused: 0, received: 2 })
  })
}

test('update of AllowMultiple to a program that is attached there already throws ERR_EBPF_ATTACH, and changes nothing', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const link = attach(t, one, path, 'AllowMultiple')
  attach(t, other, path, 'AllowMultiple')
  t.throws(() => link.update(other), { code: 'ERR_EBPF_ATTACH' })
  t.deepEqual(idsOn(path), [one, other].map(idOf))
})

test('`FdLink` and `PinnedLink` have `update` as well', async (t) => {
  const cgroup = makeCgroup(t)
  const [bpf, other] = [openFixture(t, 'cgroup_skb'), openFixture(t, 'cgroup_skb')]
  const [one, two] = [loaded(bpf, 'count_egress'), loaded(other, 'count_egress')]
  const link = untilEnd(t, attach(t, one, cgroup.path).toFdLink())
  const traffic = startTraffic(t, cgroup)
  await traffic.udp(1)
  link.update(two, { expected: one })
  await traffic.udp(2)
  t.throws(() => link.update(one, { expected: one }), { code: 'ERR_EBPF_CONFLICT' })
  t.deepEqual([counted(bpf, 'count_egress'), counted(other, 'count_egress')], [1, 2])
})

type Wrong = [
  written: string,
  program: (one: CgroupSkb, link: CgroupSkbLink) => unknown,
  options: unknown,
  message: string,
]

const wrong: readonly Wrong[] = [
  [
    'no program',
    () => undefined,
    undefined,
    'The "program" argument must be an instance of CgroupSkb. Received undefined',
  ],
  [
    'a link',
    (_, link) => link,
    {},
    'The "program" argument must be an instance of CgroupSkb. Received an instance of CgroupSkbLink',
  ],
  [
    'an id',
    () => ({ programId: 1 }),
    {},
    'The "program" argument must be an instance of CgroupSkb. Received an instance of Object',
  ],
  ['options that are none', (one) => one, null, 'The "options" argument must be of type object. Received null'],
  [
    'an option that is none',
    (one) => one,
    { expect: 1 },
    'Unknown option "expect" in "options"; did you mean "expected"?',
  ],
  [
    'an expected id',
    (one) => one,
    { expected: 1 },
    'The "options.expected" argument must be an instance of CgroupSkb. Received 1',
  ],
]

for (const [written, program, options, message] of wrong) {
  test(`misuse: update with ${written}`, (t: ExecutionContext) => {
    const { path } = makeCgroup(t)
    const [one] = counting(t, 1) as [CgroupSkb]
    const links = [attach(t, one, path), untilEnd(t, attach(t, one, path).toFdLink())]
    for (const link of links) {
      const given = program(one, link as CgroupSkbLink) as CgroupSkb
      if (written === 'a link' && link !== links[0]) continue
      t.throws(() => link.update(given, options as UpdateOptions), { instanceOf: TypeError, message })
    }
  })
}

test('a program of another kind is no program for update', (t) => {
  const { path } = makeCgroup(t)
  const [one] = counting(t, 1) as [CgroupSkb]
  const xdp = openFixture(t, 'kinds').program('xdp_pass')
  t.throws(() => attach(t, one, path).update(xdp as unknown as CgroupSkb), { code: 'ERR_INVALID_ARG_TYPE' })
})
