// Runs a command in a cgroup of its own, drops what it sends to one port, and prints what it sent and received.
//
//   npm start                                               a client and a server on loopback, which count for themselves
//   npm start -- curl http://example.com/                   any command
//   npm start -- --deny-port 443 -- curl https://example.com/

import { constants } from 'node:os'
import { CgroupSkb, CgroupSkbAttachType, Ebpf } from 'ayajs'
import { Cgroup } from './lib/cgroup.ts'
import { readCommandLine, type CommandLine } from './lib/command-line.ts'
import { statusOf } from './lib/failure.ts'
import { catchSignals } from './lib/signals.ts'
import { compare, readTraffic } from './lib/traffic.ts'

process.exitCode = await statusOf('egress-filter', main)

async function main(): Promise<number> {
  const commandLine = readCommandLine(process.argv.slice(2))
  if (commandLine === null) return 0
  const interrupted = catchSignals() // Before there is anything that must be cleaned up.
  const cgroup = await Cgroup.make('ayajs-egress-filter')
  let status: number
  try {
    status = await filter(cgroup, commandLine, interrupted)
  } finally {
    await cgroup.remove()
  }
  return interrupted.aborted ? 128 + constants.signals[interrupted.reason as NodeJS.Signals] : status
}

async function filter(cgroup: Cgroup, { command, deniedPort }: CommandLine, interrupted: AbortSignal): Promise<number> {
  // Opens the object: its maps are created now, its programs are not loaded yet. `denied_port` is a global variable of
  // the C source; it takes bytes.
  const object = new URL(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o'))
  const bpf = Ebpf.loadFile(object, { globals: { denied_port: new Uint8Array(Uint16Array.of(deniedPort).buffer) } })
  try {
    // A program has a class, which knows how to attach it. The verifier runs when it is loaded.
    const egress = CgroupSkb.tryFrom(bpf.program('egress_filter'))
    const ingress = CgroupSkb.tryFrom(bpf.program('ingress_count'))
    egress.load()
    ingress.load()

    // From here on every packet of the sockets that are made in the cgroup runs through the programs.
    egress.attach(cgroup.path, CgroupSkbAttachType.Egress)
    ingress.attach(cgroup.path, CgroupSkbAttachType.Ingress)
    console.log(`egress_filter and ingress_count are attached to ${cgroup.path}`)
    console.log(deniedPort === 0 ? 'no port is denied' : `TCP and UDP packets to port ${deniedPort} are dropped`)

    const { status, output } = await cgroup.run(command.argv, interrupted, command.countsTraffic)

    const seen = readTraffic(bpf.map('traffic'))
    if (!command.countsTraffic || status !== 0) {
      console.table(seen)
      return status
    }
    return compare(seen, output) ? 0 : 1
  } finally {
    bpf.close() // Detaches both programs, unloads them and closes the map.
  }
}
