// A program above that forbids all others below: what the error says, and what helps.
//
//   forbidden-subtree.ts <cgroup>
//
// For example: mkdir /sys/fs/cgroup/app, then forbidden-subtree.ts /sys/fs/cgroup/app

import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { CgroupAttachMode, CgroupSkb, CgroupSkbAttachType, Ebpf, EbpfError } from 'ayajs'
import { Failure, statusOf } from './lib/failure.ts'

const { Egress } = CgroupSkbAttachType

process.exitCode = await statusOf('forbidden-subtree', async () => {
  const [cgroup] = process.argv.slice(2)
  if (cgroup === undefined) throw new Failure('usage: forbidden-subtree.ts <cgroup>', 2)
  const below = join(cgroup, 'below')
  mkdirSync(below)
  const bpf = Ebpf.loadFile(new URL(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o')))
  try {
    const egress = CgroupSkb.tryFrom(bpf.program('egress_filter'))
    egress.load()

    // Single is the only program of the cgroup and of everything below it.
    const single = egress.attachLink(cgroup, Egress, CgroupAttachMode.Single)
    try {
      egress.attach(below, Egress)
    } catch (error) {
      if (!EbpfError.isEbpfError(error)) throw error
      console.log(`${error.code} ${error.errnoName}\n${error.message}`)
    }

    // Attached in a way that suffers others, it forbids nothing.
    single.detach()
    egress.attach(cgroup, Egress)
    egress.attach(below, Egress)
    console.log('by links, both are attached')
  } finally {
    bpf.close()
    rmdirSync(below)
  }
  return 0
})
