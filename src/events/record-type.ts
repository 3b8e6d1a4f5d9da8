// What a record of a ring buffer is made into: bytes, or a value of one type.

import { checkInteger, checkObject, invalidArgType } from '../arguments.ts'
import type { Codec, Memory } from '../btf/codec.ts'
import { mostPooled, pooledCopy } from '../btf/byte-pool.ts'
import { EbpfError } from '../errors.ts'
import type { MapTypes, NamedType } from '../maps/types.ts'

/** Makes a value of `length` bytes of memory. */
export interface RecordType<T> {
  decode(memory: Memory, offset: number, length: number): T
}

/** Records as bytes, copied. */
export const bytesType: RecordType<Uint8Array> = {
  decode: ({ bytes }, offset, length) =>
    length <= 64 || length > mostPooled ? bytes.slice(offset, offset + length) : pooledCopy(bytes, offset, length),
}

/** Records of one type. Longer ones are fine: a later version of the program may have added fields. */
export function codecType<T>(ring: string, codec: Codec<T>): RecordType<T> {
  const { size } = codec
  return {
    decode(memory, offset, length) {
      if (length < size) throw tooShort(ring, 'its type', size, length)
      return codec.decode(memory, offset)
    },
  }
}

/** A codec: the argument, or what the object has under the argument, which is a name. */
export function checkCodec(name: string, value: unknown, types: MapTypes): Codec {
  if (typeof value === 'string') return findType(value, types).codec

  const { size, decode } = checkObject(name, value) as Partial<Codec>
  if (typeof decode !== 'function' || typeof size !== 'number') throw invalidArgType(name, 'a codec', value)
  checkInteger(`${name}.size`, size, 1, 2 ** 31 - 1)
  return value as Codec
}

/** The type of this name. @throws {EbpfError} `ERR_EBPF_NOT_FOUND` */
export function findType(name: string, { named }: MapTypes): NamedType {
  const found = named?.(name)
  if (found !== undefined) return found
  if (named === undefined) {
    const message = `There is no type "${name}": a map from a pin, an id or a descriptor comes without the types of its object. Open the object with the option mapPinPath or maps, so that it uses this map, or give a codec.`
    throw new EbpfError('ERR_EBPF_NOT_FOUND', message)
  }
  const plain = name.replace(/^(struct|union|enum)\s+/, '')
  const hint =
    plain !== name && named(plain) !== undefined
      ? `It has "${plain}", of another kind: leave the keyword out.`
      : 'Compilers leave out what no map, function or variable mentions; RING_RECORD mentions it.'
  throw new EbpfError('ERR_EBPF_NOT_FOUND', `The object has no type "${name}". ${hint}`)
}

/** The error of a record that `what` does not fit into. */
export function tooShort(ring: string, what: string, needed: number, length: number): EbpfError {
  const message = `A record of ring buffer "${ring}" is ${length} bytes large, and ${what} needs ${needed}.`
  return new EbpfError('ERR_EBPF_RECORD', message, { map: ring })
}
