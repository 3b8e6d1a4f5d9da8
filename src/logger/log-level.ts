// Levels of log lines: their names, and the numbers that programs know them by.

import { checkOneOf } from '../arguments.ts'

/** The levels of aya-log, from the gravest on. */
export const logLevels = ['error', 'warn', 'info', 'debug', 'trace'] as const

/** How grave a log line is: aya-log's `Level`. */
export type LogLevel = (typeof logLevels)[number]

/** The least grave level that is wanted; `off` for none at all. */
export type LogLevelFilter = LogLevel | 'off'

/** The variable in which a program that logs has its level: aya-log's `LEVEL`. */
export const levelVariable = 'AYA_LOG_LEVEL'

/** The level of this number in a record: 1 for `error`. */
export function levelOf(number: number): LogLevel | undefined {
  return logLevels[number - 1]
}

/** What a program compares with: it writes lines up to this number. */
export function numberOf(level: LogLevelFilter): number {
  return level === 'off' ? 0 : logLevels.indexOf(level) + 1
}

/** @internal */
export function checkLevel(name: string, value: unknown): LogLevelFilter {
  return checkOneOf<LogLevelFilter>(name, value, ['off', ...logLevels])
}
