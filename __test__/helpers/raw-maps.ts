// Maps of the layer below the classes, made for one test.
import type { ExecutionContext } from 'ava'
import { EbpfError } from 'ayajs'
import type * as Binding from 'ayajs/native'
import type { BatchOptions } from '../../dist/maps/raw/batches.js'
import { RawMap } from '../../dist/maps/raw/raw-map.js'
import { native } from '../../dist/native.js'

/** A new map until the test ends: a hash of 32-bit keys and 64-bit values with room for 64, unless `settings` say otherwise. */
export function makeRawMap(t: ExecutionContext, settings: Partial<Binding.MapSettings> = {}): RawMap {
  return rawMapOf(t, native().MapData.create({ ...usual, ...settings }))
}

/** A map that is open already, until the test ends. */
export function rawMapOf(t: ExecutionContext, map: Binding.MapData): RawMap {
  t.teardown(() => map.close())
  return new RawMap(map)
}

/** What a key or a value of 32 or 64 bits is. */
export function setKey({ elements }: RawMap, key: number): void {
  elements.key.view.setUint32(0, key, isLittleEndian)
}

export function setValue({ elements }: RawMap, value: bigint, cpu = 0): void {
  elements.value.view.setBigUint64(cpu * 8, value, isLittleEndian)
}

export function getValue({ elements }: RawMap, cpu = 0): bigint {
  return elements.value.view.getBigUint64(cpu * 8, isLittleEndian)
}

/** Writes one entry. */
export function put(raw: RawMap, key: number, value: bigint, flags?: number): void {
  setKey(raw, key)
  setValue(raw, value)
  raw.elements.update(flags)
}

/** Reads one entry. */
export function read(raw: RawMap, key: number): bigint | undefined {
  setKey(raw, key)
  return raw.elements.lookup() ? getValue(raw) : undefined
}

/** Packed keys of 32 bits. */
export function packKeys(keys: readonly number[]): Uint8Array {
  return bytesOf(Uint32Array.from(keys))
}

/** Packed values of 64 bits. */
export function packValues(values: readonly number[]): Uint8Array {
  return bytesOf(BigUint64Array.from(values, BigInt))
}

/** The first `count` entries of packed buffers, by key. */
export function unpack(keys: Uint8Array, values: Uint8Array, count: number): Map<number, number> {
  const key = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
  const value = new DataView(values.buffer, values.byteOffset, values.byteLength)
  return new Map(
    Array.from({ length: count }, (_, index) => [
      key.getUint32(index * 4, isLittleEndian),
      Number(value.getBigUint64(index * 8, isLittleEndian)),
    ]),
  )
}

/** `count` numbers from `first` on. */
export function range(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

export interface Walk {
  /** Keys and values, in the order in which they came. */
  readonly entries: [key: number, value: number][]
  /** How often a bucket had more entries than there was room for. */
  readonly tooSmall: number
}

/** Reads a whole map in pieces; buffers grow where they must. */
export function walk(raw: RawMap, chunk: number, options?: BatchOptions, between?: () => void): Walk {
  const entries: [number, number][] = []
  let [size, tooSmall, cursor] = [chunk, 0, null as Uint8Array | null]
  for (;;) {
    const keys = new Uint8Array(size * raw.keySize)
    const values = new Uint8Array(size * raw.valueBytes)
    const batch = raw.batches.lookup(cursor, keys, values, size, options)
    if (batch.tooSmall) {
      tooSmall++
      size *= 2
      continue
    }
    entries.push(...unpack(keys, values, batch.count))
    if (batch.cursor === null) return { entries, tooSmall }
    cursor = batch.cursor
    between?.()
  }
}

/** Entries in the order of their keys. */
export function sorted(entries: Iterable<readonly [number, number]>): (readonly [number, number])[] {
  return [...entries].sort(([a], [b]) => a - b)
}

/** Writes the value `key * 3` under each key. */
export function fill(raw: RawMap, keys: readonly number[]): void {
  raw.batches.update(packKeys(keys), packValues(keys.map((key) => key * 3)), keys.length)
}

/** The error of ours that a call throws. */
export function thrownBy(t: ExecutionContext, call: () => unknown): EbpfError {
  const error = t.throws(call, { instanceOf: EbpfError })
  if (!(error instanceof EbpfError)) throw new Error('it has not failed')
  return error
}

const usual: Binding.MapSettings = { mapType: 'Hash', keySize: 4, valueSize: 8, maxEntries: 64, name: 'raw' }

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

function bytesOf(numbers: Uint32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(numbers.buffer)
}
