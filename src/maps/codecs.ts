// Codecs of the elements of one map: of its types where they are known, else bytes; for all CPUs where it is per CPU.

import { checkBytes, invalidArgType, outOfRange } from '../arguments.ts'
import type { Codec, Memory } from '../btf/codec.ts'
import { EbpfError } from '../errors.ts'
import { called } from './called.ts'
import type { RawMap } from './raw/raw-map.ts'
import { isLittleEndian } from './byte-order.ts'
import { noTypes, type MapTypes } from './types.ts'

/** How the elements of a map are read and written, and what they are called in errors. */
export interface ElementCodecs<K, V> {
  readonly key: Codec<K>
  readonly value: Codec<V>
  readonly keyPath: string
  readonly valuePath: string
}

/** The codecs of a map. Its types are asked for here, not before. */
export function elementCodecs<K, V>(raw: RawMap, types: MapTypes): ElementCodecs<K, V> {
  const [keyPath, valuePath] = [pathOf(raw, 'key'), pathOf(raw, 'value')]
  return { key: keyCodec(raw, types), value: valueCodec(raw, types), keyPath, valuePath }
}

/** The codecs of an array. */
export function indexCodecs<V>(raw: RawMap, types: MapTypes): ElementCodecs<number, V> {
  const { encode, ...rest } = indexCodec
  const key: Codec<number> = {
    ...rest,
    encode(index, memory, offset, path) {
      checkBelow(path, index, raw.maxEntries)
      encode(index, memory, offset, path)
    },
  }
  return { key, value: valueCodec(raw, types), keyPath: indexPath(raw), valuePath: pathOf(raw, 'value') }
}

/** The codecs of a map as bytes, all CPUs of a value one after the other. */
export function byteCodecs(raw: RawMap): ElementCodecs<Uint8Array, Uint8Array> {
  return {
    key: keyCodec(raw, noTypes),
    value: bytesCodec(raw, 'value', raw.valueBytes),
    keyPath: 'key',
    valuePath: 'value',
  }
}

/** The index of an array's element: 32 bits. The length of the array is not its business. */
export const indexCodec: Codec<number> = {
  size: 4,
  decode: ({ view }, offset) => view.getUint32(offset, isLittleEndian),
  encode(index, { view }, offset, path) {
    if (typeof index !== 'number') throw invalidArgType(path, 'of type number', index)
    checkIndex(path, index)
    view.setUint32(offset, index, isLittleEndian)
  },
}

/** Refuses numbers that are no index of any array. */
export function checkIndex(name: string, index: number): void {
  if (index >>> 0 !== index) throw outOfRange(name, `an integer >= 0 && <= ${2 ** 32 - 1}`, index)
}

/** Refuses numbers that are no index, or behind the end. What is no number is left to {@link indexCodec}. */
export function checkBelow(name: string, index: unknown, length: number): void {
  if (typeof index === 'number' && (index >>> 0 !== index || index >= length)) {
    throw outOfRange(name, `an integer >= 0 && < ${length}`, index)
  }
}

/** The codec of a map's keys. */
export function keyCodec<K>(raw: RawMap, types: MapTypes): Codec<K> {
  const codec = fitting(raw, 'key', types.key, raw.keySize) ?? bytesCodec(raw, 'key', raw.keySize)
  return (raw.mapType === 'LpmTrie' ? prefixCodec(raw, codec) : codec) as Codec<K>
}

/** Keys of a trie begin with the length of their prefix. To a longer one the kernel says EINVAL at best, or that it is not there. */
function prefixCodec(raw: RawMap, codec: Codec): Codec {
  const most = (raw.keySize - 4) * 8
  return {
    ...codec,
    encode(key, memory, offset, path) {
      codec.encode(key, memory, offset, path)
      const length = memory.view.getUint32(offset, isLittleEndian)
      if (length > most) throw outOfRange(`the prefix of ${path}`, `at most ${most} bits long`, length)
    },
  }
}

function valueCodec<V>(raw: RawMap, types: MapTypes): Codec<V> {
  const codec = fitting(raw, 'value', types.value, raw.valueSize) ?? bytesCodec(raw, 'value', raw.valueSize)
  return (raw.perCpu ? perCpuCodec(raw, codec) : codec) as Codec<V>
}

/** What messages call an index of a map. */
export function indexPath(raw: RawMap): string {
  return pathOf(raw, 'index')
}

function pathOf({ name }: RawMap, part: 'key' | 'value' | 'index'): string {
  return name === '' ? part : `${name}.${part}`
}

/** The kernel decides how large an element is; a type that disagrees belongs to another map. */
function fitting(raw: RawMap, what: 'key' | 'value', codec: Codec | undefined, size: number): Codec | undefined {
  if (codec === undefined || codec.size === size) return codec
  const message = `The type of the ${what}s of ${called(raw)} is ${codec.size} bytes large, and its ${what}s are ${size}: it is the type of another map. Use asBytes().`
  throw new EbpfError('ERR_EBPF_BTF', message, { map: raw.name })
}

function bytesCodec(raw: RawMap, what: 'key' | 'value', size: number): Codec<Uint8Array> {
  return {
    size,
    decode: ({ bytes }, offset) => bytes.slice(offset, offset + size),
    encode(value, { bytes }, offset) {
      const given = value instanceof Uint8Array ? value : checkBytes(what, value)
      if (given.length !== size) throw wrongSize(raw, what, size, given.length)
      bytes.set(given, offset)
    },
  }
}

/** One value for each possible CPU; the kernel rounds each up to 8 bytes. */
function perCpuCodec<V>(raw: RawMap, codec: Codec<V>): Codec<readonly V[]> {
  const { valueBytes: size, valueStride: stride, cpus } = raw
  const padding = stride - codec.size
  let paths = { of: '', each: [] as readonly string[] }
  return {
    size,
    decode(memory, offset) {
      const values: V[] = []
      for (let cpu = 0; cpu < cpus; cpu++) values.push(codec.decode(memory, offset + cpu * stride))
      return values
    },
    encode(values, memory, offset, path) {
      if (!Array.isArray(values)) throw invalidArgType(path, `an array of ${cpus} values, one for each CPU`, values)
      if (values.length !== cpus) {
        throw outOfRange(`${path}.length`, `${cpus}, the number of possible CPUs`, values.length)
      }
      encodeCpus(values, memory, offset, path)
    },
  }

  function encodeCpus(values: readonly V[], memory: Memory, offset: number, path: string): void {
    const { each } = pathsOf(path)
    for (let cpu = 0; cpu < cpus; cpu++) {
      const start = offset + cpu * stride
      codec.encode(values[cpu] as V, memory, start, each[cpu] as string)
      if (padding > 0) memory.bytes.fill(0, start + codec.size, start + stride)
    }
  }

  /** What messages call the value of each CPU: the same for all values of a map, and made once. */
  function pathsOf(path: string): typeof paths {
    if (paths.of !== path) paths = { of: path, each: Array.from({ length: cpus }, (_, cpu) => `${path}[${cpu}]`) }
    return paths
  }
}

/** Misuse, and so a RangeError, in the words of the addon. */
export function wrongSize(raw: RawMap, what: string, size: number, received: number, multiple = ''): RangeError {
  const message = `The ${what} of ${called(raw)} must be ${multiple}${size} bytes large. Received ${received} bytes`
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' })
}
