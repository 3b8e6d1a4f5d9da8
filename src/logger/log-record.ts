// What a log line of a program becomes.

import type { EbpfError } from '../errors.ts'
import type { LogLevel } from './log-level.ts'

/** A line that a program has logged. */
export interface LogRecord {
  /** How grave it is. */
  readonly level: LogLevel
  /** What it is about: the module, unless the program says otherwise. */
  readonly target: string
  /** The path of the module that logged it: `filter`. */
  readonly module: string
  /** Its source file, as the compiler was given it. */
  readonly file: string
  /** The line in that file. */
  readonly line: number
  /** The text, with arguments formatted as aya-log formats them. */
  readonly message: string
  /** The arguments in their order, without the text between them. */
  readonly args: readonly LogArgument[]
  /**
   * `ERR_EBPF_RECORD` for what could not be read, with the reason: a record that is not of aya-log, or of another version.
   * `level` is `error` then, `message` says so, and the rest is what could be read, else empty and 0.
   */
  readonly error?: EbpfError
}

/**
 * An argument of a log line: integers of up to 32 bits and floating point as numbers, larger ones and pointers as bigints, IP
 * addresses and `str` as strings, bytes and arrays of bytes as bytes, `[u16; 8]` as numbers.
 */
export type LogArgument = number | bigint | string | Uint8Array | readonly number[]
