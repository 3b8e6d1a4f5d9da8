// After a file of kernel tests nothing of ours may be left: no program, map, link, descriptor, pin, cgroup, or active handle.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { TestFn } from 'ava'
import { showLinks, showMaps, showPrograms } from './bpftool.ts'
import { cgroupsLeft } from './cgroup.ts'
import { pinsLeft } from './pins.ts'
import { untilNone } from './poll.ts'
import { requireRoot } from './privilege.ts'

/**
 * Every file of kernel tests calls this first. It wants root; and when all tests are over, it waits for the kernel to
 * free what they made, and fails with a list of what stays.
 */
export function leaveNothingBehind(test: TestFn): void {
  requireRoot()
  const before = new Set(kernelObjects().map(nameOf))
  const handlesBefore = process.getActiveResourcesInfo()
  test.after.always('nothing is left behind', async (t) => {
    const left = await untilNone(() => [
      ...objectsSince(before),
      ...ownDescriptors(),
      ...cgroupsLeft().map((name) => `cgroup ${name}`),
      ...pinsLeft().map((name) => `pin ${name}`),
      ...handlesSince(handlesBefore).map((type) => `handle ${type}`),
    ])
    t.deepEqual(left, [])
  })
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
  readonly kind: 'prog' | 'map' | 'link'
  readonly id: number
  readonly label: string
  readonly holds: readonly string[]
}

function kernelObjects(): readonly KernelObject[] {
  return [
    ...showLinks().map(({ id, prog_id }) => ({ kind: 'link' as const, id, label: '', holds: [`prog ${prog_id}`] })),
    ...showPrograms().map(({ id, name, map_ids = [] }) => {
      return { kind: 'prog' as const, id, label: name, holds: map_ids.map((map) => `map ${map}`) }
    }),
    ...showMaps().map(({ id, name = '' }) => ({ kind: 'map' as const, id, label: name, holds: [] })),
  ]
}

function nameOf({ kind, id }: KernelObject): string {
  return `${kind} ${id}`
}

/** What came into being since, and is not held by a process that has nothing to do with us. */
function objectsSince(before: ReadonlySet<string>): readonly string[] {
  const objects = kernelObjects()
  const foreign = heldByOthers()
  // Links come first, then programs, then maps: what holds comes before what is held.
  for (const object of objects) if (foreign.has(nameOf(object))) for (const held of object.holds) foreign.add(held)
  return objects
    .filter((object) => !before.has(nameOf(object)) && !foreign.has(nameOf(object)))
    .map((object) => `${nameOf(object)} ${object.label}`.trim())
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
    const found = /^(link|prog|map)_id:\s*(\d+)/m.exec(text)
    return found === null ? [] : [`${found[1]} ${found[2]}`]
  })
}

/** Types of what keeps the event loop alive beyond what did before, except timers: the test runner has some. */
function handlesSince(before: readonly string[]): readonly string[] {
  const known = [...before]
  return process.getActiveResourcesInfo().filter((type) => {
    const index = known.indexOf(type)
    if (index >= 0) known.splice(index, 1)
    return index < 0 && type !== 'Timeout' && type !== 'Immediate'
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
