// Initial values of global variables that are given as values: made into bytes before anything is opened.

import { newMemory } from '../btf/codec.ts'
import type { Binding } from '../native.ts'
import type { Contents } from './contents.ts'
import { encodeValue, noVariable } from './variables.ts'

/** A value for a variable, to be encoded as the object says. */
export interface InitialValue {
  readonly name: string
  readonly value: unknown
  /** Whether an object without such a variable is refused. */
  readonly mustExist: boolean
}

/** Whether a value is bytes already: those need no types. */
export function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView
}

/** What of the option `globals` is not bytes. */
export function valuesIn(globals: object = {}): InitialValue[] {
  return Object.entries(globals)
    .filter(([, value]) => !isBytes(value))
    .map(([name, value]) => ({ name, value: value as unknown, mustExist: true }))
}

/**
 * A loader that sets these values as well; the one that is given stays as it is.
 *
 * @throws {EbpfError} `ERR_EBPF_NOT_FOUND`; `ERR_EBPF_PARSE` and `ERR_EBPF_BTF` where the object cannot be read.
 * @throws {TypeError} For a value of another type than the variable's.
 * @throws {RangeError} For one that does not fit.
 */
export function withValues(
  loader: Binding.EbpfLoader,
  contents: Contents,
  values: readonly InitialValue[],
): Binding.EbpfLoader {
  if (values.length === 0) return loader
  const own = loader.copy()
  for (const { name, value, mustExist } of values) {
    const variable = contents.variables.get(name)
    if (variable === undefined) {
      if (mustExist) throw noVariable(name, contents.variables)
      continue
    }
    const memory = newMemory(variable.size)
    encodeValue(variable, value, memory)
    own.overrideGlobal(name, memory.bytes, true)
  }
  return own
}
