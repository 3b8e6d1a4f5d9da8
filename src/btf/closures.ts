// Codecs out of closures, for where code must not be generated. The same results as those of compile.ts.

import type { Codec } from './codec.ts'
import {
  fits,
  readBits,
  readBytes,
  readString,
  readWide,
  writeBits,
  writeBytes,
  writeString,
  writeWide,
} from './primitives.ts'
import { checkKeys, read, step, wrongField, wrongUnion, wrongValue } from './refuse.ts'
import {
  namesOf,
  type ArrayShape,
  type BigIntShape,
  type BitsShape,
  type NumberShape,
  type Part,
  type RecordShape,
  type Shape,
} from './shape.ts'

/** A codec for a shape. */
export function closureCodec(shape: Shape): Codec {
  const { read: decode, write } = accessOf(shape)
  return {
    size: shape.size,
    decode: ({ view, bytes }, offset) => decode(view, bytes, offset),
    encode(value, { view, bytes }, offset, path) {
      bytes.fill(0, offset, offset + shape.size)
      if (!write(value, view, bytes, offset, path)) throw wrongValue(shape, value, path)
    },
  }
}

interface Access {
  read(view: DataView, bytes: Uint8Array, offset: number): unknown
  /** Into bytes that are zero; `false` when the value itself is not of the shape. */
  write(value: unknown, view: DataView, bytes: Uint8Array, offset: number, path: string): boolean
}

const made = new WeakMap<Shape, Access>()

/** Made once for each shape: types refer to one another in any number. */
function accessOf(shape: Shape): Access {
  let access = made.get(shape)
  if (access === undefined) made.set(shape, (access = make(shape)))
  return access
}

function make(shape: Shape): Access {
  switch (shape.kind) {
    case 'number':
      return numberAccess(shape)
    case 'bigint':
      return bigintAccess(shape)
    case 'bits':
      return bitsAccess(shape)
    case 'array':
      return arrayAccess(shape)
    case 'record':
      return recordAccess(shape)
    case 'boolean':
      return {
        read: (_view, bytes, offset) => bytes[offset] !== 0,
        write: (value, _view, bytes, offset) => typeof value === 'boolean' && ((bytes[offset] = value ? 1 : 0), true),
      }
    case 'string':
      return {
        read: (_view, bytes, offset) => readString(bytes, offset, shape.size),
        write: (value, _view, bytes, offset) =>
          typeof value === 'string' && writeString(bytes, offset, shape.size, value),
      }
    case 'bytes':
      return {
        read: (_view, bytes, offset) => readBytes(bytes, offset, shape.size),
        write: (value, _view, bytes, offset) =>
          value instanceof Uint8Array && writeBytes(bytes, offset, shape.size, value),
      }
    default:
      return shape satisfies never
  }
}

function numberAccess({ format, littleEndian, size }: NumberShape): Access {
  const isFloat = format === 'Float32' || format === 'Float64'
  const [get, set] = [`get${format}`, `set${format}`] as const
  const accepts = (value: number): boolean => {
    if (!isFloat) return Number.isInteger(value) && fits(value, size * 8, format.startsWith('I'))
    return size === 8 || !Number.isFinite(value) || Number.isFinite(Math.fround(value))
  }
  return {
    read: (view, _bytes, offset) => view[get](offset, littleEndian),
    write(value, view, _bytes, offset) {
      if (typeof value !== 'number' || !accepts(value)) return false
      view[set](offset, value, littleEndian)
      return true
    },
  }
}

function bigintAccess(shape: BigIntShape): Access {
  const { signed, littleEndian, size } = shape
  const write = signed ? 'setBigInt64' : 'setBigUint64'
  return {
    read(view, _bytes, offset) {
      if (size > 8) return readWide(view, offset, shape)
      return signed ? view.getBigInt64(offset, littleEndian) : view.getBigUint64(offset, littleEndian)
    },
    write(value, view, _bytes, offset) {
      if (typeof value !== 'bigint' || !fits(value, size * 8, signed)) return false
      if (size > 8) writeWide(view, offset, shape, value)
      else view[write](offset, value, littleEndian)
      return true
    },
  }
}

function bitsAccess(shape: BitsShape): Access {
  const { result, width, signed } = shape
  return {
    read(_view, bytes, offset) {
      const value = readBits(bytes, offset, shape)
      return result === 'bigint' ? value : result === 'number' ? Number(value) : value !== 0n
    },
    write(value, _view, bytes, offset) {
      if (typeof value !== result) return false
      if (result === 'number' && !Number.isInteger(value)) return false
      const bits = BigInt(value as number | bigint | boolean)
      if (result !== 'boolean' && !fits(bits, width, signed)) return false
      writeBits(bytes, offset, shape, bits)
      return true
    },
  }
}

function arrayAccess({ element, length }: ArrayShape): Access {
  const { read: readElement, write: writeElement } = accessOf(element)
  return {
    read(view, bytes, offset) {
      const values: unknown[] = []
      for (let index = 0; index < length; index++) values.push(readElement(view, bytes, offset + index * element.size))
      return values
    },
    write(value, view, bytes, offset, path) {
      if (!Array.isArray(value) || value.length !== length) return false
      for (let index = 0; index < length; index++) {
        const one: unknown = value[index]
        const where = `${path}[${index}]`
        if (!writeElement(one, view, bytes, offset + index * element.size, where)) throw wrongValue(element, one, where)
      }
      return true
    },
  }
}

function recordAccess(record: RecordShape): Access {
  const decoders = record.parts.map(partDecoder)
  const encode = groupEncoder(record, record.union, record.parts)
  return {
    read(view, bytes, offset) {
      const value = {}
      for (const decode of decoders) decode(value, view, bytes, offset)
      return value
    },
    write(value, view, bytes, offset, path) {
      if (typeof value !== 'object' || value === null) return false
      encode(value, view, bytes, offset, path)
      checkKeys(value, record, path)
      return true
    },
  }
}

type PartDecoder = (value: Record<string, unknown>, view: DataView, bytes: Uint8Array, offset: number) => void
type PartEncoder = (value: object, view: DataView, bytes: Uint8Array, offset: number, path: string) => void

function partDecoder(part: Part): PartDecoder {
  if (part.kind === 'group') {
    const decoders = part.parts.map(partDecoder)
    return (value, view, bytes, offset) => {
      for (const decode of decoders) decode(value, view, bytes, offset)
    }
  }
  const { name } = part
  const { read: readField } = accessOf(part.shape)
  if (name !== '__proto__') {
    return (value, view, bytes, offset) => {
      value[name] = readField(view, bytes, offset + part.offset)
    }
  }
  // Assigned, it would be the prototype; it is a name like any other.
  return (value, view, bytes, offset) => {
    const found = readField(view, bytes, offset + part.offset)
    Object.defineProperty(value, name, { value: found, enumerable: true, configurable: true, writable: true })
  }
}

function groupEncoder(record: RecordShape, union: boolean, parts: readonly Part[]): PartEncoder {
  const encoders = parts.map((part) => partEncoder(record, part))
  if (!union || parts.length === 0) {
    return (...all) => {
      for (const encode of encoders) encode(...all)
    }
  }
  const names = parts.map(namesOf)
  return (value, view, bytes, offset, path) => {
    const isGiven = names.map((all) => all.some((name) => read(value, name) !== undefined))
    if (isGiven.filter(Boolean).length !== 1) throw wrongUnion(parts, record, value, path)
    encoders[isGiven.indexOf(true)]!(value, view, bytes, offset, path)
  }
}

function partEncoder(record: RecordShape, part: Part): PartEncoder {
  if (part.kind === 'group') return groupEncoder(record, part.union, part.parts)
  const { name, shape } = part
  const { write } = accessOf(shape)
  const suffix = step(name)
  return (parent, view, bytes, offset, path) => {
    const value = read(parent, name)
    if (write(value, view, bytes, offset + part.offset, path + suffix)) return
    throw wrongField(record, name, shape, value, parent, path)
  }
}
