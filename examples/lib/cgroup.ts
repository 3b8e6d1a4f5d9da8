// A cgroup of one's own: made, run in, and removed together with every process in it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from './failure.ts'

/** Enters the cgroup, which is `$0`, then becomes the command: all of its sockets are made in the cgroup. */
const enterAndRun = 'echo $$ > "$0"/cgroup.procs && exec "$@"'

/** How long an interrupted command has to end by itself. */
const graceMs = 1_000

/** How long killed processes have to be gone. */
const removalMs = 10_000

/** How a command ended: its exit status, 128 + n after signal n; and what it printed, when that was asked for. */
export interface Ending {
  readonly status: number
  readonly output: string
}

/** A cgroup below the root of the cgroup v2 hierarchy. */
export class Cgroup {
  /** Its directory. */
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Makes one, named after this process, and removes those that former processes left when they were killed. */
  static async make(prefix: string): Promise<Cgroup> {
    const root = mountPoint()
    for (const path of staleCgroups(root, prefix)) await new Cgroup(path).remove()
    try {
      return new Cgroup(mkdtempSync(join(root, `${prefix}-${process.pid}-`)))
    } catch (error) {
      const advice = codeOf(error) === 'EACCES' ? ': run this as root' : ''
      throw new Failure(`cannot make a cgroup in ${root} (${codeOf(error)})${advice}`)
    }
  }

  /**
   * Runs a command in the cgroup, to its end. When `interrupted` is aborted, the command gets the signal that is the
   * reason, and is killed when that does not end it.
   */
  async run(argv: readonly string[], interrupted: AbortSignal, captureOutput: boolean): Promise<Ending> {
    const stdout = captureOutput ? 'pipe' : 'inherit'
    const child = spawn('sh', ['-c', enterAndRun, this.path, ...argv], { stdio: ['inherit', stdout, 'inherit'] })
    const output = child.stdout === null ? '' : text(child.stdout)
    let deadline: NodeJS.Timeout | undefined
    const stop = (): void => {
      child.kill(interrupted.reason as NodeJS.Signals)
      deadline = setTimeout(() => child.kill('SIGKILL'), graceMs)
    }
    if (interrupted.aborted) stop()
    else interrupted.addEventListener('abort', stop)
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    clearTimeout(deadline)
    interrupted.removeEventListener('abort', stop)
    return { status: code ?? 128 + constants.signals[signal ?? 'SIGKILL'], output: await output }
  }

  /** Kills what is in the cgroup, and removes it. */
  async remove(): Promise<void> {
    const deadline = Date.now() + removalMs
    while (!isRemoved(this.path)) {
      if (Date.now() > deadline) throw new Failure(`cannot remove ${this.path}: its processes cannot be killed`)
      killAll(this.path)
      await sleep(5)
    }
  }
}

/** SIGKILL to every process in a cgroup and below. */
export function killAll(path: string): void {
  try {
    writeFileSync(join(path, 'cgroup.kill'), '1', { flag: 'r+' })
  } catch (error) {
    if (!hasGone(error)) throw error
    killEach(path) // Before Linux 5.14 there is no such file.
  }
}

/** {@link killAll} as older kernels need it: one by one. What is forked meanwhile needs another call. */
export function killEach(path: string): void {
  for (const pid of [path, ...below(path)].flatMap(processesOf)) kill(pid)
}

/** The pids of a cgroup. A process of a foreign pid namespace shows as 0, which to kill(2) is our own group. */
function processesOf(path: string): number[] {
  try {
    const lines = readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n')
    return lines.map(Number).filter((pid) => pid > 0)
  } catch (error) {
    if (hasGone(error)) return []
    throw error
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** Removes a cgroup with those that its processes made below it; false while there are processes. */
function isRemoved(path: string): boolean {
  return [...below(path), path].every((folder) => {
    try {
      rmdirSync(folder)
    } catch (error) {
      if (codeOf(error) === 'EBUSY') return false
      if (!hasGone(error)) throw error
    }
    return true
  })
}

/** The cgroups below one, the innermost first. */
function below(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name))
      .flatMap((folder) => [...below(folder), folder])
  } catch (error) {
    if (hasGone(error)) return []
    throw error
  }
}

/** Those whose process has ended without removing them. */
function staleCgroups(root: string, prefix: string): string[] {
  return readdirSync(root)
    .map((name) => new RegExp(`^${prefix}-(\\d+)-\\w{6}$`).exec(name))
    .filter((match) => match !== null && !isRunning(Number(match[1])))
    .map((match) => join(root, match![0]))
}

function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Where the cgroup v2 hierarchy is mounted: /proc/self/mounts, see proc(5). */
function mountPoint(): string {
  if (process.platform !== 'linux') throw new Failure(`eBPF is a part of Linux, and this is ${process.platform}`)
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const [, path] = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2') ?? []
  if (path === undefined) throw new Failure('cgroup v2 is not mounted here: mount -t cgroup2 none /mnt, for example')
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

/** Whether a cgroup, or a file of it, is not there (any more). */
function hasGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV'].includes(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
