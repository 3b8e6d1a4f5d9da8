// Tables of misused arguments: the call, the error, the message.
import type { ExecutionContext } from 'ava'
import { refuse } from './reports.ts'

/** The call as it is written, what runs it, the error, the message. */
export type Row = [call: string, run: (t: ExecutionContext) => unknown, error: string, message: string]

/** One test a row; `prefix` stands before each call in the titles. */
export function misuse(prefix: string, rows: readonly Row[]): void {
  refuse(rows.map(([call, run, error, message]) => ({ title: `misuse: ${prefix}${call}`, run, error, message })))
}

/** What TypeScript would refuse. */
export function wrong(value: unknown): never {
  return value as never
}

export const type = 'TypeError ERR_INVALID_ARG_TYPE'
export const value = 'TypeError ERR_INVALID_ARG_VALUE'
export const range = 'RangeError ERR_OUT_OF_RANGE'

export const bytes = 'must be an instance of Uint8Array, ArrayBuffer or DataView'
