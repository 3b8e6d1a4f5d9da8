// `EbpfLogger`: log lines of programs that are written in Rust with aya-log.
/// <reference lib="esnext.disposable" preserve="true" />

import { checkObject, checkOptions, illegalConstructor, invalidArgType } from '../arguments.ts'
import { EbpfError } from '../errors.ts'
import type { EventIterator, EventsOptions } from '../events/iterators.ts'
import type { RingBuf } from '../maps/ring-buf.ts'
import type { Ebpf } from '../objects/ebpf.ts'
import { checkAttainable, ringOfObject, ringOfProgram } from './find-ring.ts'
import { checkLevel, numberOf, type LogLevelFilter } from './log-level.ts'
import { LogIteration, type LogSource } from './log-iteration.ts'
import type { LogRecord } from './log-record.ts'
import { LogReader, type LogStats } from './log-reader.ts'
import { sinkOf, type LogFormat, type Logger, type Sink } from './sink.ts'

/** What is done with log lines. */
export interface EbpfLoggerOptions {
  /**
   * Lines above this level are left out here. The programs write them nonetheless: `logLevel` of {@link LoadOptions} has them
   * not write them. Default: all that they write.
   */
  readonly level?: LogLevelFilter | undefined
  /** Takes the lines; `null` for none, when they are iterated over. Default: the console. */
  readonly logger?: Logger | null | undefined
  /**
   * What the logger's method is called with. Default: the message; for the console, `[INFO  target] message`.
   *
   * @example
   * ```ts
   * ({ target, file, line, args, message }) => [{ target, file, line, args }, message] // as pino takes it
   * ```
   */
  readonly format?: LogFormat | undefined
}

/**
 * Log lines of programs that are written in Rust with `aya-log-ebpf` 0.2: aya-log's `EbpfLogger`. They go to a logger, the
 * console by default, and to whoever iterates. Requires Linux 5.8.
 *
 * Lines are handed over as they come, in their order, and as long as the process runs: a logger does not keep it alive, a loop over
 * it does. A full ring buffer drops lines, and nobody counts them: see {@link stats}.
 *
 * @example
 * ```ts
 * const bpf = Ebpf.loadFile('filter.bpf.o', { logLevel: 'info' })
 * const logger = EbpfLogger.init(bpf)
 * ```
 */
export class EbpfLogger implements AsyncIterable<LogRecord> {
  readonly #reader: LogReader
  readonly #sink: Sink | undefined
  /** How many loops there are: meanwhile lines reach the sink by them. */
  #loops = 0
  /** How many flushes are under way. */
  #flushes = 0
  #pump: { readonly events: EventIterator<Uint8Array>; readonly end: Promise<void> } | undefined
  /** Resolves when the sink has what was taken for it. */
  #handedOver: Promise<unknown> = Promise.resolve()

  /** @internal */
  constructor(reader: LogReader, sink: Sink | undefined) {
    if (!((reader as unknown) instanceof LogReader)) {
      throw illegalConstructor('EbpfLogger', 'EbpfLogger.init() or EbpfLogger.initFromId()')
    }
    this.#reader = reader
    this.#sink = sink
    this.#resume()
  }

  /**
   * Reads what the programs of an object log: aya-log's `init` and `init_with_logger`. The object may be closed before the logger.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_FOUND` for an object that does not log; `ERR_EBPF_READONLY` for a level that its programs do
   *   not write; `ERR_EBPF_BUSY` when there is a reader already; `ERR_EBPF_UNEXPECTED_MAP_TYPE` for an object of older
   *   `aya-log-ebpf`; `ERR_EBPF_CLOSED`.
   */
  static init(bpf: Pick<Ebpf, 'globals' | 'hasMap' | 'map'>, options: EbpfLoggerOptions = {}): EbpfLogger {
    const checked = checkLoggerOptions(options)
    const ring = ringOfObject(bpf)
    return opened(ring, checked, () => {
      if (checked.level !== undefined) checkAttainable(bpf as Ebpf, checked.level)
    })
  }

  /**
   * Reads what a loaded program logs, one that is pinned for instance: aya-log's `init_from_id`. No other process may read from it.
   *
   * @param programId See `loadedPrograms()`.
   * @throws {EbpfError} `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`; `ERR_EBPF_NOT_FOUND` when there is no such program, or it
   *   does not log; and as {@link init}.
   */
  static initFromId(programId: number, options: EbpfLoggerOptions = {}): EbpfLogger {
    const checked = checkLoggerOptions(options)
    return opened(ringOfProgram(programId), checked)
  }

  /** Whether {@link close} has been called. */
  get closed(): boolean {
    return this.#reader.closed
  }

  /**
   * The lines, one by one, until the loop is left or the logger closed; the logger gets each of them as well, before the loop
   * does. One loop at a time: `next()` of a second one rejects with `ERR_EBPF_BUSY`.
   */
  records(options: EventsOptions = {}): EventIterator<LogRecord> {
    checkOptions('options', checkObject('options', options), ['signal'])
    const { signal } = options
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidArgType('options.signal', 'an instance of AbortSignal', signal)
    }
    const source: LogSource = {
      open: async () => {
        this.#loops++
        this.#pause()
        await this.#handedOver
        return this.#reader.events(signal, true)
      },
      read: (bytes) => {
        const record = this.#reader.read(bytes)
        if (record !== undefined) this.#give(record)
        return record
      },
      ended: () => {
        this.#loops--
        this.#resume()
      },
    }
    return new LogIteration(source)
  }

  /** {@link records}, for `for await`. */
  [Symbol.asyncIterator](): EventIterator<LogRecord> {
    return this.records()
  }

  /** Resolves when what has been logged until now is handed over: aya-log's `flush`. A loop gets its lines by itself. */
  async flush(): Promise<void> {
    if (this.#loops > 0 || this.#sink === undefined || this.closed) return
    this.#flushes++
    await this.#handOverRest()
    this.#flushes--
    this.#resume()
  }

  /** What has been read, and what is known of what has not. */
  stats(): LogStats {
    return this.#reader.stats()
  }

  /**
   * Ends the logger, and a loop over it. What has been logged until now still goes to the logger, before the event loop goes
   * on. Twice does nothing.
   */
  close(): void {
    if (this.closed) return
    if (this.#loops === 0 && this.#sink !== undefined) void this.#handOverRest()
    this.#reader.close()
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Reads on behalf of the sink, while nobody else does. */
  #resume(): void {
    if (this.#sink === undefined || this.#loops + this.#flushes > 0 || this.#pump !== undefined || this.closed) return
    const events = this.#reader.events(undefined, false)
    this.#pump = { events, end: this.#run(events) }
  }

  /** Lets go of the ring. */
  #pause(): void {
    const pump = this.#pump
    if (pump === undefined) return
    this.#pump = undefined
    void pump.events.return()
    this.#handedOver = Promise.all([this.#handedOver, pump.end])
  }

  /** What is in the ring now is taken now, and handed over after what was taken before. */
  #handOverRest(): Promise<unknown> {
    this.#pause()
    const rest = this.#reader.drain()
    this.#handedOver = this.#handOver(this.#handedOver, rest)
    return this.#handedOver
  }

  async #handOver(before: Promise<unknown>, records: readonly Uint8Array[]): Promise<void> {
    await before
    for (const bytes of records) this.#deliver(bytes)
  }

  async #run(events: EventIterator<Uint8Array>): Promise<void> {
    try {
      for await (const bytes of events) this.#deliver(bytes)
    } catch (error) {
      if (!EbpfError.isEbpfError(error)) throw error
      this.#give(this.#reader.failed(error))
    }
  }

  #deliver(bytes: Uint8Array): void {
    const record = this.#reader.read(bytes)
    if (record !== undefined) this.#give(record)
  }

  #give(record: LogRecord): void {
    try {
      this.#sink?.(record)
    } catch (error) {
      // A logger that throws is like a listener that does: an uncaught exception, and the next line is read all the same.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/** A logger that owns this ring, or nothing that does. */
function opened(ring: RingBuf<Uint8Array>, { most, sink }: Checked, check = (): void => undefined): EbpfLogger {
  try {
    check()
    return new EbpfLogger(LogReader.open(ring, most), sink)
  } catch (error) {
    ring.close()
    throw error
  }
}

interface Checked {
  /** The number of the least grave level that is handed over. */
  readonly most: number
  readonly level: LogLevelFilter | undefined
  readonly sink: Sink | undefined
}

function checkLoggerOptions(options: EbpfLoggerOptions): Checked {
  checkOptions('options', checkObject('options', options), ['level', 'logger', 'format'])
  const level = options.level === undefined ? undefined : checkLevel('options.level', options.level)
  const { logger = console, format } = options
  const sink = logger === null ? undefined : sinkOf(logger, format)
  return { level, most: level === undefined ? numberOf('trace') : numberOf(level), sink }
}
