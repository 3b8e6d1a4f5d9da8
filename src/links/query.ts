// `queryCgroup`: which programs are attached to a cgroup, and which run for it.

import { fstatSync } from 'node:fs'
import { checkBoolean, checkObject, checkOneOf, checkOptions } from '../arguments.ts'
import { native, type Binding } from '../native.ts'
import { cgroupsAbove, withCgroup, type Cgroup } from './cgroup.ts'

/** What to ask for. */
export interface QueryOptions {
  /** The programs that run for the cgroup, those of its ancestors included, in the order of running. Default: `false`. */
  readonly effective?: boolean | undefined
  /** Adds the ids of the links, by walking all links of the system: needs `CAP_SYS_ADMIN`. Default: `false`. */
  readonly links?: boolean | undefined
}

/** One program that is attached. */
export interface AttachedProgram {
  /** The program's id in the kernel. */
  readonly id: number
  /** How it is attached; links count as `AllowMultiple`. `null` in effective queries. */
  readonly mode: 'Single' | 'AllowOverride' | 'AllowMultiple' | null
  /**
   * The links that hold it there, if asked for; empty when it is attached without one, or above what is mounted here. A
   * program that is attached more than once has all of them each time.
   */
  readonly linkIds?: readonly number[]
}

/** What is attached to a cgroup in one direction. */
export interface CgroupQuery {
  /** The programs, in order. */
  readonly programs: readonly AttachedProgram[]
  /** Counts attachments and detachments; `null` where the kernel does not, and in effective queries. */
  readonly revision: bigint | null
}

/**
 * The programs that are attached to a cgroup, or that run for it (`BPF_PROG_QUERY`): needs `CAP_NET_ADMIN`.
 *
 * Older kernels tell less: what they do not tell is `null`.
 *
 * @throws {EbpfError} `ERR_EBPF_NOT_CGROUP`, `ERR_EBPF_FILE`, `ERR_EBPF_PERMISSION`; `ERR_EBPF_SYSCALL` for a cgroup that
 *   was removed while it was open.
 */
export function queryCgroup(cgroup: Cgroup, attachType: 'Ingress' | 'Egress', options: QueryOptions = {}): CgroupQuery {
  checkOneOf('attachType', attachType, ['Ingress', 'Egress'])
  checkOptions('options', checkObject('options', options), ['effective', 'links'])
  const effective = checkBoolean('options.effective', options.effective ?? false)
  const links = checkBoolean('options.links', options.links ?? false)
  return withCgroup(cgroup, (fd) => {
    const { programIds, programFlags, attachFlags, revision } = native().queryCgroup(fd, attachType, effective)
    const candidates = links ? linksTo(effective ? [idOf(fd), ...idsAbove(fd)] : [idOf(fd)], attachType) : undefined
    const programs = programIds.map((id, index) => ({
      id,
      mode: effective ? null : modeOf(programFlags[index] ?? attachFlags),
      ...(candidates && { linkIds: candidates.filter((link) => link.programId === id).map((link) => link.id) }),
    }))
    return { programs, revision: revision === 0n ? null : revision }
  })
}

/** The links to these cgroups. The kernel does not name links in its answer: they have to be walked. */
function linksTo(cgroupIds: readonly bigint[], attachType: string): Binding.LinkInfo[] {
  return native()
    .loadedLinks()
    .filter((link) => link.linkType === 'Cgroup' && link.attachType === attachType)
    .filter(({ cgroupId }) => cgroupId !== undefined && cgroupIds.includes(cgroupId))
}

function idOf(fd: number): bigint {
  return fstatSync(fd, { bigint: true }).ino
}

function idsAbove(fd: number): bigint[] {
  return cgroupsAbove(fd).map(({ id }) => id)
}

/** `BPF_F_ALLOW_OVERRIDE` is 1, `BPF_F_ALLOW_MULTI` is 2 (linux/bpf.h). @internal */
export function modeOf(flags: number): 'Single' | 'AllowOverride' | 'AllowMultiple' {
  if (flags & 2) return 'AllowMultiple'
  return flags & 1 ? 'AllowOverride' : 'Single'
}
