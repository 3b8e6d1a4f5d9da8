// The tables of docs/attach.md, cell by cell: what becomes of two programs on one cgroup, and on two of which one is below.
import test from 'ava'
import { queryCgroup, type CgroupSkb, type EbpfError } from 'ayajs'
import { tableBelow, type Cell } from '../../helpers/attach-document.ts'
import { attach, counting, idOf, idsFor, idsOn, optionsFor, ways, type Way } from '../../helpers/attachments.ts'
import { showCgroup } from '../../helpers/bpftool.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { openSequence } from '../../helpers/sequence.ts'

leaveNothingBehind(test)

/** The two cgroups of a cell: of the one that is there already, and of the newcomer. */
const tables = [
  { heading: 'Several programs on one cgroup', how: 'beside', from: 0, to: 0 },
  { heading: 'A cgroup below', how: 'below', from: 0, to: 1 },
  { heading: 'A cgroup above', how: 'above', from: 1, to: 0 },
] as const

for (const { heading, how, from, to } of tables) {
  const cells = tableBelow(heading)

  test(`the table "${heading}" has every pair of ways`, (t) => {
    const pairs = ways.flatMap((present) => ways.map((newcomer) => `${present} ${newcomer}`))
    t.deepEqual(cells.map(({ present, newcomer }) => `${present} ${newcomer}`).sort(), pairs.sort())
  })

  for (const cell of cells) {
    const { present, newcomer, outcome } = cell as Cell & { present: Way; newcomer: Way }
    test(`${newcomer} ${how} ${present}: ${outcome}`, (t) => {
      const above = makeCgroup(t)
      const cgroups = [above.path, makeCgroup(t, above.path).path] as const
      const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
      const first = attach(t, one, cgroups[from], optionsFor(present))
      const came = (): unknown => attach(t, other, cgroups[to], optionsFor(newcomer))
      const runs = (): readonly number[] => idsFor(cgroups[Math.max(from, to) as 0 | 1])
      if (outcome === 'refused') {
        const error = t.throws<EbpfError>(came, { code: 'ERR_EBPF_ATTACH' })
        t.is(error?.errnoName, 'EPERM')
        t.deepEqual(runs(), [idOf(one)])
        t.true(first.attached)
        return
      }
      came()
      // Those of the cgroup below run first.
      const [lower, upper] = from > to ? [one, other] : [other, one]
      const expected: Record<string, readonly CgroupSkb[]> = {
        replaces: [other],
        'both run': how === 'beside' ? [one, other] : [lower, upper],
        'the one below runs': [lower],
      }
      t.deepEqual(runs(), expected[outcome]?.map(idOf))
      t.is(first.attached, outcome !== 'replaces')
    })
  }
}

const modesInWords = {
  link: 'AllowMultiple',
  Single: 'Single',
  AllowOverride: 'AllowOverride',
  AllowMultiple: 'AllowMultiple',
}
const flagsOfBpftool = { link: 'multi', Single: '', AllowOverride: 'override', AllowMultiple: 'multi' }

for (const way of ways) {
  testIf('cgroup-program-flags')(
    `What is attached by ${way} is what the kernel has: queryCgroup and bpftool show it`,
    (t) => {
      const { path } = makeCgroup(t)
      const [program] = counting(t, 1) as [CgroupSkb]
      const link = attach(t, program, path, optionsFor(way))
      t.is(link.kind, way === 'link' ? 'link' : 'program')
      t.deepEqual(queryCgroup(path, 'Egress').programs, [
        { id: idOf(program), mode: modesInWords[way] as Way as never },
      ])
      t.deepEqual(
        showCgroup(path).map(({ attach_flags }) => attach_flags),
        [flagsOfBpftool[way]],
      )
    },
  )

  test(`A cgroup takes any way again when ${way} has been detached`, (t) => {
    const { path } = makeCgroup(t)
    const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    for (const next of ways) {
      attach(t, one, path, optionsFor(way)).detach()
      attach(t, other, path, optionsFor(next)).detach()
    }
    t.deepEqual(idsOn(path), [])
  })
}

test('`attach(cgroup, direction, mode)` and `attach(cgroup, direction, { mode })` are the same', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  attach(t, one, path, 'Single')
  attach(t, other, path, { mode: 'Single' })
  t.deepEqual(queryCgroup(path, 'Egress').programs, [{ id: idOf(other), mode: 'Single' }])
})

test('The nearest cgroup above that has a program decides for those below', (t) => {
  const outer = makeCgroup(t)
  const middle = makeCgroup(t, outer.path)
  const inner = makeCgroup(t, middle.path)
  const [one, two, three] = counting(t, 3) as [CgroupSkb, CgroupSkb, CgroupSkb]
  attach(t, one, middle.path, 'AllowMultiple')
  attach(t, two, outer.path, 'Single')
  attach(t, three, inner.path)
  t.deepEqual(idsFor(inner.path), [three, one].map(idOf))
})

test('A program may be attached once as `AllowMultiple` and any number of times by links', async (t) => {
  const cgroup = makeCgroup(t)
  const { programs, ranIn } = openSequence(t)
  const [one] = programs
  attach(t, one, cgroup.path, 'AllowMultiple')
  attach(t, one, cgroup.path)
  attach(t, one, cgroup.path)
  t.throws(() => one.attach(cgroup.path, 'Egress', 'AllowMultiple'), { code: 'ERR_EBPF_ATTACH' })
  t.is(await ranIn(cgroup), '111')
})

const onPackets = [
  { title: 'a replaced program does not run', here: 'Single', below: null, ran: '2' },
  {
    title: 'a program above that may be overridden does not run for the cgroup below',
    here: 'AllowOverride',
    below: 'Single',
    ran: '2',
  },
  { title: 'programs beside and below all run', here: 'AllowMultiple', below: 'link', ran: '21' },
] as const

for (const { title, here, below, ran } of onPackets) {
  test(`seen by packets: ${title}`, async (t) => {
    const above = makeCgroup(t)
    const cgroup = makeCgroup(t, above.path)
    const { programs, ranIn } = openSequence(t)
    attach(t, programs[0], above.path, optionsFor(here))
    attach(t, programs[1], below === null ? above.path : cgroup.path, optionsFor(below ?? here))
    t.is(await ranIn(cgroup), ran)
  })
}
