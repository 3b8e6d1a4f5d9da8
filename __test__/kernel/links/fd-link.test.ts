// `FdLink`: a link by its descriptor, from `toFdLink()`, and what the modes have instead.
import { mkdirSync } from 'node:fs'
import { inspect } from 'node:util'
import test from 'ava'
import { FdLink, type CgroupSkb } from 'ayajs'
import { attach, counting, idOf, idsOn, untilEnd } from '../../helpers/attachments.ts'
import { bpftool, showLink } from '../../helpers/bpftool.ts'
import { makeCgroup, removeCgroup } from '../../helpers/cgroup.ts'
import { counted, loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { until } from '../../helpers/poll.ts'
import { startTraffic } from '../../helpers/traffic.ts'

leaveNothingBehind(test)

test('toFdLink gives the same link, and not for a moment is the program detached', async (t) => {
  const cgroup = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const link = attach(t, loaded(bpf, 'count_egress'), cgroup.path)
  const [{ id }, fd] = [link.info(), link.fd()]
  const fdLink = untilEnd(t, link.toFdLink())
  t.true(fdLink instanceof FdLink)
  t.is<number | null, number | null>(fdLink.info().id, id)
  t.is(fdLink.fd(), fd)
  bpf.program('count_egress')?.unload()
  await startTraffic(t, cgroup).udp(3)
  t.is(counted(bpf, 'count_egress'), 3)
})

test('FdLink.info says what kind of link it is', (t) => {
  const { path, id: cgroupId } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const fdLink = untilEnd(t, attach(t, program, path).toFdLink())
  const { id } = fdLink.info()
  t.deepEqual(fdLink.info(), { id, programId: idOf(program), linkType: 'Cgroup', cgroupId, attachType: 'Egress' })
})

test('FdLink.detach detaches the program', async (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const fdLink = attach(t, program, path).toFdLink()
  const { id } = fdLink.info()
  fdLink.detach()
  t.deepEqual(idsOn(path), [])
  t.true(await until(() => showLink(id) === null))
})

for (const mode of ['Single', 'AllowOverride', 'AllowMultiple'] as const) {
  test(`${mode} has no FdLink and no descriptor, says so, and stays attached`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    const link = attach(t, program, path, mode)
    for (const method of ['toFdLink', 'fd'] as const) {
      const error = t.throws(() => link[method](), {
        code: 'ERR_EBPF_UNSUPPORTED',
        message:
          'A program that is attached with a CgroupAttachMode has no link: it has no descriptor and cannot be pinned. Attach it without a mode, and it has one.',
      })
      t.like(error, { feature: 'bpf_link of a program attached by BPF_PROG_ATTACH' })
    }
    t.true(link.attached)
    t.is(link.info().id, null)
  })
}

test('`attached` of a link is false once its cgroup has gone; the link is ours to detach all the same', async (t) => {
  const cgroup = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const [link, fdLink] = [attach(t, program, cgroup.path), attach(t, program, cgroup.path).toFdLink()]
  t.true(link.attached && fdLink.attached)
  await removeCgroup(cgroup.path)
  t.true(await until(() => !link.attached && !fdLink.attached))
  t.is(link.info().cgroupId, 0n)
  t.is(fdLink.info().cgroupId, 0n)
  t.false(link.closed || fdLink.closed)
  t.notThrows(() => link.detach())
  t.notThrows(() => fdLink.detach())
})

for (const mode of ['Single', 'AllowOverride', 'AllowMultiple'] as const) {
  test(`attached of ${mode} is false once its cgroup has gone, and detach() says why`, async (t) => {
    const cgroup = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    const link = attach(t, program, cgroup.path, mode)
    await removeCgroup(cgroup.path)
    t.false(link.attached)
    t.deepEqual(link.info(), { id: null, programId: idOf(program), cgroupId: 0n, attachType: 'Egress' })
    t.throws(() => link.detach(), {
      code: 'ERR_EBPF_NOT_ATTACHED',
      message: `Program ${idOf(program)} is not attached any more: its cgroup has been removed. If it is wanted still, attach the program again.`,
    })
    t.true(link.closed)
  })
}

test('`attached` does not come true again for a new cgroup of the same name', async (t) => {
  const parent = makeCgroup(t)
  const first = makeCgroup(t, parent.path)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const links = [attach(t, one, first.path), attach(t, other, first.path, 'AllowMultiple')]
  await removeCgroup(first.path)
  mkdirSync(first.path)
  attach(t, one, first.path)
  t.true(await until(() => links.every(({ attached }) => !attached)))
  t.deepEqual(idsOn(first.path), [idOf(one)])
})

test('attached of an FdLink is false once somebody else has detached it', (t) => {
  const [program] = counting(t, 1) as [CgroupSkb]
  const fdLink = untilEnd(t, attach(t, program, makeCgroup(t).path).toFdLink())
  bpftool('link', 'detach', 'id', `${fdLink.info().id}`)
  t.false(fdLink.attached)
})

test('inspect of an open link shows what it is', (t) => {
  const { path, id: cgroupId } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const shown = (link: object): string => inspect(link, { breakLength: Infinity, compact: true })
  const rest = `programId: ${idOf(program)}, `
  const mode = attach(t, program, path, 'AllowMultiple')
  t.is(shown(mode), `CgroupSkbLink { kind: 'program', id: null, ${rest}cgroupId: ${cgroupId}n, attachType: 'Egress' }`)
  const link = attach(t, program, path)
  const { id } = link.info()
  t.is(shown(link), `CgroupSkbLink { kind: 'link', id: ${id}, ${rest}cgroupId: ${cgroupId}n, attachType: 'Egress' }`)
  const fdLink = untilEnd(t, link.toFdLink())
  t.is(shown(fdLink), `FdLink { id: ${id}, ${rest}linkType: 'Cgroup', cgroupId: ${cgroupId}n, attachType: 'Egress' }`)
})
