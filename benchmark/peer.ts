// A contender's process, and the protocol: it introduces itself, then answers `ROW ITERATIONS BEFORE` by `NANOSECONDS SUM`;
// `live 0 0` by `ready`, and by what it has seen when the last record has come.

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Contender } from './contenders.ts'

export interface Measurement {
  /** Of all operations together. */
  readonly elapsedNs: number
  /** Of what it has read, or how many operations it did: the same for all, else somebody measures something else. */
  readonly sum: string
}

/** What a contender has seen that read live, until the last record. */
export interface LiveMeasurement {
  readonly records: number
  /** From the first record to the last one. */
  readonly elapsedNs: number
  /** Of all threads of its process. */
  readonly cpuNs: number
  /** How often its threads went to sleep. */
  readonly switches: number
  /** From when a record was reserved to when it was read. */
  readonly p50Ns: number
  readonly p99Ns: number
  /** The longest time that the event loop took for one turn, where there is one. */
  readonly stallNs?: number
}

interface Introduction {
  readonly version: string
  readonly rows: readonly string[]
}

/** A process that measures. */
export class Peer {
  readonly contender: Contender
  readonly version: string
  readonly rows: readonly string[]
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(
    contender: Contender,
    introduction: Introduction,
    child: ChildProcess,
    lines: AsyncIterator<string>,
  ) {
    this.contender = contender
    this.version = introduction.version
    this.rows = introduction.rows
    this.#child = child
    this.#lines = lines
  }

  static async start(contender: Contender, pins: string): Promise<Peer> {
    const [program, ...args] = contender.command(pins)
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    // A process that cannot be started, or has ended, is told by the end of its output.
    child.on('error', () => {})
    child.stdin.on('error', () => {})
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await nextLine(contender, lines)
    if (first.startsWith('error ')) throw new Error(`${contender.title}: ${first.slice('error '.length)}`)
    return new Peer(contender, JSON.parse(first) as Introduction, child, lines)
  }

  /** Has it do so many operations, and measure as many after them. */
  async run(row: string, iterations: number, before = 0): Promise<Measurement> {
    this.#child.stdin?.write(`${row} ${iterations} ${before}\n`)
    const line = await nextLine(this.contender, this.#lines)
    const [elapsed = '', sum = ''] = line.split(' ')
    if (!/^\d+$/.test(elapsed)) throw new Error(`${this.contender.title}: ${row}: ${line}`)
    return { elapsedNs: Number(elapsed), sum }
  }

  /** Has it read from the ring until the last record, which `write` has written when it is done. */
  async live(write: () => Promise<void>): Promise<LiveMeasurement> {
    this.#child.stdin?.write('live 0 0\n')
    const ready = await nextLine(this.contender, this.#lines)
    if (ready !== 'ready') throw new Error(`${this.contender.title}: live: ${ready}`)
    await write()
    const line = await nextLine(this.contender, this.#lines)
    if (!line.startsWith('{')) throw new Error(`${this.contender.title}: live: ${line}`)
    return JSON.parse(line) as LiveMeasurement
  }

  /** Ends the process, which has nothing to clean up. */
  stop(): void {
    this.#child.kill()
  }
}

async function nextLine({ title }: Contender, lines: AsyncIterator<string>): Promise<string> {
  const next = await lines.next()
  if (next.done === true) throw new Error(`${title}: its process has ended`)
  return next.value
}
