// Makes objects by hand, for what no compiler would write: sections by name, and symbols in them.

/** A symbol; `type` as elf(5) numbers them: 1 data, 2 function. */
export interface HandmadeSymbol {
  readonly name: string
  readonly section: string
  readonly type: number
  readonly size: number
  readonly offset?: number
}

/** A little-endian eBPF object with these sections, all of them data. */
export function objectWith(contents: Readonly<Record<string, Uint8Array>>, symbols: readonly HandmadeSymbol[]): Buffer {
  const texts = new Texts()
  const names = Object.keys(contents)
  const table = Buffer.concat([Buffer.alloc(24), ...symbols.map((one) => entry(one, texts, names))])
  const own = [...names, '.symtab', '.strtab'].map((name) => texts.at(name))
  const strings = texts.bytes()
  const bodies = [...Object.values(contents), table, strings]
  const types = [...names.map(() => 1), 2, 3]
  const headers = [Buffer.alloc(64)]
  let offset = 64
  for (const [index, body] of bodies.entries()) {
    const header = Buffer.alloc(64)
    header.writeUInt32LE(own[index]!, 0)
    header.writeUInt32LE(types[index]!, 4)
    header.writeBigUInt64LE(BigInt(offset), 24)
    header.writeBigUInt64LE(BigInt(body.length), 32)
    if (types[index] === 2) header.writeUInt32LE(bodies.length, 40)
    headers.push(header)
    offset += body.length
  }
  return Buffer.concat([fileHeader(offset, headers.length), ...bodies, ...headers])
}

function fileHeader(sections: number, count: number): Buffer {
  const header = Buffer.alloc(64)
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(header)
  header.writeUInt16LE(1, 16)
  header.writeUInt16LE(247, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(sections), 40)
  ;[64, 0, 0, 64, count, count - 1].forEach((word, index) => header.writeUInt16LE(word, 52 + index * 2))
  return header
}

function entry({ name, section, type, size, offset = 0 }: HandmadeSymbol, texts: Texts, names: string[]): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeUInt32LE(texts.at(name), 0)
  bytes[4] = 16 + type // Global.
  bytes.writeUInt16LE(names.indexOf(section) + 1, 6)
  bytes.writeBigUInt64LE(BigInt(offset), 8)
  bytes.writeBigUInt64LE(BigInt(size), 16)
  return bytes
}

class Texts {
  readonly #known = new Map<string, number>()
  #size = 1

  at(text: string): number {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const offset = this.#size
    this.#known.set(text, offset)
    this.#size += Buffer.byteLength(text) + 1
    return offset
  }

  bytes(): Buffer {
    return Buffer.from(`\0${[...this.#known.keys()].map((text) => `${text}\0`).join('')}`)
  }
}
