// What the operating system says about files and pipes, as an error of ayajs.

import { EbpfError } from '../index.ts'

/** An error of a system call as `ERR_EBPF_FILE`; anything else as it is. */
export function fileError(problem: string, error: unknown, path?: string): unknown {
  if (!isSystemError(error)) return error
  const { errno, code: errnoName, syscall } = error
  const reason = /^\w+: ([^,]+)/.exec(error.message)?.[1] ?? error.message
  const facts = { errno, errnoName, syscall, cause: error, ...(path === undefined ? {} : { path }) }
  return new EbpfError('ERR_EBPF_FILE', `${problem}: ${reason} (${errnoName}).`, facts)
}

interface SystemError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: string
}

/** Whether a system call failed. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'errno' in error && 'code' in error && 'syscall' in error
}
