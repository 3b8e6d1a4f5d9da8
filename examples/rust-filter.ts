// A filter in Rust, and its log: what a command sends, line by line as the program logs it, and the sums at the end.
//
//   rust-filter.ts              datagrams to itself over loopback, some of them to a port that is denied
//   rust-filter.ts curl http://example.com/
//
// The program is bpf/rust/src/bin/filter.rs.

import { fileURLToPath } from 'node:url'
import { CgroupSkbAttachType, Ebpf, EbpfLogger } from 'ayajs'
import { Filter } from '../bpf/rust/filter.bpf.ts'
import { Cgroup } from './lib/cgroup.ts'
import { statusOf } from './lib/failure.ts'
import { catchSignals } from './lib/signals.ts'

const deniedPort = 9999
const object = new URL('../bpf/rust/filter.bpf.o', import.meta.url)
const ownTraffic = fileURLToPath(new URL('lib/loopback-traffic.ts', import.meta.url))

process.exitCode = await statusOf('rust-filter', async () => {
  const given = process.argv.slice(2)
  const command = given.length > 0 ? given : [process.execPath, ...process.execArgv, ownTraffic, `${deniedPort}`]
  const interrupted = catchSignals()
  const cgroup = await Cgroup.make('ayajs-rust-filter')
  try {
    return await follow(cgroup, command, interrupted)
  } finally {
    await cgroup.remove()
  }
})

async function follow(cgroup: Cgroup, command: readonly string[], interrupted: AbortSignal): Promise<number> {
  // The level is a constant of the program: lines above it are not even compiled.
  const bpf = Ebpf.loadFile(object, { as: Filter, globals: { DENIED_PORT: deniedPort }, logLevel: 'info' })
  const logger = EbpfLogger.init(bpf) // to the console
  try {
    const egress = bpf.program('egress')
    egress.load()
    egress.attach(cgroup.path, CgroupSkbAttachType.Egress)
    const { status } = await cgroup.run(command, interrupted, true)
    await logger.flush() // What the last packets had to say.
    const { records, timesFull } = logger.stats()
    console.log(`${records} lines${timesFull > 0 ? ', and some that found no room' : ''}`)
    for (const [address, { packets, bytes, denied }] of bpf.map('SENT')) {
      console.log(`${dotted(address)}: ${packets} packets, ${bytes} bytes, ${denied} packets denied`)
    }
    return status
  } finally {
    logger.close()
    bpf.close()
  }
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}
