// Traffic of a cgroup: a child in it sends a stated amount over loopback, to itself, and reports what happened.
import { startIn, type TestCgroup } from './cgroup.ts'
import { commandOf } from './children.ts'
import type { Owner } from './owner.ts'

/** What is to be sent. */
export type Order =
  | { readonly protocol: 'udp'; readonly datagrams: number; readonly bytes: number; readonly host: '127.0.0.1' | '::1' }
  | { readonly protocol: 'tcp'; readonly bytes: number; readonly host: '127.0.0.1' | '::1' }

/** What became of it, in datagrams (UDP) or bytes (TCP). */
export interface Report {
  /** What the kernel took. */
  readonly sent: number
  /** What it refused with EPERM. */
  readonly refused: number
  /** What arrived. */
  readonly received: number
}

export interface Traffic {
  udp(datagrams: number, options?: { bytes?: number; host?: Order['host'] }): Promise<Report>
  tcp(bytes: number, options?: { host?: Order['host'] }): Promise<Report>
}

/** Starts the child; it ends with its owner. All of its sockets are the cgroup's, and it makes new ones for each order. */
export function startTraffic(t: Owner, cgroup: TestCgroup): Traffic {
  const child = startIn(t, cgroup, commandOf('./traffic-child.ts'))
  const order = (what: Order): Promise<Report> => child.ask<Report>(what)
  return {
    udp: (datagrams, { bytes = 100, host = '127.0.0.1' } = {}) => order({ protocol: 'udp', datagrams, bytes, host }),
    tcp: (bytes, { host = '127.0.0.1' } = {}) => order({ protocol: 'tcp', bytes, host }),
  }
}
