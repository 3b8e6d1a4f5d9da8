// Objects of bpf/rust, opened for one test, and loggers that keep what they get.
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { CgroupSkb, Ebpf, EbpfLogger, type EbpfLoggerOptions, type LoadOptions, type LogLevel } from 'ayajs'
import { packet } from './rings.ts'

/** The path of an object, named without its ending. */
export function rustObject(name: string): string {
  return fileURLToPath(new URL(`../../bpf/rust/${name}.bpf.o`, import.meta.url))
}

/** Opens an object until the test ends. */
export function openRust(t: ExecutionContext, name: string, options: LoadOptions = {}): Ebpf {
  const bpf = Ebpf.loadFile(rustObject(name), options)
  t.teardown(() => bpf.close())
  return bpf
}

/** Runs a program on a packet, so many times; loads it when it is not. */
export function run(bpf: Ebpf, name: string, repeat = 1, bytes: Uint8Array = packet): number {
  const program = CgroupSkb.tryFrom(bpf.program(name))
  if (program.asRawFd() === null) program.load()
  return program.testRun({ packet: bytes, repeat }).returnValue
}

/** What a logger has been called with: the method and its arguments. */
export type Call = [method: LogLevel, ...line: unknown[]]

/** What `log_levels` logs. */
export const levels = [
  ['error', 'an error'],
  ['warn', 'a warning'],
  ['info', 'some information'],
  ['debug', 'for debugging'],
  ['trace', 'a trace'],
] as const

/** A logger that keeps what it gets. */
export function keepingLogger(): { calls: Call[]; logger: Required<EbpfLoggerOptions>['logger'] } {
  const calls: Call[] = []
  const keep =
    (method: LogLevel) =>
    (...line: unknown[]) =>
      void calls.push([method, ...line])
  const [error, warn, info] = [keep('error'), keep('warn'), keep('info')]
  return { calls, logger: { error, warn, info, debug: keep('debug'), trace: keep('trace') } }
}

/** A logger of an object until the test ends, and what it has been called with. */
export function logTo(
  t: ExecutionContext,
  bpf: Ebpf,
  options: EbpfLoggerOptions = {},
): { log: EbpfLogger; calls: Call[] } {
  const { calls, logger } = keepingLogger()
  const log = EbpfLogger.init(bpf, { logger, ...options })
  t.teardown(() => log.close())
  return { log, calls }
}

/** What stands in messages of log lines. */
export function messages(calls: readonly Call[]): unknown[] {
  return calls.map(([, message]) => message)
}
