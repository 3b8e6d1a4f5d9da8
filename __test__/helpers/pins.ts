// Directories of the tests in the BPF file system, removed with everything pinned in them when the test ends.
import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Owner } from './owner.ts'

const prefix = `ayajs-test-${process.pid}-`

let made = 0

/** A directory in which objects can be pinned. */
export function makePinDirectory(t: Owner): string {
  const path = join(bpfMount(), `${prefix}${++made}`)
  mkdirSync(path)
  t.teardown(() => {
    for (const name of readdirSync(path)) rmSync(join(path, name))
    rmdirSync(path)
  })
  return path
}

/** The directories of this process that are still there. */
export function pinsLeft(): readonly string[] {
  return readdirSync(bpfMount()).filter((name) => name.startsWith(prefix))
}

function bpfMount(): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const point = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'bpf')?.[1]
  if (point === undefined) throw new Error('no BPF file system is mounted: mount -t bpf none /sys/fs/bpf')
  return point
}
