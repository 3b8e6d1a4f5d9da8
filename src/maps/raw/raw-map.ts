// A map as the kernel sees it: sizes, and the two ways to its elements.

import type { Binding } from '../../native.ts'
import { Batches } from './batches.ts'
import { Elements } from './elements.ts'

/** What every class of maps is built on. Keys and values are bytes in this machine's byte order. */
export class RawMap {
  readonly native: Binding.MapData
  /** The map's name in its object; the kernel's name where it is of none. */
  readonly name: string
  /** The type, in aya's spelling. */
  readonly mapType: string
  /** The size of a key in bytes; 0 where the map has none. */
  readonly keySize: number
  /** The size of one value in bytes. */
  readonly valueSize: number
  /** The size of an element's value: of all possible CPUs where the map is per CPU. */
  readonly valueBytes: number
  /** Whether an element has a value for each possible CPU. */
  readonly perCpu: boolean
  /** How many values an element has: 1, or the number of possible CPUs. */
  readonly cpus: number
  /** How far one CPU's value is from the next in bytes. */
  readonly valueStride: number
  /** How many entries fit. */
  readonly maxEntries: number
  /** The flags it was created with (`BPF_F_…`). */
  readonly mapFlags: number
  readonly #cursorSize: number
  #elements: Elements | undefined
  #batches: Batches | undefined

  constructor(native: Binding.MapData) {
    const { mapType, keySize, valueSize, valueBytes, perCpu, cpus, maxEntries, mapFlags, cursorSize } = native.shape()
    this.native = native
    this.name = native.name
    this.mapType = mapType
    this.keySize = keySize
    this.valueSize = valueSize
    this.valueBytes = valueBytes
    this.perCpu = perCpu
    this.cpus = cpus
    this.valueStride = valueBytes / cpus
    this.maxEntries = maxEntries
    this.mapFlags = mapFlags
    this.#cursorSize = cursorSize
  }

  /** One element at a time. */
  get elements(): Elements {
    this.#elements ??= new Elements(this.native, this.keySize, this.valueBytes)
    return this.#elements
  }

  /** Many elements at once. */
  get batches(): Batches {
    this.#batches ??= new Batches(this.native, this.#cursorSize)
    return this.#batches
  }
}
