// Which programs, maps, links and BTF the kernel has that are ours, or nobody's: not those that other processes hold.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { showLinks, showMaps, showPrograms, showTypes } from './bpftool.ts'

/** What the kernel has, by kind and id. */
export function objectNames(): ReadonlySet<string> {
  return new Set(kernelObjects().map(nameOf))
}

/** What came into being since, and is not held by a process that has nothing to do with us. */
export function objectsSince(before: ReadonlySet<string>): readonly string[] {
  const objects = kernelObjects()
  const foreign = heldByOthers()
  // Links come first, then programs, maps, and types: what holds comes before what is held.
  for (const object of objects) if (foreign.has(nameOf(object))) for (const held of object.holds) foreign.add(held)
  return objects
    .filter((object) => !before.has(nameOf(object)) && !foreign.has(nameOf(object)))
    .map((object) => `${nameOf(object)} ${object.label}`.trim())
}

/** Our descriptors of programs, maps, links and BTF, with their numbers. */
export function ownDescriptors(): readonly string[] {
  return descriptorsOf('self').flatMap((fd) => {
    const target = linkIfThere(`/proc/self/fd/${fd}`)
    return /^anon_inode:\[?(?:bpf|btf)/.test(target) ? [`descriptor ${fd} ${target}`] : []
  })
}

/** Something that the kernel has, and what it holds in turn. */
interface KernelObject {
  readonly kind: 'link' | 'prog' | 'map' | 'btf'
  readonly id: number
  readonly label: string
  readonly holds: readonly string[]
}

/**
 * Without arrays of programs. The kernel leaks one when somebody looks at it while it is being cleared: each last user that
 * goes takes a reference for that, but one run of the work gives only one back (`prog_array_map_clear`,
 * kernel/bpf/arraymap.c). bpftool looks at each map that there is.
 */
function kernelObjects(): readonly KernelObject[] {
  return [
    ...showLinks().map(({ id, prog_id }) => ({ kind: 'link' as const, id, label: '', holds: [`prog ${prog_id}`] })),
    ...showPrograms().map(({ id, name, map_ids = [], btf_id }) => {
      const holds = [...map_ids.map((map) => `map ${map}`), `btf ${btf_id}`]
      return { kind: 'prog' as const, id, label: name, holds }
    }),
    ...showMaps()
      .filter(({ type }) => type !== 'prog_array')
      .map(({ id, name = '', btf_id }) => ({ kind: 'map' as const, id, label: name, holds: [`btf ${btf_id}`] })),
    ...showTypes().map(({ id }) => ({ kind: 'btf' as const, id, label: '', holds: [] })),
  ]
}

function nameOf({ kind, id }: KernelObject): string {
  return `${kind} ${id}`
}

/** What other processes hold by a descriptor, except our children. */
function heldByOthers(): Set<string> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  return new Set(pids.filter((pid) => !isOurs(pid)).flatMap(heldBy))
}

function isOurs(pid: string): boolean {
  const parent = /^PPid:\s*(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? '0'
  return Number(parent) === process.pid || (Number(parent) > 1 && isOurs(parent))
}

function heldBy(pid: string): readonly string[] {
  return descriptorsOf(pid).flatMap((fd) => {
    const text = readIfThere(`/proc/${pid}/fdinfo/${fd}`)
    const found = /^(link|prog|map|btf)_id:\s*(\d+)/m.exec(text)
    return found === null ? [] : [`${found[1]} ${found[2]}`]
  })
}

function descriptorsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    return [] // The process has ended.
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // Closed, or the process has ended.
  }
}

function linkIfThere(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // Closed since the directory was read.
  }
}
