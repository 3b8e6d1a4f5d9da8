// Turns what the addon reports into the error that a user sees: fact, reason, remedy.

import { constants } from 'node:os'
import { adviceFor } from './advice.ts'
import { EbpfError, errorCodes, type EbpfErrorCode, type EbpfErrorDetails } from './errors.ts'
import { verifierSummary } from './verifier-log.ts'

/** What the addon hands to the error factory. */
export interface Failure extends EbpfErrorDetails {
  readonly code: string
  readonly message: string
  readonly causes?: readonly string[]
}

/** The error for a failure in the addon. */
export function toError(failure: Failure): Error {
  const { code, message: text, causes = [], ...details } = failure
  const message = nameErrnos(text)
  if (!isEbpfErrorCode(code)) {
    const type = code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError
    return Object.assign(new type(message), { code })
  }
  const errnoName = details.errno === undefined ? undefined : nameOfErrno(-details.errno)
  const cause = causeOf(causes.map(nameErrnos).filter((one) => !message.endsWith(one)))
  const known = errnoName === undefined ? details : { ...details, errnoName }
  return new EbpfError(code, explain(code, message, known), cause === undefined ? known : { ...known, cause })
}

/** The same error with other advice at its end, given by somebody who has looked closer. */
export function withRemedy(error: EbpfError, advice: string): EbpfError {
  const { code, ...details } = error
  const general = adviceFor(code, details)
  const fact = error.message.endsWith(general) ? error.message.slice(0, -general.length) : `${error.message} `
  return new EbpfError(
    code,
    `${fact}${advice}`,
    error.cause === undefined ? details : { ...details, cause: error.cause },
  )
}

/** The name of a positive error number: `EPERM` for 1. */
export function nameOfErrno(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`
}

/** Second names of numbers that have a better known one on Linux. */
const aliases = ['EWOULDBLOCK', 'ENOTSUP']

/** Numbers that the kernel keeps to itself, but that bpf(2) lets out all the same (include/linux/errno.h). */
const errnoNames: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno)
    .filter(([name]) => !aliases.includes(name))
    .map(([name, errno]) => [errno, name] as const),
  [512, 'ERESTARTSYS'],
  [524, 'ENOTSUPP'],
])

/** Rust says `(os error 1)` where everybody else says EPERM. */
function nameErrnos(text: string): string {
  return text.replace(/\(os error (\d+)\)/g, (_, errno: string) => `(${nameOfErrno(Number(errno))})`)
}

function isEbpfErrorCode(code: string): code is EbpfErrorCode {
  return Object.hasOwn(errorCodes, code)
}

function explain(code: EbpfErrorCode, message: string, details: EbpfErrorDetails): string {
  const reason = code === 'ERR_EBPF_LOAD' ? loadReason(details) : undefined
  const fact = reason === undefined ? message : `${message}: ${reason}`
  return `${fact.charAt(0).toUpperCase()}${fact.slice(1)}. ${adviceFor(code, details)}`
}

function loadReason(details: EbpfErrorDetails): string | undefined {
  const summary = verifierSummary(details.verifierLog ?? '')
  const parts = [details.errnoName, summary].filter((part) => part !== undefined && part !== '')
  return parts.length === 0 ? undefined : parts.join(': ')
}

function causeOf(texts: readonly string[]): Error | undefined {
  return texts.reduceRight<Error | undefined>(
    (cause, text) => (cause === undefined ? new Error(text) : new Error(text, { cause })),
    undefined,
  )
}
