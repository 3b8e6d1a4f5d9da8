// Cgroups of the tests: made below the v2 mount under a name of our own, and gone when the test ends, with all that is in them.
import { mkdirSync, readFileSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startChild, type Child } from './children.ts'
import type { Owner } from './owner.ts'
import { untilNone } from './poll.ts'

export interface TestCgroup {
  readonly path: string
  /** The inode number of the directory, which is the cgroup's id in the kernel. */
  readonly id: bigint
}

/** What the names of this process's cgroups begin with. */
export const cgroupPrefix = `ayajs-test-${process.pid}-`

let made = 0

/** Makes a cgroup that lives as long as its owner. */
export function makeCgroup(t: Owner, parent: string = cgroupMount()): TestCgroup {
  const path = join(parent, `${cgroupPrefix}${++made}`)
  mkdirSync(path)
  t.teardown(() => removeCgroup(path))
  return { path, id: statSync(path, { bigint: true }).ino }
}

/** Starts a command that is in the cgroup before it begins, so that all of its sockets are. */
export function startIn(t: Owner, cgroup: TestCgroup, command: readonly string[]): Child {
  const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
  return startChild(t, ['/bin/sh', '-c', enter, cgroup.path, ...command])
}

/** Kills whatever is in the cgroup, and removes it; an absent one is fine. */
export async function removeCgroup(path: string): Promise<void> {
  const left = await untilNone(() => {
    for (const pid of processesIn(path)) signal(pid)
    try {
      rmdirSync(path)
      return []
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : [error]
    }
  })
  if (left.length > 0) throw new Error(`cannot remove the cgroup ${path}`, { cause: left[0] })
}

/** The cgroups of this process that are still there. */
export function cgroupsLeft(): readonly string[] {
  return readdirSync(cgroupMount()).filter((name) => name.startsWith(cgroupPrefix))
}

/** Where cgroup v2 is mounted: `/sys/fs/cgroup`, or below it where v1 is there too. */
export function cgroupMount(): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const point = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1]
  if (point === undefined) throw new Error('cgroup v2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup')
  return point
}

function processesIn(path: string): readonly number[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  } catch {
    return [] // The cgroup has gone.
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
