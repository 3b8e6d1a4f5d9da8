// Two filters on one cgroup, in a stated order: the one that is attached second runs first.
//
//   two-filters.ts <cgroup>
//
// For example: mkdir /sys/fs/cgroup/app, then two-filters.ts /sys/fs/cgroup/app

import { CgroupSkb, CgroupSkbAttachType, Ebpf, queryCgroup } from 'ayajs'
import { Failure, statusOf } from './lib/failure.ts'

const { Egress } = CgroupSkbAttachType

process.exitCode = await statusOf('two-filters', async () => {
  const [cgroup] = process.argv.slice(2)
  if (cgroup === undefined) throw new Failure('usage: two-filters.ts <cgroup>', 2)
  const mail = denying(25)
  const telnet = denying(23)

  // A link is placed relative to another link. Without an order it comes last.
  const mailLink = mail.attachLink(cgroup, Egress)
  const telnetLink = telnet.attachLink(cgroup, Egress, { order: { before: mailLink } })

  // All of them run for every packet, and one that drops it is enough: the order is that of the side effects.
  const names = new Map([
    [mail.info().id, 'the filter of port 25'],
    [telnet.info().id, 'the filter of port 23'],
  ])
  for (const [index, { id, linkIds }] of queryCgroup(cgroup, Egress, { links: true }).programs.entries()) {
    console.log(
      `${index + 1}. ${names.get(id) ?? 'a program of somebody else'}: program ${id}, link ${linkIds?.[0] ?? 'none'}`,
    )
  }

  telnetLink.detach()
  mailLink.detach()
  return 0
})

/** A loaded filter that drops what is sent to a port; its object is closed at the end of the process. */
function denying(port: number): CgroupSkb {
  const object = new URL(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o'))
  const bpf = Ebpf.loadFile(object, { globals: { denied_port: new Uint8Array(Uint16Array.of(port).buffer) } })
  const egress = CgroupSkb.tryFrom(bpf.program('egress_filter'))
  egress.load()
  return egress
}
