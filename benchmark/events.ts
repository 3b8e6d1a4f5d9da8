// Writes the records that contenders drain: runs programs on a packet, which costs no network.

import { setTimeout as sleep } from 'node:timers/promises'
import { ArrayMap, CgroupSkb, Ebpf, RingBuf } from 'ayajs'
import { objects } from './places.ts'

/** The sizes of records that there are programs for, in bytes. */
export type EventSize = 16 | 64 | 512

/** An IPv4 header. */
const packet = Uint8Array.of(0x45, 0, 0, 20, ...new Uint8Array(16))

const endPatienceMs = 30_000

/** The programs of benchmark/bpf/events.bpf.c, loaded once, with the ring that they write into. Their names must not begin
 * as those do whose end programs.ts waits for. */
export class EventWriter {
  readonly #bpf: Ebpf
  readonly #next: ArrayMap<number>
  readonly #programs = new Map<string, CgroupSkb>()

  /** Makes the ring, and pins it in the folder. */
  constructor(pins: string) {
    this.#bpf = Ebpf.loadFile(objects.events, { defaultMapPinDirectory: pins })
    this.#next = ArrayMap.tryFrom<number>(this.#bpf.map('next_event'))
    for (const name of ['16', '64', '512', 'end']) {
      const program = CgroupSkb.tryFrom(this.#bpf.program(`write_event_${name}`))
      program.load()
      this.#programs.set(name, program)
    }
  }

  /** Has so many records in the ring, numbered from 0, and no others. */
  fill(size: EventSize, count: number): void {
    this.begin()
    this.write(size, count)
  }

  /** Throws away what is in the ring, and numbers from 0 again. */
  begin(): void {
    const ring = RingBuf.tryFrom(this.#bpf.map('ring'))
    ring.drain()
    ring.close()
    this.#next.set(0, 0)
  }

  /** Writes records, as fast as it goes; those that find no room are lost. */
  write(size: EventSize, count: number): void {
    this.#program(`${size}`).testRun({ packet, repeat: count })
  }

  /** Writes the last record, as soon as there is room. */
  async end(): Promise<void> {
    for (const started = performance.now(); performance.now() - started < endPatienceMs; await sleep(1)) {
      if (this.#program('end').testRun({ packet }).returnValue === 1) return
    }
    throw new Error('nobody drains the ring')
  }

  close(): void {
    this.#bpf.close()
  }

  #program(name: string): CgroupSkb {
    const program = this.#programs.get(name)
    if (program === undefined) throw new RangeError(`no program for ${name}`)
    return program
  }
}
