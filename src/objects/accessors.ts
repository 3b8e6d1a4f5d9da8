// How single variables are read: one load for numbers in memory, else a copy that is decoded.

import type { Shape } from '../btf/shape.ts'
import { isLittleEndian } from '../maps/byte-order.ts'
import type { Section } from './section.ts'
import { decodeValue, type Variable } from './variables.ts'

/** A function that reads the variable. */
export function readerOf(variable: Variable, section: Section, state: State): () => unknown {
  const { offset, size, type } = variable
  const load = section.buffer === undefined || type === undefined ? undefined : loads[formatOf(type.shape) ?? '']
  if (load !== undefined && section.buffer !== undefined && offset % size === 0) {
    return load(state, section.buffer, offset / size)
  }
  const decode = decodeValue.bind(undefined, variable)
  return () => {
    if (state.isClosed) state.refuse()
    return section.read(offset, size, decode)
  }
}

/** Whether the variables can still be used. */
export interface State {
  readonly isClosed: boolean
  /** Throws `ERR_EBPF_CLOSED`. */
  refuse(): never
}

type Load = (state: State, buffer: ArrayBuffer, index: number) => () => unknown

/** The typed array whose elements are such values, if there is one. */
function formatOf(shape: Shape): string | undefined {
  if (shape.kind === 'boolean') return 'Boolean'
  if (shape.kind !== 'number' && shape.kind !== 'bigint') return undefined
  if (shape.size > 1 && shape.littleEndian !== isLittleEndian) return undefined
  if (shape.kind === 'number') return shape.format
  return shape.size === 8 ? `Big${shape.signed ? 'Int' : 'Uint'}64` : undefined
}

/** A function for each kind of array: one for all of them would have to look which it has every time. */
const loads: Readonly<Record<string, Load>> = {
  Boolean: (state, buffer, index) => {
    const array = new Uint8Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index] !== 0)
  },
  Uint8: (state, buffer, index) => {
    const array = new Uint8Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  Int8: (state, buffer, index) => {
    const array = new Int8Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  Uint16: (state, buffer, index) => {
    const array = new Uint16Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  Int16: (state, buffer, index) => {
    const array = new Int16Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  Uint32: (state, buffer, index) => {
    const array = new Uint32Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  Int32: (state, buffer, index) => {
    const array = new Int32Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  Float32: (state, buffer, index) => {
    const array = new Float32Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  Float64: (state, buffer, index) => {
    const array = new Float64Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  BigUint64: (state, buffer, index) => {
    const array = new BigUint64Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
  BigInt64: (state, buffer, index) => {
    const array = new BigInt64Array(buffer)
    return () => (state.isClosed ? state.refuse() : array[index])
  },
}
