// Makes BTF by hand, for what no compiler would write.

/** The kinds by number. */
const kinds = {
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  func_proto: 13,
  var: 14,
  datasec: 15,
  float: 16,
  decl_tag: 17,
  type_tag: 18,
  enum64: 19,
} as const

/** A member: its offset in bits, and its width when it is a bit-field. */
export type Member = [name: string, type: number, bitOffset: number, bits?: number]

/** Types get the ids 1, 2, 3, … in the order of the calls, which return them. */
export class BtfBuilder {
  readonly #littleEndian: boolean
  readonly #words: number[] = []
  readonly #names: Buffer[] = [Buffer.from('\0')]
  #namesSize = 1
  readonly #known = new Map<string, number>()
  #count = 0

  constructor(littleEndian = true) {
    this.#littleEndian = littleEndian
  }

  /** One type of any kind, its name or the offset of it: `word` is its size or type, `more` whatever follows. */
  add(
    kind: keyof typeof kinds | number,
    name: string | number,
    word: number,
    more: number[] = [],
    count = 0,
    flag = false,
  ): number {
    const number = typeof kind === 'number' ? kind : kinds[kind]
    const info = ((flag ? 2 ** 31 : 0) + number * 2 ** 24 + count) >>> 0
    this.#words.push(typeof name === 'number' ? name : this.name(name), info, word >>> 0)
    for (const one of more) this.#words.push(one >>> 0)
    return ++this.#count
  }

  int(
    name: string,
    size: number,
    options: { signed?: boolean; bool?: boolean; bits?: number; offset?: number } = {},
  ): number {
    const { signed = false, bool = false, bits = size * 8, offset = 0 } = options
    const encoding = (signed ? 1 : 0) + (bool ? 4 : 0)
    return this.add('int', name, size, [encoding * 2 ** 24 + offset * 2 ** 16 + bits])
  }

  array(type: number, length: number): number {
    return this.add('array', '', 0, [type, 1, length])
  }

  struct(name: string, size: number, members: Member[], kind: 'struct' | 'union' = 'struct'): number {
    const flag = members.some(([, , , bits]) => bits !== undefined)
    const more = members.flatMap(([member, type, offset, bits = 0]) => [
      this.name(member),
      type,
      bits * 2 ** 24 + offset,
    ])
    return this.add(kind, name, size, more, members.length, flag)
  }

  variable(name: string, type: number, linkage = 1): number {
    return this.add('var', name, type, [linkage])
  }

  /** The offset of a name. */
  name(name: string): number {
    if (name === '') return 0
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const offset = this.#namesSize
    this.#known.set(name, offset)
    const bytes = Buffer.from(`${name}\0`)
    this.#names.push(bytes)
    this.#namesSize += bytes.length
    return offset
  }

  /** The blob. */
  bytes(): Uint8Array {
    const types = Buffer.alloc(this.#words.length * 4)
    const write = (buffer: Buffer, value: number, at: number): number =>
      this.#littleEndian ? buffer.writeUInt32LE(value, at) : buffer.writeUInt32BE(value, at)
    this.#words.forEach((word, index) => write(types, word, index * 4))
    const header = Buffer.alloc(24)
    if (this.#littleEndian) header.writeUInt16LE(0xeb9f, 0)
    else header.writeUInt16BE(0xeb9f, 0)
    header[2] = 1
    ;[24, 0, types.length, types.length, this.#namesSize].forEach((word, index) => write(header, word, 4 + index * 4))
    return Buffer.concat([header, types, ...this.#names])
  }
}
