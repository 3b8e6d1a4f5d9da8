// The four ways of attaching, and attachments that end with the test.
import { execFileSync } from 'node:child_process'
import type { ExecutionContext } from 'ava'
import {
  type CgroupSkb,
  queryCgroup,
  type AttachOptions,
  type CgroupSkbLink,
  type EbpfError,
  type FdLink,
  type PinnedLink,
} from 'ayajs'
import { openFixture, loaded } from './fixtures.ts'

/** By a link, or by `BPF_PROG_ATTACH` in one of its modes. */
export const ways = ['link', 'Single', 'AllowOverride', 'AllowMultiple'] as const

export type Way = (typeof ways)[number]

/** The third argument of `attach` for this way. */
export function optionsFor(way: Way): AttachOptions {
  return way === 'link' ? {} : way
}

/** Attaches for egress, until the test ends, and takes the link. */
export function attach(
  t: ExecutionContext,
  program: CgroupSkb,
  cgroup: string,
  options: AttachOptions = {},
): CgroupSkbLink {
  return untilEnd(t, program.attachLink(cgroup, 'Egress', options))
}

/** Closes a link when the test ends, unless that has been done. Its attachment may have ended before. */
export function untilEnd<L extends CgroupSkbLink | FdLink>(t: ExecutionContext, link: L): L {
  t.teardown(() => {
    try {
      if (!link.closed) link.detach()
    } catch (error) {
      if ((error as EbpfError).code !== 'ERR_EBPF_NOT_ATTACHED') throw error
    }
  })
  return link
}

/** Closes a pinned link when the test ends; the directory of the test goes with its pins. */
export function closedAtEnd(t: ExecutionContext, link: PinnedLink): PinnedLink {
  t.teardown(() => link.close())
  return link
}

/** The id of a loaded program. */
export function idOf(program: CgroupSkb): number {
  return program.info().id
}

/** Loaded programs that count and let pass, each of an object of its own. */
export function counting(t: ExecutionContext, count: number): readonly CgroupSkb[] {
  return Array.from({ length: count }, () => loaded(openFixture(t, 'cgroup_skb'), 'count_egress'))
}

/** The ids of the programs of a cgroup, in order. */
export function idsOn(cgroup: string): readonly number[] {
  return queryCgroup(cgroup, 'Egress').programs.map(({ id }) => id)
}

/** The ids of the programs that run for a cgroup, in the order of running. */
export function idsFor(cgroup: string): readonly number[] {
  return queryCgroup(cgroup, 'Egress', { effective: true }).programs.map(({ id }) => id)
}

/** Somebody else, who has nothing to do with this process: bpftool attaches by `BPF_PROG_ATTACH`. */
export const stranger = {
  attach(t: ExecutionContext, program: CgroupSkb, cgroup: string, way: Exclude<Way, 'link'>): void {
    execFileSync('bpftool', ['cgroup', 'attach', ...target(program, cgroup), ...flags[way]])
    t.teardown(() => {
      if (queryCgroup(cgroup, 'Egress').programs.some(({ id }) => id === idOf(program))) this.detach(program, cgroup)
    })
  },
  detach(program: CgroupSkb, cgroup: string): void {
    execFileSync('bpftool', ['cgroup', 'detach', ...target(program, cgroup)], { stdio: 'pipe' })
  },
}

const flags = { Single: [], AllowOverride: ['override'], AllowMultiple: ['multi'] } as const

function target(program: CgroupSkb, cgroup: string): readonly string[] {
  return [cgroup, 'egress', 'id', `${idOf(program)}`]
}
