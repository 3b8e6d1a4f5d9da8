// Detaching ends what is ours, and never what somebody else has attached in its place.
import { unlinkSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import type { CgroupSkb, CgroupSkbLink, CgroupSkbLinkId } from 'ayajs'
import { attach, counting, idOf, idsOn, stranger, untilEnd, type Way } from '../../helpers/attachments.ts'
import { bpftool } from '../../helpers/bpftool.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

type Mode = Exclude<Way, 'link'>

/** What somebody else makes of our attachment, and what is attached then. */
const turns: readonly {
  readonly title: string
  readonly mode: Mode
  readonly turn: (t: ExecutionContext, ours: CgroupSkb, theirs: CgroupSkb, cgroup: string) => void
  /** Whether `theirs` is attached afterwards. */
  readonly stays: boolean
}[] = [
  ...(['Single', 'AllowOverride'] as const).map((mode) => ({
    title: `${mode} that was replaced`,
    mode,
    turn: (t: ExecutionContext, _: CgroupSkb, theirs: CgroupSkb, cgroup: string) =>
      stranger.attach(t, theirs, cgroup, mode),
    stays: true,
  })),
  ...(['Single', 'AllowOverride', 'AllowMultiple'] as const).flatMap((mode) => [
    {
      title: `${mode} that was detached`,
      mode,
      turn: (_: ExecutionContext, ours: CgroupSkb, __: CgroupSkb, cgroup: string) => stranger.detach(ours, cgroup),
      stays: false,
    },
    ...(['Single', 'AllowOverride', 'AllowMultiple'] as const).map((theirMode) => ({
      title: `${mode} that was detached before another program came as ${theirMode}`,
      mode,
      turn: (t: ExecutionContext, ours: CgroupSkb, theirs: CgroupSkb, cgroup: string) => {
        stranger.detach(ours, cgroup)
        stranger.attach(t, theirs, cgroup, theirMode)
      },
      stays: true,
    })),
  ]),
]

for (const { title, mode, turn, stays } of turns) {
  test(`Detaching ${title} throws ERR_EBPF_NOT_ATTACHED, and leaves the other`, (t) => {
    const { path } = makeCgroup(t)
    const [ours, theirs] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const link = attach(t, ours, path, mode)
    turn(t, ours, theirs, path)
    t.false(link.attached)
    const now = stays
      ? `program ${idOf(theirs)} is attached there now, and is left alone`
      : 'nothing is attached there now'
    t.throws(() => link.detach(), {
      code: 'ERR_EBPF_NOT_ATTACHED',
      message: `Program ${idOf(ours)} is not attached any more: ${now}. If it is wanted still, attach the program again.`,
    })
    t.true(link.closed)
    t.throws(() => link.detach(), { code: 'ERR_EBPF_CLOSED' })
    t.deepEqual(idsOn(path), stays ? [idOf(theirs)] : [])
  })
}

const ends: Record<string, (program: CgroupSkb, link: CgroupSkbLinkId) => void> = {
  'CgroupSkb.detach': (program, linkId) => program.detach(linkId),
  'CgroupSkb.unload': (program) => program.unload(),
}

for (const [name, end] of Object.entries(ends)) {
  for (const mode of ['Single', 'AllowMultiple'] as const) {
    test(`${name} leaves a program that came as Single after ours, ${mode}, had been detached`, (t) => {
      const { path } = makeCgroup(t)
      const [ours, theirs] = counting(t, 2) as [CgroupSkb, CgroupSkb]
      const linkId = ours.attach(path, 'Egress', mode)
      stranger.detach(ours, path)
      stranger.attach(t, theirs, path, 'Single')
      if (name === 'CgroupSkb.detach') t.throws(() => end(ours, linkId), { code: 'ERR_EBPF_NOT_ATTACHED' })
      else t.notThrows(() => end(ours, linkId))
      t.deepEqual(idsOn(path), [idOf(theirs)])
    })
  }
}

test('A program of ours that somebody else has attached again in another way is left alone', (t) => {
  const { path } = makeCgroup(t)
  const [ours] = counting(t, 1) as [CgroupSkb]
  const link = attach(t, ours, path, 'Single')
  stranger.detach(ours, path)
  const again = attach(t, ours, path)
  t.false(link.attached)
  t.throws(() => link.detach(), { code: 'ERR_EBPF_NOT_ATTACHED' })
  t.true(again.attached)
})

test('detach of AllowMultiple detaches that one, and leaves a link of the same program', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const byLink = attach(t, program, path)
  attach(t, program, path, 'AllowMultiple').detach()
  t.true(byLink.attached)
  t.deepEqual(idsOn(path), [idOf(program)])
})

test('A link cannot be detached as a program, not by anybody', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const link = attach(t, program, path)
  t.throws(() => stranger.detach(program, path), { message: /bpftool cgroup detach/ })
  t.true(link.attached)
})

test('A link that somebody else detaches is not `attached` any more, and is ours to close', (t) => {
  const { path } = makeCgroup(t)
  const [program, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const link: CgroupSkbLink = untilEnd(t, program.attachLink(path, 'Egress'))
  bpftool('link', 'detach', 'id', `${link.info().id}`)
  t.false(link.attached)
  t.is(link.info().cgroupId, 0n)
  t.throws(() => link.update(other), { code: 'ERR_EBPF_NOT_ATTACHED' })
  t.notThrows(() => link.detach())
  t.deepEqual(idsOn(path), [])
})

test('A link that somebody else holds, too, stays attached after `detach()` until they let it go', async (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const link = untilEnd(t, program.attachLink(path, 'Egress'))
  const theirs = `${makePinDirectory(t)}/theirs`
  bpftool('link', 'pin', 'id', `${link.info().id}`, theirs)
  link.detach()
  t.deepEqual(idsOn(path), [idOf(program)])
  unlinkSync(theirs)
  t.true(await until(() => idsOn(path).length === 0))
})
