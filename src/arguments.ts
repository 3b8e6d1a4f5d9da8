// Checks of arguments: misuse is a TypeError or RangeError with Node's codes, before anything happens.

import { inspect } from 'node:util'
import { fileURLToPath } from 'node:url'
import { nearest } from './nearest.ts'

/** A path: Linux paths are bytes, so a `Buffer` does as well as a string. */
export type PathLike = string | Uint8Array | UrlLike

/** A `URL`, for whom the type is known: not everybody has the types of Node or of the DOM. */
export type UrlLike = typeof globalThis extends { URL: { prototype: infer U } } ? U : never

/** Bytes in any of the forms that JavaScript has. */
export type BytesLike = Uint8Array | ArrayBuffer | DataView

/** @internal */
export function checkPath(name: string, value: unknown): string | Uint8Array {
  const path = value instanceof URL ? fileURLToPath(value) : value
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) {
    throw invalidArgType(name, 'of type string or an instance of Uint8Array or URL', value)
  }
  if (path.length === 0) throw invalidArgValue(name, 'must not be empty', value)
  if (typeof path === 'string' ? path.includes('\0') : path.includes(0)) {
    throw invalidArgValue(name, 'must be without null bytes', value)
  }
  return path
}

/** @internal */
export function checkBytes(name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  try {
    if (value instanceof ArrayBuffer) return new Uint8Array(value)
    if (value instanceof DataView) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  } catch {
    throw invalidArgValue(name, 'must not be detached', value) // The only reason for a view to be impossible.
  }
  throw invalidArgType(name, 'an instance of Uint8Array, ArrayBuffer or DataView', value)
}

/** @internal */
export function checkName(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidArgType(name, 'of type string', value)
  if (value.includes('\0')) throw invalidArgValue(name, 'must be without null bytes', value)
  return value
}

/** @internal */
export function checkInteger(name: string, value: unknown, minimum: number, maximum: number): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value)
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw outOfRange(name, `an integer >= ${minimum} && <= ${maximum}`, value)
  }
  return value
}

/** @internal */
export function checkBigInt(name: string, value: unknown, minimum: bigint, maximum: bigint): bigint {
  if (typeof value !== 'bigint') throw invalidArgType(name, 'of type bigint', value)
  if (value < minimum || value > maximum) throw outOfRange(name, `>= ${minimum}n && <= ${maximum}n`, value)
  return value
}

/** @internal */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgType(name, 'of type boolean', value)
  return value
}

/** @internal */
export function checkOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined) {
    throw invalidArgValue(name, `must be one of: ${allowed.map((one) => inspect(one)).join(', ')}`, value)
  }
  return found
}

/** @internal */
export function checkObject(name: string, value: unknown): object {
  if (typeof value !== 'object' || value === null) throw invalidArgType(name, 'of type object', value)
  return value
}

/** Refuses keys that mean nothing, with the nearest one that does, and objects that are no options. @internal */
export function checkOptions(name: string, options: object, known: readonly string[]): void {
  if (isSomethingElse(options, known)) {
    const hint = options instanceof AbortSignal && known.includes('signal') ? ', as in { signal }' : ''
    throw invalidArgType(name, `an object of options${hint}`, options)
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    const hint = near === undefined ? `known are: ${known.join(', ')}` : `did you mean "${near}"?`
    throw coded(TypeError, 'ERR_INVALID_ARG_VALUE', `Unknown option "${key}" in "${name}"; ${hint}`)
  }
}

/** Whether an object of some class has nothing of what is known: it is no options, though nothing in it is wrong. */
function isSomethingElse(options: object, known: readonly string[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(options)
  // Of another realm, too: that of a test runner, or of a vm.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  return !isPlain && Object.keys(options).length === 0 && !known.some((key) => key in options)
}

/**
 * The error for a value that is no instance of a class of ours. Where two copies of this package are loaded, each has classes of
 * its own, of the same names.
 *
 * @internal
 */
export function notInstance(name: string, className: string, value: unknown, orElse = ''): TypeError {
  const { message } = invalidArgType(name, `an instance of ${className}${orElse}`, value)
  const why = hasClassNamed(value, className)
    ? ' of another copy of ayajs: load it once (npm ls ayajs shows what is installed)'
    : ''
  return coded(TypeError, 'ERR_INVALID_ARG_TYPE', message + why)
}

function hasClassNamed(value: unknown, className: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  let of: object | null = value
  // No class of ours has more ancestors, and a proxy can have any number.
  for (let depth = 0; of !== null && depth < 8; depth++) {
    const { constructor } = of
    if (typeof constructor === 'function' && constructor.name === className) return true
    of = Object.getPrototypeOf(of) as object | null
  }
  return false
}

/** @internal */
export function invalidArgType(name: string, expected: string, value: unknown): TypeError {
  return coded(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" argument must be ${expected}. Received ${shown(value)}`,
  )
}

/** @internal */
export function invalidArgValue(name: string, rule: string, value: unknown): TypeError {
  return coded(TypeError, 'ERR_INVALID_ARG_VALUE', `The argument "${name}" ${rule}. Received ${shown(value)}`)
}

/** @internal */
export function outOfRange(name: string, rule: string, value: unknown): RangeError {
  const message = `The value of "${name}" is out of range. It must be ${rule}. Received ${shown(value)}`
  return coded(RangeError, 'ERR_OUT_OF_RANGE', message)
}

/** Classes that only ayajs makes objects of. @internal */
export function illegalConstructor(name: string, source: string): TypeError {
  return coded(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', `${name} has no public constructor: get one from ${source}`)
}

/** @internal */
export function coded<E extends Error>(type: new (message: string) => E, code: string, message: string): E {
  return Object.assign(new type(message), { code })
}

/** A value as messages show it. @internal */
export function shown(value: unknown): string {
  if (typeof value === 'function') return value.name === '' ? 'an anonymous function' : `function ${value.name}`
  if (typeof value === 'object' && value !== null) {
    const { constructor } = value
    return `an instance of ${typeof constructor === 'function' && constructor.name ? constructor.name : 'Object'}`
  }
  const text = inspect(value, { colors: false })
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
