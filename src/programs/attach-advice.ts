// Why a program could not be attached: looks at what is attached already, since EPERM and ENOENT alone do not tell.

import { closeSync, openSync } from 'node:fs'
import { EbpfError } from '../errors.ts'
import { withRemedy } from '../failure.ts'
import { cgroupsAbove } from '../links/cgroup.ts'
import { modeOf } from '../links/query.ts'
import { native } from '../native.ts'

/** Runs `attach`, and has its error say what stands in the way, where that can be seen. */
export function withAdvice<T>(cgroup: number, attachType: 'Ingress' | 'Egress', attach: () => T): T {
  try {
    return attach()
  } catch (error) {
    if (!EbpfError.isEbpfError(error) || error.code !== 'ERR_EBPF_ATTACH') throw error
    const advice = adviceFor(error, cgroup, attachType)
    throw advice === undefined ? error : withRemedy(error, advice)
  }
}

function adviceFor({ errnoName }: EbpfError, cgroup: number, attachType: 'Ingress' | 'Egress'): string | undefined {
  try {
    if (errnoName === 'EPERM') return modeClash(cgroup, attachType) ?? forbiddenFromAbove(cgroup, attachType)
    if (errnoName === 'ENOENT' && attachedTo(cgroup, attachType)) return absent
  } catch {
    // What cannot be seen is left to the general advice.
  }
  return undefined
}

/** ENOENT of a cgroup that is there. */
const absent =
  'The anchor, or the program to replace, is not attached here by the same means (links to links, programs to programs).'

/** Programs of one cgroup are all attached in one mode. */
function modeClash(cgroup: number, attachType: 'Ingress' | 'Egress'): string | undefined {
  const { mode, ids } = attachedTo(cgroup, attachType)
  if (ids.length === 0) return undefined
  return mode === 'AllowMultiple'
    ? `This cgroup has ${listed(ids)}, by links or as AllowMultiple: attach beside them in the same way, or detach them.`
    : `This cgroup has ${listed(ids)} as ${mode}: replace it by attaching as ${mode} too, or detach it.`
}

/** The nearest program above decides: one that is Single has everything below for itself. */
function forbiddenFromAbove(cgroup: number, attachType: 'Ingress' | 'Egress'): string | undefined {
  for (const { path } of cgroupsAbove(cgroup)) {
    const { mode, ids } = withDirectory(path, (fd) => attachedTo(fd, attachType))
    if (ids.length === 0) continue
    if (mode !== 'Single') return undefined
    return `The cgroup "${path}" above has ${listed(ids)} as Single, which forbids all others below: detach it there, or have it attached by a link, as AllowMultiple or as AllowOverride.`
  }
  return undefined
}

function attachedTo(cgroup: number, attachType: 'Ingress' | 'Egress'): { mode: string; ids: number[] } {
  const { attachFlags, programIds } = native().queryCgroup(cgroup, attachType, false)
  return { mode: modeOf(attachFlags), ids: [...new Set(programIds)] }
}

function listed(ids: readonly number[]): string {
  return ids.length === 1 ? `program ${ids[0]}` : `programs ${ids.join(', ')}`
}

function withDirectory<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, 'r')
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}
