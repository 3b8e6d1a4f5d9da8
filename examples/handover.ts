// A filter that stays when its process has ended, and that the next process takes over: no packet passes unjudged between.
//
//   handover.ts <cgroup> <pin> <denied port>   attaches the filter, or puts this one in the place of the one that is there
//   handover.ts --end <pin>                    detaches it
//
// For example: mkdir /sys/fs/cgroup/app, then handover.ts /sys/fs/cgroup/app /sys/fs/bpf/app-filter 25

import { CgroupSkb, CgroupSkbAttachType, Ebpf, EbpfError, PinnedLink } from 'ayajs'
import { Failure, statusOf } from './lib/failure.ts'

process.exitCode = await statusOf('handover', async () => {
  const [first, second, port] = process.argv.slice(2)
  if (first === '--end' && second !== undefined) end(second)
  else if (first !== undefined && second !== undefined && port !== undefined) filter(first, second, toPort(port))
  else throw new Failure('usage: handover.ts <cgroup> <pin> <denied port> | --end <pin>', 2)
  return 0
})

function filter(cgroup: string, pin: string, deniedPort: number): void {
  const object = new URL(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o'))
  const bpf = Ebpf.loadFile(object, { globals: { denied_port: new Uint8Array(Uint16Array.of(deniedPort).buffer) } })
  try {
    const egress = CgroupSkb.tryFrom(bpf.program('egress_filter'))
    egress.load()
    const link = openIfPinned(pin)
    if (link === null) {
      // The file holds the link, and the link holds the program: neither needs this process any more.
      egress.attachLink(cgroup, CgroupSkbAttachType.Egress).toFdLink().pin(pin).close()
      console.log(`port ${deniedPort} is denied by program ${egress.info().id}, pinned at ${pin}`)
    } else {
      const former = link.info().programId
      link.update(egress) // In one step: every packet is judged by the former program or by this one.
      link.close()
      console.log(`port ${deniedPort} is denied by program ${egress.info().id}, in the place of program ${former}`)
    }
  } finally {
    bpf.close() // Unloads nothing that the link holds.
  }
}

function end(pin: string): void {
  PinnedLink.fromPin(pin).unpin().detach()
  console.log(`nothing is denied any more, and ${pin} is gone`)
}

function toPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw new Failure(`"${text}" is no port`, 2)
  return port
}

function openIfPinned(pin: string): PinnedLink | null {
  try {
    return PinnedLink.fromPin(pin)
  } catch (error) {
    if (EbpfError.isEbpfError(error) && error.errnoName === 'ENOENT') return null
    throw error
  }
}
