// What `egress_filter.bpf.c` counts: read from its map, shown as a table, compared with what somebody else counted.

import { isDeepStrictEqual } from 'node:util'
import { type MapBase, PerCpuArray } from 'ayajs'

/** The counts of one direction. */
export interface Traffic {
  readonly packets: number
  readonly bytes: number
  readonly 'dropped packets': number
  readonly 'dropped bytes': number
}

/** As seen from the cgroup: egress leaves it, ingress enters it. */
export interface BothWays {
  readonly egress: Traffic
  readonly ingress: Traffic
}

/** `struct traffic` of the C source: sums of one CPU. */
interface Sums {
  readonly packets: bigint
  readonly bytes: bigint
  readonly dropped_packets: bigint
  readonly dropped_bytes: bigint
}

/** The map `traffic`: by direction, the sums of each possible CPU. */
export function readTraffic(map: MapBase | null): BothWays {
  const traffic = PerCpuArray.tryFrom<Sums>(map)
  return { egress: sumOfCpus(traffic.get(0)), ingress: sumOfCpus(traffic.get(1)) }
}

function sumOfCpus(ofEachCpu: readonly Sums[] = []): Traffic {
  const sum = (field: keyof Sums): number => ofEachCpu.reduce((total, sums) => total + Number(sums[field]), 0)
  return {
    packets: sum('packets'),
    bytes: sum('bytes'),
    'dropped packets': sum('dropped_packets'),
    'dropped bytes': sum('dropped_bytes'),
  }
}

/** Prints the counts beside those that the command printed as JSON; whether they agree. */
export function compare(seen: BothWays, output: string): boolean {
  const told = JSON.parse(output) as BothWays
  console.table({
    egress: seen.egress,
    'egress, by the command': told.egress,
    ingress: seen.ingress,
    'ingress, by the command': told.ingress,
  })
  const agree = isDeepStrictEqual(seen, told)
  console.log(agree ? '✔ the command counted the same' : '✘ the command counted something else')
  return agree
}
