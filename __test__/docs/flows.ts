// What tests about flows.bpf.o have in common: its map of flows, packets that it counts.
import type { ExecutionContext } from 'ava'
import { type Ebpf, EbpfError, HashMap } from 'ayajs'

export interface FlowKey {
  daddr: number
  dport: number
  protocol: number
}

export interface Flow {
  packets: bigint
  bytes: bigint
}

export const flow: Flow = { packets: 1n, bytes: 60n }

/** The key of a flow to this address. */
export function keyOf(daddr: number): FlowKey {
  return { daddr, dport: 443, protocol: 6 }
}

/** The map of flows, typed. */
export function flowsOf(bpf: Ebpf): HashMap<FlowKey, Flow> {
  return HashMap.tryFrom<FlowKey, Flow>(bpf.map('flows'))
}

/** A packet of IPv4 with UDP, to port 53. */
export function packetTo(address: number): Uint8Array {
  const packet = new DataView(new ArrayBuffer(28))
  packet.setUint8(0, 0x45)
  packet.setUint8(9, 17)
  packet.setUint32(16, address)
  packet.setUint16(22, 53)
  return new Uint8Array(packet.buffer)
}

/** The error of ours that a call throws. */
export function failureOf(t: ExecutionContext, call: () => unknown): EbpfError | undefined {
  return t.throws(call, { instanceOf: EbpfError }) as EbpfError | undefined
}
