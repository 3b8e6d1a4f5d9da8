// What it was measured on.

import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { root } from './places.ts'

export interface Machine {
  readonly kernel: string
  readonly cpu: string
  readonly cpus: number
  readonly architecture: string
  readonly node: string
  readonly ayajs: string
  /** The commit of this repository, with a plus when files are changed; '' outside of git. */
  readonly commit: string
  /** Of the last minute, before the start. */
  readonly load: number
}

export function describeMachine(): Machine {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return {
    kernel: release(),
    cpu: cpus()[0]?.model.trim() ?? '',
    cpus: availableParallelism(),
    architecture: process.arch,
    node: process.versions.node,
    ayajs: version,
    commit: commit(),
    load: loadavg()[0] ?? NaN,
  }
}

/** What to say about a machine that has other work, of which the numbers tell as well. */
export function loadWarning({ load, cpus: count }: Pick<Machine, 'load' | 'cpus'>): string | undefined {
  if (load <= count * 0.25) return undefined
  return `The load average is ${load.toFixed(2)} on ${count} CPUs: others were working here, and the numbers show it.`
}

function commit(): string {
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : '+')
  } catch {
    return ''
  }
}

function git(...args: string[]): string {
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }
  return execFileSync('git', ['-c', `safe.directory=${root}`, ...args], options).trim()
}
