// What a codec is: values of one C type, in and out of memory.

/** The same bytes in several ways: for copies, and for numbers. */
export interface Memory {
  /** The bytes. */
  readonly bytes: Uint8Array
  /** A view of exactly the same bytes. */
  readonly view: DataView
  /**
   * The same bytes as integers of 64 bits in this machine's byte order, where they are whole ones. V8 reads these in line,
   * and leaves out those that nobody uses, where `view.getBigUint64` is a call.
   */
  readonly longs?: BigUint64Array
}

/** Reads and writes values of one C type. */
export interface Codec<T = unknown> {
  /** The size of a value in memory, in bytes. */
  readonly size: number
  /** The value at `offset`, where `size` bytes must be there. Nothing of it refers to the memory. */
  decode(memory: Memory, offset: number): T
  /**
   * Writes a value at `offset`: all `size` bytes, padding as zero. When it throws, some may have been written.
   *
   * @param path What messages call the value, such as `flow.key`.
   * @throws {TypeError} Where the value is of another type, or a member is missing, unknown or misspelled.
   * @throws {RangeError} Where a number, a string or an array does not fit.
   */
  encode(value: T, memory: Memory, offset: number, path: string): void
}

/** These bytes as {@link Memory}, not copied. */
export function memoryOf(bytes: Uint8Array): Memory {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

/** Fresh memory of so many bytes, all zero. */
export function newMemory(size: number): Memory {
  const memory = memoryOf(new Uint8Array(size))
  return size % 8 === 0 ? { ...memory, longs: new BigUint64Array(memory.bytes.buffer) } : memory
}
