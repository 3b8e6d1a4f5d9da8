// Global variables of an object: what their values are in JavaScript, and in memory.

import { coded, shown } from '../arguments.ts'
import type { Codec, Memory } from '../btf/codec.ts'
import type { BtfTypes } from '../btf/btf-types.ts'
import type { ObjectFile, ObjectGlobal } from '../btf/object.ts'
import { isRecordStatement } from '../btf/ring-record.ts'
import type { Shape } from '../btf/shape.ts'
import { EbpfError, errorCodes } from '../errors.ts'
import { nearest } from '../nearest.ts'

/** A global variable, and how its values are read and written: as bytes where the object has no type for it. */
export interface Variable extends ObjectGlobal {
  readonly type: { readonly shape: Shape; readonly codec: Codec } | undefined
}

/** The variables of an object by name: the first one of each, as in generated types. */
export function variablesOf(file: ObjectFile): Map<string, Variable> {
  const variables = new Map<string, Variable>()
  for (const global of file.globals) {
    if (variables.has(global.name) || isRecordStatement(file.btf, global)) continue
    variables.set(global.name, { ...global, type: typeOf(file.btf, global) })
  }
  return variables
}

/** The value in memory at `offset`; nothing of it can be changed, but for bytes, which are a copy. */
export function decodeValue({ type, size }: Variable, memory: Memory, offset: number): unknown {
  return type === undefined ? memory.bytes.slice(offset, offset + size) : freeze(type.codec.decode(memory, offset))
}

/**
 * Writes a value of the variable's type, or as many bytes as it has, into memory of its size.
 *
 * @throws {TypeError} For another type.
 * @throws {RangeError} For what does not fit.
 */
export function encodeValue({ name, type, size }: Variable, value: unknown, memory: Memory): void {
  const path = `globals.${name}`
  if (value instanceof Uint8Array) {
    if (value.length !== size) {
      const message = `${path}: ${type?.shape.typeName ?? 'the variable'} has ${size} bytes, not ${value.length}`
      throw coded(RangeError, 'ERR_OUT_OF_RANGE', message)
    }
    memory.bytes.set(value)
  } else if (type === undefined) {
    const expected = `a Uint8Array of ${size} bytes: the object does not tell its type`
    throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', `${path} must be ${expected}. Received ${shown(value)}`)
  } else {
    type.codec.encode(value, memory, 0, path)
  }
}

/** The error for a variable that the object does not have. */
export function noVariable(name: string, variables: ReadonlyMap<string, Variable>): EbpfError {
  const names = [...variables.keys()].sort()
  const near = nearest(name, names)
  const list = names.length === 0 ? 'It has none.' : `It has: ${names.join(', ')}.`
  const hint = near === undefined ? errorCodes.ERR_EBPF_NOT_FOUND.remedy : `Did you mean "${near}"?`
  return new EbpfError('ERR_EBPF_NOT_FOUND', `The object has no global variable "${name}". ${list} ${hint}`)
}

function typeOf(types: BtfTypes | undefined, { typeId, size }: ObjectGlobal): Variable['type'] {
  if (types === undefined || typeId === undefined) return undefined
  try {
    const shape = types.shapeOf(typeId)
    // A variable with a flexible array at its end is larger than its type.
    if (shape.size !== size) return undefined
    let codec: Codec | undefined
    return {
      shape,
      // Compiling one for each variable would take longer than loading the object.
      get codec() {
        return (codec ??= types.codec(typeId))
      },
    }
  } catch (error) {
    // A type without values.
    if (EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_BTF') return undefined
    throw error
  }
}

/** Freezes what was just decoded, and everything in it. */
function freeze(value: unknown): unknown {
  // Bytes cannot be frozen.
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
