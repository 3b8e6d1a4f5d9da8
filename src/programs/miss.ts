// Why `CgroupSkb.tryFrom(bpf.program('typo'))` and `HashMap.tryFrom(bpf.map('typo'))` can name the typo, although they only see null.

import { EbpfError } from '../errors.ts'
import { nearest } from '../nearest.ts'

let miss: EbpfError | undefined

/** Remembers, for the rest of this turn of the event loop, which name was not found. */
export function recordMiss(error: EbpfError): void {
  if (miss === undefined) queueMicrotask(() => (miss = undefined))
  miss = error
}

/** The error about the name that was looked up last, once, if it was to be the name of this. */
export function takeMiss(what: 'program' | 'map'): EbpfError | undefined {
  const error = miss?.[what] === undefined ? undefined : miss
  miss = undefined
  if (error !== undefined) Error.captureStackTrace(error, takeMiss)
  return error
}

/** The error for a name that an object does not have. */
export function notFound(what: 'program' | 'map', name: string, names: readonly string[]): EbpfError {
  const near = nearest(name, names)
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  const list = names.length === 0 ? `It has no ${what}s.` : `It has: ${names.join(', ')}.`
  return new EbpfError('ERR_EBPF_NOT_FOUND', `The object has no ${what} "${name}". ${list}${hint}`, { [what]: name })
}

/** The error for a map that an object has no more. */
export function alreadyTaken(name: string): EbpfError {
  const message = `The map "${name}" has been taken out of the object: use the one that takeMap() returned.`
  return new EbpfError('ERR_EBPF_NOT_FOUND', message, { map: name })
}
