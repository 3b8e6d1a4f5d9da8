// Loads a filter as root, becomes a user who may nothing, and goes on reading what the filter counts. Needs Linux 6.1.
//
//   drop-privileges.ts <cgroup> [<uid>]
//
// For example: mkdir /sys/fs/cgroup/app, then drop-privileges.ts /sys/fs/cgroup/app; Ctrl-C ends it.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { CgroupSkb, CgroupSkbAttachType, Ebpf } from 'ayajs'
import { Failure, statusOf } from './lib/failure.ts'
import { catchSignals } from './lib/signals.ts'
import { readTraffic } from './lib/traffic.ts'

const nobody = 65_534

process.exitCode = await statusOf('drop-privileges', async () => {
  const [cgroup, uid = `${nobody}`] = process.argv.slice(2)
  if (cgroup === undefined || !/^[1-9]\d*$/.test(uid))
    throw new Failure('usage: drop-privileges.ts <cgroup> [<uid>]', 2)
  const interrupted = catchSignals()

  const bpf = Ebpf.loadFile(new URL(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o')))
  const egress = CgroupSkb.tryFrom(bpf.program('egress_filter'))
  egress.load()
  const link = egress.attachLink(cgroup, CgroupSkbAttachType.Egress)
  // Modules that read the types of maps are loaded on first use: now, while every file can be read.
  readTraffic(bpf.map('traffic'))

  become(Number(uid))
  console.log(`uid ${process.getuid?.()}, effective capabilities ${effectiveCapabilities().join(' and ')}`)

  while (!interrupted.aborted) {
    // An open handle is the permission: maps are read, links are detached, nothing new is loaded or attached.
    const { packets, bytes } = readTraffic(bpf.map('traffic')).egress
    console.log(`${packets} packets, ${bytes} bytes`)
    await sleep(1_000, undefined, { signal: interrupted }).catch(() => undefined)
  }
  const { packets } = readTraffic(bpf.map('traffic')).egress
  link.detach()
  console.log(`detached after ${packets} packets`)
  return 0
})

/** Becomes a user for good: groups first, which only root may change; the last step takes the capabilities of every thread. */
function become(uid: number): void {
  if (process.getuid?.() !== 0) throw new Failure('there is nothing to drop: run this as root')
  process.setgroups?.([])
  process.setgid?.(uid)
  process.setuid?.(uid)
}

/** Those of the threads of this process, each set once; see capabilities(7). */
function effectiveCapabilities(): string[] {
  const status = readFileSync('/proc/self/status', 'utf8')
  return [...new Set([...status.matchAll(/^CapEff:\s*(\w+)$/gm)].map(([, set]) => set ?? ''))]
}
