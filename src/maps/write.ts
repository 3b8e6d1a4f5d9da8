// Many entries written or deleted at once: encoded first, then given to the kernel with as few calls as it takes.

import { checkObject, coded, invalidArgType } from '../arguments.ts'
import { newMemory, type Memory } from '../btf/codec.ts'
import { EbpfError } from '../errors.ts'
import { lacksBatches } from './batch-errors.ts'
import type { ElementCodecs } from './codecs.ts'
import { elementFlags } from './raw/elements.ts'
import type { RawMap } from './raw/raw-map.ts'

/** Encodes all entries, then writes them. */
export function writeAll<K, V>(
  raw: RawMap,
  codecs: ElementCodecs<K, V>,
  entries: Iterable<readonly [K, V]>,
  flags: number,
): void {
  const keys = new Packed(raw.keySize)
  const values = new Packed(raw.valueBytes)
  for (const entry of iterable('entries', entries)) {
    if (!Array.isArray(entry)) throw invalidArgType(`entries[${keys.count}]`, 'an array of key and value', entry)
    try {
      codecs.key.encode(entry[0] as K, keys.next(), keys.offset, codecs.keyPath)
      codecs.value.encode(entry[1] as V, values.next(), values.offset, codecs.valuePath)
    } catch (error) {
      throw placed(error, `entries[${keys.count - 1}]`)
    }
  }
  writePacked(raw, keys.bytes, values.bytes, keys.count, flags)
}

/** Encodes all keys, then deletes them; how many there were. */
export function deleteAll<K>(raw: RawMap, { key, keyPath }: ElementCodecs<K, unknown>, keys: Iterable<K>): number {
  const packed = new Packed(raw.keySize)
  for (const one of iterable('keys', keys)) {
    try {
      key.encode(one, packed.next(), packed.offset, keyPath)
    } catch (error) {
      throw placed(error, `keys[${packed.count - 1}]`)
    }
  }
  return deletePacked(raw, packed.bytes, packed.count)
}

/** Writes packed entries. Batches know no condition but `lock` (`generic_map_update_batch` of kernel/bpf/syscall.c). */
export function writePacked(raw: RawMap, keys: Uint8Array, values: Uint8Array, count: number, flags: number): void {
  if (count === 0) return
  if ((flags & ~elementFlags.lock) === 0 && raw.batches.supports('update') !== false) {
    try {
      return raw.batches.update(keys, values, count, flags)
    } catch (error) {
      if (!lacksBatches(error)) throw error
    }
  }
  oneByOne(count, (index) => {
    const { elements, keySize, valueBytes } = raw
    elements.key.bytes.set(keys.subarray(index * keySize, (index + 1) * keySize))
    elements.value.bytes.set(values.subarray(index * valueBytes, (index + 1) * valueBytes))
    elements.update(flags)
  })
}

/** Deletes packed keys; how many there were. */
export function deletePacked(raw: RawMap, keys: Uint8Array, count: number): number {
  if (count === 0) return 0
  if (raw.batches.supports('delete') !== false) {
    try {
      return raw.batches.delete(keys, count)
    } catch (error) {
      if (!lacksBatches(error)) throw error
    }
  }
  let found = 0
  oneByOne(count, (index) => {
    const { elements, keySize } = raw
    elements.key.bytes.set(keys.subarray(index * keySize, (index + 1) * keySize))
    if (elements.delete()) found++
  })
  return found
}

/** Has the error say how many went well before. */
function oneByOne(count: number, run: (index: number) => void): void {
  let completed = 0
  try {
    for (; completed < count; completed++) run(completed)
  } catch (error) {
    if (EbpfError.isEbpfError(error)) {
      Object.defineProperty(error, 'completed', { value: completed, enumerable: true, configurable: true })
    }
    throw error
  }
}

/** Misuse, with the place of what is wrong before it. What getters of the caller throw is left as it is. */
function placed(error: unknown, place: string): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError)) return error
  const { code } = error as NodeJS.ErrnoException
  const type = error instanceof RangeError ? RangeError : TypeError
  return code?.startsWith('ERR_') ? coded(type, code, `${place}: ${error.message}`) : error
}

function iterable<T>(name: string, value: Iterable<T>): Iterable<T> {
  const given = checkObject(name, value) as Partial<Iterable<T>>
  if (typeof given[Symbol.iterator] !== 'function') throw invalidArgType(name, 'iterable', value)
  return value
}

/** Memory that grows by one element at a time. */
class Packed {
  readonly #size: number
  #memory: Memory
  count = 0

  constructor(size: number) {
    this.#size = size
    this.#memory = newMemory(64 * size)
  }

  /** All bytes, those behind the last element included. */
  get bytes(): Uint8Array {
    return this.#memory.bytes
  }

  /** Where the last element is. */
  get offset(): number {
    return (this.count - 1) * this.#size
  }

  /** Makes room for one more. */
  next(): Memory {
    this.count++
    if (this.count * this.#size > this.#memory.bytes.length) {
      const larger = newMemory(2 * this.#memory.bytes.length)
      larger.bytes.set(this.#memory.bytes)
      this.#memory = larger
    }
    return this.#memory
  }
}
