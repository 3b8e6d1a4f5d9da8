// Turns what the addon reports into the error that a user sees: fact, reason, remedy.

import { constants } from 'node:os'
import { adviceFor } from './advice.ts'
import { EbpfError, errorCodes, type EbpfErrorCode, type EbpfErrorDetails } from './errors.ts'
import { readVerifierLog } from './verifier-log.ts'

/** What the addon hands to the error factory. */
export interface Failure extends EbpfErrorDetails {
  readonly code: string
  readonly message: string
  readonly causes?: readonly string[]
  /** What to do, where the addon knows more than the tables here. */
  readonly remedy?: string
  /** The weak function that the program calls, and that the kernel does not have. */
  readonly absentFunction?: string
}

/** The error for a failure in the addon. */
export function toError(failure: Failure): Error {
  const { code, message: text, causes = [], remedy, absentFunction, ...details } = failure
  const message = nameErrnos(text)
  if (!isEbpfErrorCode(code)) {
    const type = code === 'ERR_OUT_OF_RANGE' ? RangeError : TypeError
    return Object.assign(new type(message), { code })
  }
  const errnoName = details.errno === undefined ? undefined : nameOfErrno(-details.errno)
  const cause = causeOf(causes.map(nameErrnos).filter((one) => !message.endsWith(one)))
  const known = { ...refusalOf(details, absentFunction), ...details, ...(errnoName !== undefined && { errnoName }) }
  return new EbpfError(code, explain(code, message, known, remedy), cause === undefined ? known : { ...known, cause })
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

const errnoNames: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno)
    .filter(([name]) => !aliases.includes(name))
    .map(([name, errno]) => [errno, name] as const),
  // Numbers that the kernel keeps to itself, but that bpf(2) lets out all the same (include/linux/errno.h).
  [512, 'ERESTARTSYS'],
  [524, 'ENOTSUPP'],
])

/** What glibc and musl say of a number that they do not know. */
const nothingSaid = /(?:Unknown error \d+|No error information) (?=\(os error 524\))/g

/** Rust says `(os error 1)` where everybody else says EPERM. */
function nameErrnos(text: string): string {
  return text
    .replace(nothingSaid, 'Operation is not supported ')
    .replace(/\(os error (\d+)\)/g, (_, errno: string) => `(${nameOfErrno(Number(errno))})`)
}

function isEbpfErrorCode(code: string): code is EbpfErrorCode {
  return Object.hasOwn(errorCodes, code)
}

function explain(code: EbpfErrorCode, message: string, details: EbpfErrorDetails, remedy?: string): string {
  const isRefusal = code === 'ERR_EBPF_LOAD' || details.verifierLog !== undefined
  const reason = isRefusal ? loadReason(details) : undefined
  const said = reason === undefined ? message : `${message}: ${reason}`
  const fact = said.replace(/\.$/, '') // Some reasons of the kernel are sentences.
  return `${fact.charAt(0).toUpperCase()}${fact.slice(1)}. ${remedy ?? adviceFor(code, details)}`
}

function loadReason({ errnoName, reason, sourceLine }: EbpfErrorDetails): string | undefined {
  const parts = [errnoName, reason].filter((part) => part !== undefined)
  if (parts.length === 0) return undefined
  return parts.join(': ') + (sourceLine === undefined ? '' : `, at ${shorten(sourceLine)}`)
}

/** What the verifier's log tells, in short. */
function refusalOf({ verifierLog }: EbpfErrorDetails, absentFunction?: string): EbpfErrorDetails {
  if (verifierLog === undefined) return {}
  const { reason, sourceLine } = readVerifierLog(verifierLog, absentFunction)
  return { ...(reason !== '' && { reason }), ...(sourceLine !== undefined && { sourceLine }) }
}

/** Lines of C that are longer would bury what follows. */
function shorten(line: string): string {
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}

function causeOf(texts: readonly string[]): Error | undefined {
  return texts.reduceRight<Error | undefined>(
    (cause, text) => (cause === undefined ? new Error(text) : new Error(text, { cause })),
    undefined,
  )
}
