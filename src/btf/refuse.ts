// Why a value cannot be written: errors that name the place, such as `flow.key.dport`, and the C type that does not hold it.

import { coded, shown } from '../arguments.ts'
import { nearest } from '../nearest.ts'
import { integerRange, namesOf, type Part, type RecordShape, type Shape } from './shape.ts'

/** What a value that its shape does not take is refused with. */
export function wrongValue(shape: Shape, value: unknown, path: string): Error {
  if (value === undefined) return wrongType(`${path} is missing: ${expected(shape)} is needed`)
  switch (shape.kind) {
    case 'number':
      if (shape.format === 'Float32' || shape.format === 'Float64') return wrongFloat(shape, value, path)
      return wrongInteger(shape, shape.size * 8, shape.format.startsWith('I'), value, path)
    case 'bigint':
      return wrongBigInt(shape, shape.size * 8, shape.signed, value, path)
    case 'bits':
      if (shape.result === 'number') return wrongInteger(shape, shape.width, shape.signed, value, path)
      if (shape.result === 'bigint') return wrongBigInt(shape, shape.width, shape.signed, value, path)
      return notThat(shape, value, path)
    case 'string':
      return typeof value === 'string' ? wrongString(shape, value, path) : notThat(shape, value, path)
    case 'bytes':
      if (!(value instanceof Uint8Array)) return notThat(shape, value, path)
      return wrongLength(`${path}: ${shape.typeName} has ${shape.size} bytes, not ${value.length}`)
    case 'array':
      if (!Array.isArray(value)) return notThat(shape, value, path)
      return wrongLength(`${path}: ${shape.typeName} has ${shape.length} elements, not ${value.length}`)
    case 'boolean':
    case 'record':
      return notThat(shape, value, path)
    default:
      return shape satisfies never
  }
}

/** What a member is refused with; one that is missing may have been misspelled. */
export function wrongField(
  record: RecordShape,
  name: string,
  shape: Shape,
  value: unknown,
  parent: object,
  path: string,
): Error {
  if (value === undefined) checkKeys(parent, record, path)
  return wrongValue(shape, value, path + step(name))
}

/** What a union is refused with that is given by none of its members, or by several. */
export function wrongUnion(parts: readonly Part[], record: RecordShape, parent: object, path: string): Error {
  checkKeys(parent, record, path)
  const names = parts.map(namesOf)
  const given = names.flat().filter((name) => read(parent, name) !== undefined)
  const choice = listed(names.map((all) => listed(all, ' with ')))
  if (given.length === 0) return wrongType(`${path}: one member of the union is needed: ${choice}`)
  return wrongType(`${path}: ${listed(given, ' and ')} exclude each other, in a union: give one of ${choice}`)
}

/** @throws {TypeError} where the object has a property that is no member of the struct. */
export function checkKeys(value: object, record: RecordShape, path: string): void {
  let known = knownNames.get(record)
  if (known === undefined) knownNames.set(record, (known = new Set(record.names)))
  for (const key of Object.keys(value)) {
    if (known.has(key)) continue
    const near = nearest(key, record.names)
    const hint =
      near === undefined
        ? `its members are: ${listed(record.names) || 'none'}`
        : `did you mean ${JSON.stringify(near)}?`
    const message = `${path}${step(key)}: ${record.typeName} has no such member; ${hint}`
    throw coded(TypeError, 'ERR_INVALID_ARG_VALUE', message)
  }
}

/** What a property is, unless every object has it. */
export function read(value: object, name: string): unknown {
  if (name in Object.prototype && !Object.hasOwn(value, name)) return undefined
  return (value as { readonly [name: string]: unknown })[name]
}

/** How a path goes on to a member. */
export function step(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/** Names in a message, which nobody reads to the end when they are many. */
function listed(names: readonly string[], separator = ', '): string {
  const most = 64
  if (names.length <= most) return names.join(separator)
  return `${names.slice(0, most).join(separator)}${separator}… (${names.length} in all)`
}

const knownNames = new WeakMap<RecordShape, Set<string>>()

function wrongInteger(shape: Shape, bits: number, signed: boolean, value: unknown, path: string): Error {
  if (typeof value !== 'number') return notThat(shape, value, path)
  const [minimum, maximum] = integerRange(bits, signed)
  const problem = Number.isInteger(value) ? `${value} exceeds` : `${value} is no integer, as is needed for`
  return wrongLength(`${path}: ${problem} ${shape.typeName}, which holds ${minimum} to ${maximum}`)
}

function wrongFloat(shape: Shape, value: unknown, path: string): Error {
  if (typeof value !== 'number') return notThat(shape, value, path)
  return wrongLength(`${path}: ${value} exceeds ${shape.typeName}`)
}

function wrongBigInt(shape: Shape, bits: number, signed: boolean, value: unknown, path: string): Error {
  if (typeof value === 'number' && Number.isInteger(value)) {
    return wrongType(`${path} must be a bigint (${shape.typeName}): write ${BigInt(value)}n, not ${value}`)
  }
  if (typeof value !== 'bigint') return notThat(shape, value, path)
  const [minimum, maximum] = integerRange(bits, signed)
  return wrongLength(`${path}: ${value}n exceeds ${shape.typeName}, which holds ${minimum}n to ${maximum}n`)
}

function wrongString(shape: Shape, value: string, path: string): Error {
  const what = `${path}: ${shown(value)}`
  if (value.includes('\0')) {
    return coded(TypeError, 'ERR_INVALID_ARG_VALUE', `${what} has a null byte, where ${shape.typeName} would end`)
  }
  if (/\p{Surrogate}/u.test(value)) {
    return coded(TypeError, 'ERR_INVALID_ARG_VALUE', `${what} has half of a surrogate pair, which UTF-8 cannot express`)
  }
  const size = Buffer.byteLength(value)
  return wrongLength(`${what} has ${size} bytes in UTF-8, but ${shape.typeName} holds ${shape.size}`)
}

function notThat(shape: Shape, value: unknown, path: string): TypeError {
  return wrongType(`${path} must be ${expected(shape)}. Received ${shown(value)}`)
}

function expected(shape: Shape): string {
  const kind = shape.kind === 'bits' ? shape.result : shape.kind
  return `${articles[kind]} (${shape.typeName})`
}

const articles: Readonly<Record<Exclude<Shape['kind'], 'bits'>, string>> = {
  number: 'a number',
  bigint: 'a bigint',
  boolean: 'a boolean',
  string: 'a string',
  bytes: 'a Uint8Array',
  array: 'an array',
  record: 'an object',
}

function wrongType(message: string): TypeError {
  return coded(TypeError, 'ERR_INVALID_ARG_TYPE', message)
}

function wrongLength(message: string): RangeError {
  return coded(RangeError, 'ERR_OUT_OF_RANGE', message)
}
