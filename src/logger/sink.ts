// Where log lines go: any logger with a method for each level, the console by default.

import { invalidArgType } from '../arguments.ts'
import { logLevels, type LogLevel } from './log-level.ts'
import type { LogRecord } from './log-record.ts'

/** Takes log lines: the console, pino, winston, or whatever has a method for each level. */
export type Logger = { readonly [L in LogLevel]: (...line: never[]) => unknown }

/** What the method of a logger is called with. */
export type LogFormat = (record: LogRecord) => readonly unknown[]

/** Hands a record over. */
export type Sink = (record: LogRecord) => void

/** The way to a logger. @throws {TypeError} `ERR_INVALID_ARG_TYPE` for what is none. */
export function sinkOf(logger: unknown, format: unknown): Sink {
  if (format !== undefined && typeof format !== 'function') {
    throw invalidArgType('options.format', 'of type function', format)
  }
  const target = checkLogger(logger)
  const isConsole = target === (console as unknown)
  const line = (format as LogFormat | undefined) ?? (isConsole ? likeEnvLogger : messageOnly)
  return (record) => {
    // console.trace() prints a stack, which would be that of this line.
    const method = isConsole && record.level === 'trace' ? 'debug' : record.level
    ;(target[method] as (...line: unknown[]) => unknown)(...line(record))
  }
}

/** A logger puts level and time before it. One argument: with more, a `%` in it would stand for the next one. */
const messageOnly: LogFormat = ({ message }) => [message]

/** The console says neither level nor target. */
const likeEnvLogger: LogFormat = ({ level, target, message }) => [
  `[${level.toUpperCase().padEnd(5)} ${target}] ${message}`,
]

function checkLogger(value: unknown): Logger {
  const logger = value as Partial<Logger> | null
  const isObject = typeof logger === 'object' || typeof logger === 'function'
  const missing =
    isObject && logger !== null ? logLevels.filter((level) => typeof logger[level] !== 'function') : undefined
  if (missing?.length === 0) return logger as Logger
  const lacks = missing === undefined ? '' : ` (it lacks ${missing.join(', ')})`
  throw invalidArgType('options.logger', `an object with the methods ${logLevels.join(', ')}${lacks}`, value)
}
