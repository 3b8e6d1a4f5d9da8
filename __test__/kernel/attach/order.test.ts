// The order of attachments on one cgroup: by anchors of the same kind, and across kinds without one.
import test from 'ava'
import type { AttachOptions, CgroupSkb, CgroupSkbLink, LinkAnchor } from 'ayajs'
import { attach, closedAtEnd, idOf, idsFor, idsOn, untilEnd } from '../../helpers/attachments.ts'
import { attachedIds } from '../../helpers/bpftool.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { openSequence } from '../../helpers/sequence.ts'

leaveNothingBehind(test)

/** An attachment that is there already. */
interface Present {
  readonly link: CgroupSkbLink
  readonly program: CgroupSkb
}

/** Where a third one goes beside a first and a second, which were attached in this order; and what the packet then runs. */
type Place = [title: string, options: (first: Present, second: Present) => AttachOptions, ran: string]

const amongLinks: readonly Place[] = [
  ['without an order comes last', () => ({}), '123'],
  ["with order 'last' comes last", () => ({ order: 'last' }), '123'],
  ["with order 'first' comes first", () => ({ order: 'first' }), '312'],
  ['before the first link', (first) => ({ order: { before: first.link } }), '312'],
  ['before the second link', (_, second) => ({ order: { before: second.link } }), '132'],
  ['after the first link', (first) => ({ order: { after: first.link } }), '132'],
  ['after the second link', (_, second) => ({ order: { after: second.link } }), '123'],
  ['before the id of the second link', (_, second) => ({ order: { before: linkId(second) } }), '132'],
  ['after the id of the first link', (first) => ({ order: { after: linkId(first) } }), '132'],
]

const amongPrograms: readonly Place[] = [
  ['without an order comes last', () => 'AllowMultiple', '123'],
  ["with order 'last' comes last", () => ({ mode: 'AllowMultiple', order: 'last' }), '123'],
  ["with order 'first' comes first", () => ({ mode: 'AllowMultiple', order: 'first' }), '312'],
  ['before the first program', (first) => multiple({ before: first.program }), '312'],
  ['before the second program', (_, second) => multiple({ before: second.program }), '132'],
  ['after the first program', (first) => multiple({ after: first.program }), '132'],
  ['after the second program', (_, second) => multiple({ after: second.program }), '123'],
  ['before the id of the second program', (_, second) => multiple({ before: programId(second) }), '132'],
  ['after the id of the first program', (first) => multiple({ after: programId(first) }), '132'],
]

const kinds = [
  { newcomer: 'a link', others: {}, places: amongLinks },
  { newcomer: 'AllowMultiple', others: 'AllowMultiple', places: amongPrograms },
] as const

for (const { newcomer, others, places } of kinds) {
  for (const [title, options, ran] of places) {
    testIf('cgroup-order')(`${newcomer} ${title}`, async (t) => {
      const cgroup = makeCgroup(t)
      const { programs, ranIn } = openSequence(t)
      const [first, second, third] = programs
      const present = (program: CgroupSkb): Present => ({ program, link: attach(t, program, cgroup.path, others) })
      attach(t, third, cgroup.path, options(present(first), present(second)))
      t.is(await ranIn(cgroup), ran)
    })
  }
}

/** A third one beside a link 1 and a program 2. */
const acrossKinds: readonly [newcomer: string, options: AttachOptions, ran: string][] = [
  ["A link with order 'first'", { order: 'first' }, '312'],
  ["A link with order 'last'", { order: 'last' }, '123'],
  ["AllowMultiple with order 'first'", { mode: 'AllowMultiple', order: 'first' }, '312'],
  ["AllowMultiple with order 'last'", { mode: 'AllowMultiple', order: 'last' }, '123'],
]

for (const [newcomer, options, ran] of acrossKinds) {
  testIf('cgroup-order')(`${newcomer} goes beyond all others, whatever their kind`, async (t) => {
    const cgroup = makeCgroup(t)
    const { programs, ranIn } = openSequence(t)
    attach(t, programs[0], cgroup.path)
    attach(t, programs[1], cgroup.path, 'AllowMultiple')
    attach(t, programs[2], cgroup.path, options)
    t.is(await ranIn(cgroup), ran)
  })
}

testIf('cgroup-order')('an anchor among links stays where it is when a program goes between', async (t) => {
  const cgroup = makeCgroup(t)
  const { programs, ranIn } = openSequence(t)
  const [one, two, three, four] = programs
  const link = attach(t, one, cgroup.path)
  attach(t, two, cgroup.path, 'AllowMultiple')
  attach(t, three, cgroup.path, { order: { after: link } })
  attach(t, four, cgroup.path, { mode: 'AllowMultiple', order: { before: two } })
  t.is(await ranIn(cgroup), '1342')
})

testIf('cgroup-order')('An `FdLink` and a `PinnedLink` are anchors, as any link', (t) => {
  const { path } = makeCgroup(t)
  const [one, two, three, four] = openSequence(t).programs
  const fdLink = untilEnd(t, attach(t, one, path).toFdLink())
  const pinned = closedAtEnd(
    t,
    attach(t, two, path)
      .toFdLink()
      .pin(`${makePinDirectory(t)}/link`),
  )
  attach(t, three, path, { order: { before: fdLink } })
  attach(t, four, path, { order: { after: pinned } })
  t.deepEqual(idsOn(path), [three, one, two, four].map(idOf))
})

testIf('cgroup-order')('queryCgroup and bpftool give the programs in the order of running', (t) => {
  const { path } = makeCgroup(t)
  const [one, two, three, four] = openSequence(t).programs
  const last = attach(t, one, path)
  attach(t, two, path, { order: 'first' })
  attach(t, three, path, { order: { before: last } })
  attach(t, four, path, { mode: 'AllowMultiple', order: 'first' })
  const expected = [four, two, three, one].map(idOf)
  t.deepEqual(idsOn(path), expected)
  t.deepEqual(idsFor(path), expected)
  t.deepEqual(attachedIds(path), expected)
})

testIf('cgroup-order')('The order holds in each direction by itself', (t) => {
  const { path } = makeCgroup(t)
  const [one, two] = openSequence(t).programs
  attach(t, one, path)
  attach(t, two, path, { order: 'first' })
  const ingress: LinkAnchor[] = [one, two].map((program) => untilEnd(t, program.attachLink(path, 'Ingress')))
  t.is(ingress.length, 2)
  t.deepEqual(attachedIds(path, 'egress'), [two, one].map(idOf))
  t.deepEqual(attachedIds(path, 'ingress'), [one, two].map(idOf))
})

function multiple(
  order: { before: CgroupSkb | { programId: number } } | { after: CgroupSkb | { programId: number } },
): AttachOptions {
  return { mode: 'AllowMultiple', order }
}

function linkId({ link }: Present): { linkId: number } {
  return { linkId: link.info().id ?? 0 }
}

function programId({ program }: Present): { programId: number } {
  return { programId: idOf(program) }
}
