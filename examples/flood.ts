// Every packet of a command as an event, with a ring that is too small and a reader that has other things to do:
// what the programs have seen is what was delivered and what was counted as lost, to the last packet.
//
//   flood.ts              datagrams to itself over loopback
//   flood.ts curl http://example.com/

import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { CgroupSkb, CgroupSkbAttachType, Ebpf, RingBuf, type MapBase } from 'ayajs'
import { Cgroup } from './lib/cgroup.ts'
import { statusOf } from './lib/failure.ts'
import { catchSignals } from './lib/signals.ts'

const ownTraffic = fileURLToPath(new URL('lib/flood-traffic.ts', import.meta.url))

process.exitCode = await statusOf('flood', async () => {
  const given = process.argv.slice(2)
  const command = given.length > 0 ? given : [process.execPath, ...process.execArgv, ownTraffic, '20000']
  const interrupted = catchSignals()
  const cgroup = await Cgroup.make('ayajs-flood')
  try {
    return await flood(cgroup, command, interrupted)
  } finally {
    await cgroup.remove()
  }
})

async function flood(cgroup: Cgroup, command: readonly string[], interrupted: AbortSignal): Promise<number> {
  const object = new URL(import.meta.resolve('ayajs/bpf/packet_events.bpf.o'))
  const bpf = Ebpf.loadFile(object, { mapMaxEntries: { events: 4096 } }) // 170 events.
  try {
    const ring = RingBuf.tryFrom(bpf.map('events'))
    const reading = countEvents(ring)
    const [egress, ingress] = ['report_egress', 'report_ingress'].map((name) => CgroupSkb.tryFrom(bpf.program(name)))
    egress?.load()
    ingress?.load()
    const links = [
      egress?.attachLink(cgroup.path, CgroupSkbAttachType.Egress),
      ingress?.attachLink(cgroup.path, CgroupSkbAttachType.Ingress),
    ]
    const { status } = await cgroup.run(command, interrupted, false)

    // From here on nothing is written any more: what is still in the ring is all that there will be.
    for (const link of links) link?.detach()
    await Promise.race([reading, until(() => ring.stats().pendingBytes === 0)])
    ring.close()
    return report(await reading, bpf, status)
  } finally {
    bpf.close()
  }
}

/** Counts until the ring is closed. The pauses are what else a program has to do; the ring is the queue meanwhile. */
async function countEvents(ring: RingBuf): Promise<number> {
  let delivered = 0
  for await (const batch of ring.batches({ reuse: true })) {
    delivered += batch.count
    await sleep(1)
  }
  return delivered
}

function report(delivered: number, bpf: Ebpf, status: number): number {
  const [produced, lost] = [sumOfCpus(bpf.map('produced')), sumOfCpus(bpf.map('events_lost'))]
  console.log(`produced ${produced} = delivered ${delivered} + lost ${lost}`)
  const agree = produced === delivered + lost
  console.log(agree ? '✔ to the last packet' : '✘ somebody has miscounted')
  return agree ? status : 1
}

/** The first element of a per-CPU array of numbers, of all CPUs. */
function sumOfCpus(map: MapBase | null): number {
  const values = map?.asBytes().get(new Uint8Array(4)) ?? new Uint8Array()
  return Number(new BigUint64Array(values.slice().buffer).reduce((sum, value) => sum + value, 0n))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1)
}
