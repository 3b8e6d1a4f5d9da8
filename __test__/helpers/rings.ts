// Rings of ring.bpf.o: opened for one test, filled by test runs, in this process or in another one.
import type { ExecutionContext } from 'ava'
import { RingBuf, type BytesMap, type CgroupSkb, type Codec, type Ebpf, type LoadOptions } from 'ayajs'
import { commandOf, startChild, type Child } from './children.ts'
import { loaded, mapOf, openFixture, u64 } from './fixtures.ts'
import { pageSize } from './page-size.ts'

/** The smallest IPv4 packet. */
export const packet: Uint8Array = Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 1, 0, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)

/** The programs of ring.bpf.o. */
export type Writer =
  'write_numbered' | 'discard_most' | 'write_sized' | 'write_nothing' | 'write_kinds' | 'write_silently'

export interface RingOptions {
  /** The size of the ring in bytes. Default: one page. */
  readonly size?: number
  /** The size of what `write_sized` writes. */
  readonly recordSize?: number
  /** Where the ring is pinned, or comes from. */
  readonly pin?: string
}

export interface OpenRing {
  readonly bpf: Ebpf
  /** Counts what is lost. */
  readonly ring: RingBuf<Uint8Array>
  /** Has a program write so many times. */
  readonly write: (times?: number, writer?: Writer) => void
  /** How many records the programs of this object have written, or lost. */
  readonly produced: () => number
  /** How many of them were lost. Does not use the ring, as its `stats()` do. */
  readonly lost: () => number
}

/** Options that open ring.bpf.o as stated. */
export function ringOptions({ size = pageSize, recordSize = 64, pin }: RingOptions): LoadOptions {
  return {
    mapMaxEntries: { events: size },
    globals: { record_size: new Uint8Array(Uint32Array.of(recordSize).buffer) },
    ...(pin === undefined ? {} : { mapPinPath: { events: pin } }),
  }
}

/** Opens ring.bpf.o until the test ends. Each program is loaded when it first writes. */
export function openRing(t: ExecutionContext, options: RingOptions = {}): OpenRing {
  return withRing(openFixture(t, 'ring', ringOptions(options)))
}

/** {@link openRing}, of an object that is open. */
export function withRing(bpf: Ebpf): OpenRing {
  const programs = new Map<Writer, CgroupSkb>()
  return {
    bpf,
    ring: ringOf(bpf).countLostIn(mapOf(bpf, 'events_lost')),
    write(times = 1, writer = 'write_numbered') {
      const program = programs.get(writer) ?? loaded(bpf, writer)
      programs.set(writer, program)
      for (let left = times; left > 0; left -= 1e6) program.testRun({ packet, repeat: Math.min(left, 1e6) })
    },
    produced: () => Number(u64(mapOf(bpf, '.bss').get(new Uint8Array(4)))),
    lost: () => lostRecords(mapOf(bpf, 'events_lost')),
  }
}

/** What a counter of lost records has counted on all CPUs. */
function lostRecords(counter: BytesMap): number {
  const counts = counter.get(new Uint8Array(4)) ?? new Uint8Array()
  return Number(new BigUint64Array(counts.slice().buffer).reduce((all, one) => all + one, 0n))
}

/** The ring of an open object. */
export function ringOf(bpf: Ebpf, name = 'events'): RingBuf<Uint8Array> {
  const ring = bpf.map(name)
  if (!(ring instanceof RingBuf)) throw new Error(`${name} is no ring buffer`)
  return ring as RingBuf<Uint8Array>
}

/** What `write_numbered` writes. */
export interface Numbered {
  readonly number: number
  readonly kind: number
  readonly isWhole: boolean
}

export const numbered: Codec<Numbered> = {
  size: 16,
  decode({ view }, offset) {
    const number = Number(view.getBigUint64(offset, true))
    const twice = view.getUint32(offset + 12, true)
    return { number, kind: view.getUint32(offset + 8, true), isWhole: twice === (number * 2) % 2 ** 32 }
  },
  encode: () => undefined,
}

/** The number of a record as bytes. */
export function numberOf(record: Uint8Array): number {
  return Number(u64(record))
}

/** The numbers from 0 on. */
export function upTo(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

/** What a child of {@link startWriter} does. */
export interface Writing {
  readonly options: RingOptions
  readonly writer?: Writer
  /** How often in one test run, in one turn of its event loop. */
  readonly times: number
  /** How many such runs; for ever without. */
  readonly runs?: number
  /** How long it waits between them, in milliseconds. */
  readonly pauseMs?: number
}

/** Starts another process that writes. It answers with how many it has written or lost, when it has done its runs. */
export function startWriter(t: ExecutionContext, writing: Writing): Child {
  return startChild(t, commandOf('ring-writer.ts', JSON.stringify(writing)))
}
