// A section of global variables in the kernel: memory where the kernel can map it, system calls where it cannot.

import { newMemory, type Memory } from '../btf/codec.ts'
import { isLittleEndian } from '../maps/byte-order.ts'
import { RawMap } from '../maps/raw/raw-map.ts'
import { native, type Binding } from '../native.ts'

/** The bytes of a section. */
export interface Section {
  /** The memory itself, for single numbers, whose reads are one load; `undefined` where there is none. Nobody may have it. */
  readonly buffer: ArrayBuffer | undefined
  /** Lets `read` read `size` bytes at `offset` from a copy, in which aligned 64-bit words are whole. */
  read(offset: number, size: number, read: (memory: Memory, at: number) => unknown): unknown
  /** Writes bytes, aligned words in one store each. */
  write(offset: number, value: Memory): void
  /** Lets go of the map. Twice does nothing more. */
  close(): void
}

let isMappingAllowed = true

/** For tests: sections that are opened from now on are read and written by system calls. */
export function allowMapping(allowed: boolean): void {
  isMappingAllowed = allowed
}

/** Opens the section that a map holds. @throws {EbpfError} `ERR_EBPF_CLOSED` */
export function openSection(map: Binding.MapData, readonly: boolean): Section {
  const memory = isMappingAllowed ? map.memory(!readonly) : null
  const buffer = memory?.buffer() ?? null
  if (memory !== null && buffer !== null) return new MappedSection(memory, buffer)
  memory?.close()
  return new CalledSection(map)
}

/** Aligned words of typed arrays are loaded and stored whole, compiled or not; those of a DataView are not. */
class MappedSection implements Section {
  readonly buffer: ArrayBuffer
  readonly #memory: Binding.MapMemory
  readonly #words: BigUint64Array
  readonly #halves: Uint32Array
  readonly #quarters: Uint16Array
  readonly #bytes: Uint8Array
  #copy = newMemory(64)
  #copyWords = new BigUint64Array(this.#copy.bytes.buffer)

  constructor(memory: Binding.MapMemory, buffer: ArrayBuffer) {
    this.buffer = buffer
    this.#memory = memory
    this.#words = new BigUint64Array(buffer)
    this.#halves = new Uint32Array(buffer)
    this.#quarters = new Uint16Array(buffer)
    this.#bytes = new Uint8Array(buffer)
  }

  read(offset: number, size: number, read: (memory: Memory, at: number) => unknown): unknown {
    const first = Math.floor(offset / 8)
    const count = Math.ceil((offset + size) / 8) - first
    if (this.#copyWords.length < count) {
      this.#copy = newMemory(count * 8)
      this.#copyWords = new BigUint64Array(this.#copy.bytes.buffer)
    }
    const [from, to] = [this.#words, this.#copyWords]
    for (let index = 0; index < count; index++) to[index] = from[first + index]!
    return read(this.#copy, offset - first * 8)
  }

  write(offset: number, { bytes, view }: Memory): void {
    for (let at = 0, to = offset; at < bytes.length; to = offset + at) {
      const left = bytes.length - at
      if ((to & 7) === 0 && left >= 8) {
        this.#words[to >>> 3] = view.getBigUint64(at, isLittleEndian)
        at += 8
      } else if ((to & 3) === 0 && left >= 4) {
        this.#halves[to >>> 2] = view.getUint32(at, isLittleEndian)
        at += 4
      } else if ((to & 1) === 0 && left >= 2) {
        this.#quarters[to >>> 1] = view.getUint16(at, isLittleEndian)
        at += 2
      } else {
        this.#bytes[to] = bytes[at]!
        at += 1
      }
    }
  }

  close(): void {
    this.#memory.close()
  }
}

/** The kernel reads and writes a section as a whole: what a program writes at the moment of a write is lost. */
class CalledSection implements Section {
  readonly buffer = undefined
  readonly #raw: RawMap

  /** @param map Whose descriptor is duplicated: whoever has it may close it. */
  constructor(map: Binding.MapData) {
    this.#raw = new RawMap(native().MapData.fromFd(map.fd()))
  }

  read(offset: number, _size: number, read: (memory: Memory, at: number) => unknown): unknown {
    const { elements } = this.#raw
    elements.lookup()
    return read(elements.value, offset)
  }

  write(offset: number, { bytes }: Memory): void {
    const { elements } = this.#raw
    elements.lookup()
    elements.value.bytes.set(bytes, offset)
    elements.update()
  }

  close(): void {
    this.#raw.native.close()
  }
}
