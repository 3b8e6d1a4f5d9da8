// Types of loggers: what is one, what is none, and what a record has.
import { EbpfLogger, Ebpf, type LogArgument, type LogLevel, type LogRecord, type Logger } from 'ayajs'
import { exactly } from './expect.ts'

/** The methods of pino, as its types declare them. */
interface PinoMethod {
  <T>(obj: T, msg?: string, ...args: unknown[]): void
  (msg: string, ...args: unknown[]): void
}
declare const pino: Record<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent', PinoMethod>
declare const bpf: Ebpf
declare const typed: Ebpf<{ programs: {}; maps: { AYA_LOGS: never }; globals: {} }>

EbpfLogger.init(bpf)
EbpfLogger.init(typed, { level: 'off' })
EbpfLogger.init(bpf, { logger: pino, format: ({ target, message }) => [{ target }, message] })
EbpfLogger.init(bpf, { logger: console })
EbpfLogger.init(bpf, { logger: null, level: 'trace' })
EbpfLogger.initFromId(1, { logger: { ...console, trace: (line: string): number => line.length } })
Ebpf.loadFile('filter.bpf.o', { logLevel: 'off' })

export const logger: Logger = console
// @ts-expect-error there is no such level
EbpfLogger.init(bpf, { level: 'fatal' })
// @ts-expect-error a logger has a method for each level
EbpfLogger.init(bpf, { logger: { error: console.error } })
// @ts-expect-error an id is a number
EbpfLogger.initFromId('1')
// @ts-expect-error levels have names
Ebpf.loadFile('filter.bpf.o', { logLevel: 3 })

for await (const record of EbpfLogger.init(bpf)) {
  exactly<LogRecord>()(record)
  exactly<LogLevel>()(record.level)
  exactly<readonly LogArgument[]>()(record.args)
}
