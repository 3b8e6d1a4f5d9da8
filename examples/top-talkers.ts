// Runs a command in a cgroup of its own, and prints with which addresses it exchanged most: the five busiest.
//
//   top-talkers.ts                              sockets on loopback, which talk to themselves
//   top-talkers.ts curl http://example.com/     any command; Ctrl-C ends it, and prints what there is

import { constants } from 'node:os'
import { SocketAddress } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CgroupSkbAttachType, Ebpf, type HashMap } from 'ayajs'
import { Cgroup } from './lib/cgroup.ts'
import { statusOf } from './lib/failure.ts'
import { catchSignals } from './lib/signals.ts'
import { TopTalkers, type Exchanged, type Peer } from './top_talkers.bpf.ts' // Written by: ayajs types top_talkers.bpf.o

process.exitCode = await statusOf('top-talkers', main)

async function main(): Promise<number> {
  const argv = process.argv.slice(2)
  const interrupted = catchSignals() // Before there is anything that must be cleaned up.
  const cgroup = await Cgroup.make('ayajs-top-talkers')
  let status: number
  try {
    status = await watch(cgroup, argv.length === 0 ? loopbackPeers() : argv, interrupted)
  } finally {
    await cgroup.remove()
  }
  return interrupted.aborted ? 128 + constants.signals[interrupted.reason as NodeJS.Signals] : status
}

async function watch(cgroup: Cgroup, argv: readonly string[], interrupted: AbortSignal): Promise<number> {
  // With its types the object has exactly these programs and maps: a misspelled name does not compile.
  const bpf = Ebpf.loadFile(new URL('top_talkers.bpf.o', import.meta.url), { as: TopTalkers })
  try {
    const sent = bpf.program('count_sent')
    const received = bpf.program('count_received')
    sent.load()
    received.load()
    sent.attach(cgroup.path, CgroupSkbAttachType.Egress)
    received.attach(cgroup.path, CgroupSkbAttachType.Ingress)

    const { status } = await cgroup.run(argv, interrupted, false)
    print(bpf.map('peers'))
    return status
  } finally {
    bpf.close()
  }
}

/** Keys and values of the map are objects, with the names that the C source gives them. */
function print(peers: HashMap<Peer, Exchanged>): void {
  const busiest = [...peers].sort(([, a], [, b]) => Number(total(b) - total(a))).slice(0, 5)
  if (busiest.length === 0) console.log('nothing was sent or received')
  for (const [{ address }, { sent, received }] of busiest) {
    console.log(`${nameOf(address).padEnd(39)} ${`${sent}`.padStart(10)} sent ${`${received}`.padStart(10)} received`)
  }
}

function total({ sent, received }: Exchanged): bigint {
  return sent + received
}

/** An address as people write it: `127.0.0.1`, `fe80::1`. */
function nameOf(bytes: Uint8Array): string {
  const address = Buffer.from(bytes)
    .toString('hex')
    .replace(/(?<=.)(?=(?:.{4})+$)/g, ':')
  return new SocketAddress({ family: 'ipv6', address }).address.replace(/^::ffff:/, '')
}

function loopbackPeers(): readonly string[] {
  return [process.execPath, ...process.execArgv, fileURLToPath(new URL('lib/loopback-peers.ts', import.meta.url))]
}
