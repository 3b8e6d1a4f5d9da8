// Types of attaching: what is a cgroup, which directions there are, and that no id passes for another.
import { open } from 'node:fs/promises'
import { CgroupSkbAttachType, CgroupSkbLinkId, type Cgroup, type CgroupSkb, type CgroupSkbLink } from 'ayajs'
import { exactly, same } from './expect.ts'

export async function cgroups(program: CgroupSkb): Promise<void> {
  program.attach('/sys/fs/cgroup/app', 'Egress')
  program.attach(Buffer.from('/sys/fs/cgroup/app'), 'Egress')
  program.attach(new URL('file:///sys/fs/cgroup/app'), 'Egress')
  program.attach(3, 'Egress')
  program.attach({ fd: 3 }, 'Egress')
  program.attach(await open('/sys/fs/cgroup/app'), 'Egress')
  // @ts-expect-error null is no cgroup
  program.attach(null, 'Egress')
  // @ts-expect-error an object without an fd is no cgroup
  program.attach({ path: '/sys/fs/cgroup/app' }, 'Egress')
  // @ts-expect-error a descriptor is a number
  program.attach({ fd: 3n }, 'Egress')
  same<Cgroup, string | Uint8Array | URL | number | { readonly fd: number }>()
}

export function directions(program: CgroupSkb): void {
  exactly<CgroupSkbLinkId>()(program.attach(3, CgroupSkbAttachType.Ingress))
  exactly<CgroupSkbLinkId>()(program.attach(3, CgroupSkbAttachType.Egress, undefined))
  exactly<CgroupSkbLink>()(program.attachLink(3, 'Ingress'))
  exactly<CgroupSkbAttachType | null>()(program.expectedAttachType())
  same<CgroupSkbAttachType, 'Ingress' | 'Egress'>()
  // @ts-expect-error no such direction
  program.attach(3, 'egress')
  // @ts-expect-error the direction must be told
  program.attach(3)
  // @ts-expect-error the directions are frozen
  CgroupSkbAttachType.Egress = 'Ingress'
}

export function ids(program: CgroupSkb, linkId: CgroupSkbLinkId, link: CgroupSkbLink): void {
  exactly<void>()(program.detach(linkId))
  exactly<CgroupSkbLink>()(program.takeLink(linkId))
  // @ts-expect-error a link is not its id
  program.detach(link)
  // @ts-expect-error a number is no id
  program.detach(7)
  // @ts-expect-error what only looks like an id is none
  program.detach({})
  // @ts-expect-error an id cannot be made
  program.detach(new CgroupSkbLinkId({}))
  // @ts-expect-error an id is no number
  exactly<number>()(linkId)
}

export function links(link: CgroupSkbLink): void {
  exactly<'link' | 'program'>()(link.kind)
  exactly<number | null>()(link.info().id)
  exactly<bigint>()(link.info().cgroupId)
  exactly<'Ingress' | 'Egress'>()(link.info().attachType)
  const disposable: Disposable = link
  exactly<Disposable>()(disposable)
  // @ts-expect-error what the kernel says cannot be set
  link.info().id = 7
}

export function testRuns(program: CgroupSkb): void {
  const { returnValue, durationNs, data } = program.testRun({ packet: new Uint8Array(20), repeat: 2 })
  exactly<number>()(returnValue)
  exactly<number>()(durationNs)
  exactly<Uint8Array>()(data)
  // @ts-expect-error a packet is needed
  program.testRun({ repeat: 2 })
  // @ts-expect-error no such option
  program.testRun({ packet: new Uint8Array(20), repeats: 2 })
}

same<typeof CgroupSkb.programType, 'CgroupSkb'>()
