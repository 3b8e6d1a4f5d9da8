// `CgroupSkb.tryFrom`, and what programs and links show of themselves.
import { inspect } from 'node:util'
import test from 'ava'
import {
  Btf,
  CgroupSkb,
  CgroupSkbAttachType,
  CgroupSkbLink,
  CgroupSkbLinkId,
  Ebpf,
  EbpfError,
  MapBase,
  Program,
} from 'ayajs'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

test('CgroupSkb.tryFrom gives the program itself', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const program = CgroupSkb.tryFrom(bpf.program('count_egress'))
  t.true(program instanceof CgroupSkb)
  t.is<Program | null, Program | null>(program, bpf.program('count_egress'))
  t.is(CgroupSkb.tryFrom(program), program)
})

test('CgroupSkb.tryFrom throws ERR_EBPF_UNEXPECTED_PROGRAM_TYPE that names both kinds', (t) => {
  const program = openFixture(t, 'kinds').program('xdp_pass')
  t.false(program instanceof CgroupSkb)
  const error = t.throws(() => CgroupSkb.tryFrom(program), { code: 'ERR_EBPF_UNEXPECTED_PROGRAM_TYPE' })
  t.like(error, { program: 'xdp_pass', expected: 'CgroupSkb', actual: 'Xdp' })
  t.regex(error?.message ?? '', /"xdp_pass" is of kind Xdp, not CgroupSkb/)
})

test('CgroupSkb.tryFrom throws ERR_EBPF_NOT_FOUND that lists the names, after a lookup that found nothing', (t) => {
  const bpf = openFixture(t, 'refused')
  const error = t.throws(() => CgroupSkb.tryFrom(bpf.program('bad_acess')), {
    instanceOf: EbpfError,
    code: 'ERR_EBPF_NOT_FOUND',
  })
  t.is(
    error?.message,
    'The object has no program "bad_acess". It has: bad_access, bad_return, endless_loop, fine. Did you mean "bad_access"?',
  )
  t.regex(error?.stack ?? '', /try-from\.test\.ts/)
})

test('CgroupSkb.tryFrom throws ERR_EBPF_NOT_FOUND for a null that comes from nowhere', async (t) => {
  t.is(openFixture(t, 'refused').program('typo'), null)
  await Promise.resolve()
  const error = t.throws(() => CgroupSkb.tryFrom(null), { code: 'ERR_EBPF_NOT_FOUND' })
  t.notRegex(error?.message ?? '', /typo/)
})

const noPrograms = [undefined, {}, 'count_egress', 7, Object.create(null) as object]

for (const value of noPrograms) {
  test(`CgroupSkb.tryFrom throws a TypeError for ${inspect(value)}`, (t) => {
    t.throws(() => CgroupSkb.tryFrom(value as Program), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  })
}

const constructors = [Btf, CgroupSkb, CgroupSkbLink, CgroupSkbLinkId, Ebpf, MapBase, Program]

for (const constructor of constructors) {
  test(`new ${constructor.name}() throws ERR_ILLEGAL_CONSTRUCTOR`, (t) => {
    for (const argument of [undefined, null, {}, 7]) {
      t.throws(() => new constructor(argument as never), { instanceOf: TypeError, code: 'ERR_ILLEGAL_CONSTRUCTOR' })
    }
  })
}

test('inspect of a CgroupSkb shows name, kind, state and links, in every state', (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const program = CgroupSkb.tryFrom(bpf.program('count_egress'))
  const shown = (): string => inspect(program, { breakLength: Infinity, compact: true })
  const states = (state: string, rest: string): string =>
    `CgroupSkb { name: 'count_egress', kind: 'CgroupSkb', state: '${state}', ${rest} }`
  t.is(shown(), states('not loaded', "expectedAttachType: 'Egress', links: 0"))
  program.load()
  const linkId = program.attach(path, CgroupSkbAttachType.Egress)
  program.attach(path, CgroupSkbAttachType.Egress)
  t.is(shown(), states('loaded', "expectedAttachType: 'Egress', links: 2"))
  program.detach(linkId)
  t.is(shown(), states('loaded', "expectedAttachType: 'Egress', links: 1"))
  program.unload()
  t.is(shown(), states('not loaded', "expectedAttachType: 'Egress', links: 0"))
  bpf.close()
  t.is(shown(), "CgroupSkb { name: 'count_egress', kind: 'CgroupSkb', state: 'closed' }")
})

test('inspect of an Ebpf shows its programs and maps by name and kind, and never the bytecode', (t) => {
  const bpf = openFixture(t, 'kinds')
  const text = inspect(bpf, { depth: Infinity, maxArrayLength: Infinity, showHidden: true })
  t.regex(text, /'Xdp\(xdp_pass\)'/)
  t.true(text.length < 2000, text)
  bpf.close()
  t.is(inspect(bpf), "Ebpf { state: 'closed' }")
})

test('inspect of a program shows no bytecode, whatever is asked for', (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const text = inspect(program, { depth: Infinity, showHidden: true, maxArrayLength: Infinity })
  t.true(text.length < 400, text)
  t.notRegex(text, /Buffer|Uint8Array|instructions/)
})

test('inspect of a CgroupSkbLink shows whether and where it is attached', (t) => {
  const cgroup = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const link = program.attachLink(cgroup.path, CgroupSkbAttachType.Egress)
  const { id } = link.info()
  t.is(
    inspect(link, { breakLength: Infinity, compact: true }),
    `CgroupSkbLink { kind: 'link', id: ${id}, programId: ${program.info().id}, cgroupId: ${cgroup.id}n, attachType: 'Egress' }`,
  )
  link.detach()
  t.is(inspect(link), "CgroupSkbLink { kind: 'link', state: 'closed' }")
})

test('String of a program is its kind and name, loaded or closed', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const program = bpf.program('count_egress')
  t.is(String(program), 'CgroupSkb(count_egress)')
  bpf.close()
  t.is(String(program), 'CgroupSkb(count_egress)')
})
