// `CgroupSkb`: link ids that are used once, links that are taken, and what the kernel says about a link.
import test from 'ava'
import { CgroupSkbAttachType, CgroupSkbLink, CgroupSkbLinkId } from 'ayajs'
import { attachedIds, idBehind, showLink, showLinks, showProgram } from '../../helpers/bpftool.ts'
import { makeCgroup, removeCgroup } from '../../helpers/cgroup.ts'
import { loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

const { Egress, Ingress } = CgroupSkbAttachType

test('CgroupSkb.detach detaches the link of the id, and no other', (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const [program, other] = [loaded(bpf, 'count_egress'), loaded(bpf, 'count_any')]
  const linkId = program.attach(path, Egress)
  other.attach(path, Egress)
  program.detach(linkId)
  t.deepEqual(attachedIds(path), [other.info().id])
})

/** Ways to use up a link id. */
const uses = ['detach', 'takeLink'] as const

for (const first of uses) {
  for (const second of uses) {
    test(`CgroupSkb.${second} throws ERR_EBPF_NOT_ATTACHED for an id that was used by ${first}`, (t) => {
      const { path } = makeCgroup(t)
      const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
      const linkId = program.attach(path, Egress)
      const link = program[first](linkId)
      t.throws(() => program[second](linkId), { code: 'ERR_EBPF_NOT_ATTACHED', message: /"count_egress"/ })
      if (link instanceof CgroupSkbLink) link.detach()
    })
  }
}

for (const use of uses) {
  test(`CgroupSkb.${use} throws ERR_EBPF_NOT_ATTACHED for an id of another program, which stays attached`, (t) => {
    const { path } = makeCgroup(t)
    const bpf = openFixture(t, 'cgroup_skb')
    const [program, other] = [loaded(bpf, 'count_egress'), loaded(bpf, 'count_any')]
    const linkId = other.attach(path, Egress)
    t.throws(() => program[use](linkId), { code: 'ERR_EBPF_NOT_ATTACHED' })
    t.deepEqual(attachedIds(path), [other.info().id])
    other.detach(linkId)
  })

  test(`CgroupSkb.${use} throws ERR_EBPF_NOT_ATTACHED for an id of the same program in another object`, (t) => {
    const { path } = makeCgroup(t)
    const [one, other] = [openFixture(t, 'cgroup_skb'), openFixture(t, 'cgroup_skb')]
    const linkId = loaded(one, 'count_egress').attach(path, Egress)
    t.throws(() => loaded(other, 'count_egress')[use](linkId), { code: 'ERR_EBPF_NOT_ATTACHED' })
    t.is(attachedIds(path).length, 1)
  })

  // The descriptor of the old link is closed, and the new link gets its number: in aya the old id would name it.
  test(`CgroupSkb.${use} throws ERR_EBPF_NOT_ATTACHED for an id from before unload, when a new link has its number`, (t) => {
    const { path } = makeCgroup(t)
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
    const old = program.attach(path, Egress)
    const descriptors = ownDescriptors()
    program.unload()
    program.load()
    program.attach(path, Egress)
    t.deepEqual(ownDescriptors(), descriptors)
    t.throws(() => program[use](old), { code: 'ERR_EBPF_NOT_ATTACHED' })
    t.deepEqual(attachedIds(path), [program.info().id])
  })

  const noIds = [undefined, null, 3, {}, Object.create(CgroupSkbLinkId.prototype) as object]

  test(`CgroupSkb.${use} throws a TypeError for what is no link id`, (t) => {
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
    for (const linkId of noIds) {
      t.throws(() => program[use](linkId as CgroupSkbLinkId), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
    }
  })
}

test('a link id does not name a later link of the same program, though that has the same descriptor number', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const link = program.attachLink(path, Egress)
  const number = link.fd()
  link.detach()
  const old = program.attach(path, Egress)
  program.detach(old)
  const later = program.attachLink(path, Egress)
  t.is(later.fd(), number)
  t.throws(() => program.detach(old), { code: 'ERR_EBPF_NOT_ATTACHED' })
  t.throws(() => link.detach(), { code: 'ERR_EBPF_CLOSED' })
  t.deepEqual(attachedIds(path), [program.info().id])
  later.detach()
})

test('CgroupSkb.takeLink takes the link out of the program: unload leaves it attached', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const link = program.takeLink(program.attach(path, Egress))
  const { id } = program.info()
  program.unload()
  t.deepEqual(attachedIds(path), [id])
  link.detach()
  t.deepEqual(attachedIds(path), [])
})

test('CgroupSkb.takeLink leaves the other links with the program', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_any')
  const link = program.takeLink(program.attach(path, Egress))
  program.attach(path, Ingress)
  program.unload()
  t.is(attachedIds(path, 'egress').length, 1)
  t.is(attachedIds(path, 'ingress').length, 0)
  link.detach()
})

test('CgroupSkb.attachLink attaches and takes the link in one', (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const link = loaded(bpf, 'count_egress').attachLink(path, Egress)
  t.true(link instanceof CgroupSkbLink)
  bpf.close()
  t.is(attachedIds(path).length, 1)
  link.detach()
  t.is(attachedIds(path).length, 0)
})

for (const direction of [Egress, Ingress]) {
  test(`CgroupSkbLink.info agrees with bpftool on a link to ${direction}`, (t) => {
    const cgroup = makeCgroup(t)
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_any')
    const link = program.attachLink(cgroup.path, direction)
    const info = link.info()
    const shown = showLink(Number(info.id))
    t.is(shown?.type, 'cgroup')
    t.is(shown?.prog_id, info.programId)
    t.is(BigInt(shown?.cgroup_id ?? 0), info.cgroupId)
    t.true(shown?.attach_type?.endsWith(direction.toLowerCase()))
    t.deepEqual({ ...info, id: 0 }, { id: 0, programId: program.info().id, cgroupId: cgroup.id, attachType: direction })
    link.detach()
  })
}

test('CgroupSkbLink.fd is an open descriptor of the link', (t) => {
  const link = loaded(openFixture(t, 'cgroup_skb'), 'count_egress').attachLink(makeCgroup(t).path, Egress)
  t.is(idBehind(link.fd()), Number(link.info().id))
  link.detach()
})

test('CgroupSkbLink.detach removes the link from the kernel, and frees an unloaded program', async (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const link = program.attachLink(path, Egress)
  const { id, programId } = link.info()
  program.unload()
  t.not(showProgram(programId), null)
  link.detach()
  t.deepEqual(attachedIds(path), [])
  t.true(await until(() => showLink(Number(id)) === null && showProgram(programId) === null))
})

test('CgroupSkbLink throws ERR_EBPF_CLOSED after detach, and says that it is closed', (t) => {
  const link = loaded(openFixture(t, 'cgroup_skb'), 'count_egress').attachLink(makeCgroup(t).path, Egress)
  t.false(link.closed)
  link.detach()
  t.true(link.closed)
  for (const method of ['detach', 'fd', 'info'] as const) {
    t.throws(() => link[method](), { code: 'ERR_EBPF_CLOSED' }, method)
  }
  link[Symbol.dispose]()
})

test('CgroupSkbLink outlives its cgroup, as a link to nothing', async (t) => {
  const cgroup = makeCgroup(t)
  const link = loaded(openFixture(t, 'cgroup_skb'), 'count_egress').attachLink(cgroup.path, Egress)
  t.is(link.kind, 'link')
  await removeCgroup(cgroup.path)
  t.true(await until(() => link.info().cgroupId === 0n))
  link.detach()
})

test('a failed attach leaves no link behind', (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  t.throws(() => program.attach('/proc', Egress), { code: 'ERR_EBPF_NOT_CGROUP' })
  t.false(showLinks().some(({ prog_id }) => prog_id === program.info().id))
})
