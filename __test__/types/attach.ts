// Types of attaching: the two kinds of options stay apart, and a wrong anchor does not compile.
import {
  CgroupAttachMode,
  CgroupSkb,
  CgroupSkbAttachType,
  enableStats,
  loadedLinks,
  loadedPrograms,
  PinnedLink,
  queryCgroup,
} from 'ayajs'
import type {
  AttachedProgram,
  AttachOptions,
  CgroupLinkInfo,
  CgroupQuery,
  CgroupSkbLink,
  CgroupSkbLinkId,
  FdLink,
  LinkInfo,
  Program,
  ProgramInfo,
  RunTimeStats,
} from 'ayajs'
import { exactly, same } from './expect.ts'

const cgroup = '/sys/fs/cgroup/app'
const { Egress } = CgroupSkbAttachType
const { AllowMultiple, AllowOverride, Single } = CgroupAttachMode

export function byLink(program: CgroupSkb, link: CgroupSkbLink, fdLink: FdLink, pinned: PinnedLink): void {
  exactly<CgroupSkbLinkId>()(program.attach(cgroup, Egress))
  exactly<CgroupSkbLink>()(program.attachLink(cgroup, Egress, {}))
  program.attach(cgroup, Egress, { order: 'first', preorder: true, expectedRevision: 7n })
  program.attach(cgroup, Egress, { order: 'last' })
  program.attach(cgroup, Egress, { order: { before: link } })
  program.attach(cgroup, Egress, { order: { after: fdLink } })
  program.attach(cgroup, Egress, { order: { after: pinned } })
  program.attach(cgroup, Egress, { order: { before: { linkId: 7 } } })
  // @ts-expect-error a link is placed relative to links, not to programs
  program.attach(cgroup, Egress, { order: { before: program } })
  // @ts-expect-error the same by id
  program.attach(cgroup, Egress, { order: { before: { programId: 7 } } })
  // @ts-expect-error an id of a program that owns the link is no anchor
  program.attach(cgroup, Egress, { order: { before: program.attach(cgroup, Egress) } })
  // @ts-expect-error an anchor needs a side
  program.attach(cgroup, Egress, { order: link })
  // @ts-expect-error there is no such place
  program.attach(cgroup, Egress, { order: 'middle' })
  // @ts-expect-error a link is replaced by update()
  program.attach(cgroup, Egress, { replace: program })
  // @ts-expect-error a revision is a bigint
  program.attach(cgroup, Egress, { expectedRevision: 7 })
  // @ts-expect-error no such option
  program.attach(cgroup, Egress, { first: true })
}

export function multiple(program: CgroupSkb, other: Program, link: CgroupSkbLink, pinned: PinnedLink): void {
  program.attach(cgroup, Egress, AllowMultiple)
  program.attach(cgroup, Egress, 'AllowMultiple')
  program.attach(cgroup, Egress, { mode: AllowMultiple })
  program.attach(cgroup, Egress, { mode: AllowMultiple, order: 'first', preorder: true, expectedRevision: 7n })
  program.attach(cgroup, Egress, { mode: AllowMultiple, order: { before: other } })
  program.attach(cgroup, Egress, { mode: AllowMultiple, order: { after: { programId: 7 } } })
  program.attach(cgroup, Egress, { mode: AllowMultiple, replace: other })
  program.attach(cgroup, Egress, { mode: AllowMultiple, replace: other, preorder: true, expectedRevision: 7n })
  // @ts-expect-error a program is placed relative to programs, not to links
  program.attach(cgroup, Egress, { mode: AllowMultiple, order: { before: link } })
  // @ts-expect-error the same for a pinned one
  program.attach(cgroup, Egress, { mode: AllowMultiple, order: { after: pinned } })
  // @ts-expect-error the same by id
  program.attach(cgroup, Egress, { mode: AllowMultiple, order: { before: { linkId: 7 } } })
  // @ts-expect-error what takes another's place has no place of its own
  program.attach(cgroup, Egress, { mode: AllowMultiple, replace: other, order: 'first' })
  // @ts-expect-error a link cannot be replaced so
  program.attach(cgroup, Egress, { mode: AllowMultiple, replace: link })
  // @ts-expect-error nor something by its id
  program.attach(cgroup, Egress, { mode: AllowMultiple, replace: { programId: 7 } })
}

export function alone(program: CgroupSkb, other: Program): void {
  program.attach(cgroup, Egress, Single)
  program.attach(cgroup, Egress, AllowOverride)
  program.attach(cgroup, Egress, { mode: Single, expectedRevision: 7n })
  program.attach(cgroup, Egress, { mode: 'AllowOverride' })
  // @ts-expect-error there is no order of one
  program.attach(cgroup, Egress, { mode: Single, order: 'first' })
  // @ts-expect-error nor of one that may be overridden
  program.attach(cgroup, Egress, { mode: AllowOverride, order: { before: other } })
  // @ts-expect-error preorder is for those that run beside others
  program.attach(cgroup, Egress, { mode: Single, preorder: true })
  // @ts-expect-error Single replaces whatever is there: nothing is to be named
  program.attach(cgroup, Egress, { mode: Single, replace: other })
  // @ts-expect-error no such mode
  program.attach(cgroup, Egress, 'Multiple')
  // @ts-expect-error no such mode in options either
  program.attach(cgroup, Egress, { mode: 'Multiple' })
}

export function chosen(program: CgroupSkb, options: AttachOptions, mode: CgroupAttachMode): void {
  exactly<CgroupSkbLinkId>()(program.attach(cgroup, Egress, options))
  program.attach(cgroup, Egress, mode)
  // @ts-expect-error modes are not changed
  CgroupAttachMode.Single = 'AllowMultiple'
}

export function updates(
  program: CgroupSkb,
  other: Program,
  link: CgroupSkbLink,
  fdLink: FdLink,
  pinned: PinnedLink,
): void {
  for (const one of [link, fdLink, pinned]) {
    one.update(program)
    one.update(program, { expected: program })
    exactly<boolean>()(one.attached)
    exactly<boolean>()(one.closed)
    exactly<number>()(one.fd())
    // @ts-expect-error a program of any kind does not do
    one.update(other)
    // @ts-expect-error nor does its id
    one.update(program, { expected: program.info().id })
    // @ts-expect-error no such option
    one.update(program, { replace: program })
    // @ts-expect-error what the kernel says cannot be set
    one.attached = true
  }
}

export function links(link: CgroupSkbLink, fdLink: FdLink, pinned: PinnedLink): void {
  exactly<'link' | 'program'>()(link.kind)
  exactly<CgroupLinkInfo>()(link.info())
  exactly<number | null>()(link.info().id)
  exactly<LinkInfo>()(fdLink.info())
  exactly<bigint | undefined>()(pinned.info().cgroupId)
  exactly<FdLink>()(link.toFdLink())
  exactly<PinnedLink>()(fdLink.pin(new URL('file:///sys/fs/bpf/app/link')))
  exactly<FdLink>()(pinned.unpin())
  exactly<PinnedLink>()(PinnedLink.fromPin('/sys/fs/bpf/app/link'))
  for (const disposable of [link, fdLink, pinned] as Disposable[]) exactly<Disposable>()(disposable)
  // @ts-expect-error only an FdLink can be pinned
  link.pin('/sys/fs/bpf/app/link')
  // @ts-expect-error a pinned link is not detached, but unpinned or closed
  pinned.detach()
  // @ts-expect-error only ayajs makes one
  void new PinnedLink({})
}

export function pins(program: CgroupSkb): void {
  exactly<void>()(program.pin('/sys/fs/bpf/app/program'))
  exactly<void>()(program.unpin())
  exactly<CgroupSkb>()(CgroupSkb.fromPin('/sys/fs/bpf/app/program', Egress))
  exactly<CgroupSkb>()(CgroupSkb.fromProgramInfo(program.info(), 'name'))
  exactly<CgroupSkb>()(CgroupSkb.fromProgramInfo({ id: 7 }, 'name', Egress))
  // @ts-expect-error the kernel does not tell the direction
  CgroupSkb.fromPin('/sys/fs/bpf/app/program')
  // @ts-expect-error a name is needed
  CgroupSkb.fromProgramInfo({ id: 7 })
  // @ts-expect-error an id alone is no information
  CgroupSkb.fromProgramInfo(7, 'name')
}

export function queries(): void {
  exactly<CgroupQuery>()(queryCgroup(cgroup, Egress))
  const { programs, revision } = queryCgroup(cgroup, Egress, { effective: true, links: true })
  exactly<readonly AttachedProgram[]>()(programs)
  exactly<bigint | null>()(revision)
  same<AttachedProgram['mode'], CgroupAttachMode | null>()
  same<AttachedProgram['linkIds'], readonly number[] | undefined>()
  exactly<ProgramInfo[]>()(loadedPrograms())
  exactly<LinkInfo[]>()(loadedLinks())
  exactly<RunTimeStats>()(enableStats())
  // @ts-expect-error a direction is needed
  queryCgroup(cgroup)
  // @ts-expect-error no such option
  queryCgroup(cgroup, Egress, { recursive: true })
  // @ts-expect-error what the kernel says cannot be set
  programs[0].id = 7
}
