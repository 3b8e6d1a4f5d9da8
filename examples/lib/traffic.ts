// What `egress_filter.bpf.c` counts: read from its map, shown as a table, compared with what somebody else counted.

import { isDeepStrictEqual } from 'node:util'
import type { MapBase } from 'ayajs'

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

/** The map `traffic`: a key of type u32, and per possible CPU a `struct traffic` of four u64 (bpf/layout/traffic.h). */
export function readTraffic(map: MapBase | null): BothWays {
  if (map === null) throw new Error('the object has no map "traffic"')
  return { egress: sumOfCpus(map, 0), ingress: sumOfCpus(map, 1) }
}

function sumOfCpus(map: MapBase, direction: number): Traffic {
  const value = map.get(new Uint8Array(Uint32Array.of(direction).buffer)) ?? new Uint8Array()
  const fields = [...new BigUint64Array(value.slice().buffer)].map(Number)
  const sum = (field: number): number => fields.reduce((total, one, at) => (at % 4 === field ? total + one : total), 0)
  return { packets: sum(0), bytes: sum(1), 'dropped packets': sum(2), 'dropped bytes': sum(3) }
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
