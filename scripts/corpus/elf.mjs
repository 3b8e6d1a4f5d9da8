// Where the parts of a little-endian ELF object of 64 bits are, for those who change them: offsets in the file, see elf(5).

/** The headers of the sections, by name. A name that occurs twice has the first one. */
export function sectionsOf(bytes) {
  const start = Number(bytes.readBigUInt64LE(40))
  const headers = Array.from({ length: bytes.readUInt16LE(60) }, (_, index) => sectionAt(bytes, start + index * 64))
  const names = headers[bytes.readUInt16LE(62)]
  const byName = new Map()
  for (const [index, header] of headers.entries()) {
    const name = textAt(bytes, names.offset + header.name)
    if (!byName.has(name)) byName.set(name, { ...header, index })
  }
  return byName
}

/** The header of a section that must be there. */
export function section(bytes, name) {
  return found(sectionsOf(bytes).get(name), `section ${name}`)
}

/** Every symbol: where its entry is, and its name. */
export function symbolsOf(bytes) {
  const [table, names] = [section(bytes, '.symtab'), section(bytes, '.strtab')]
  return Array.from({ length: table.size / 24 }, (_, index) => {
    const at = table.offset + index * 24
    return { index, at, name: textAt(bytes, names.offset + bytes.readUInt32LE(at)), type: bytes[at + 4] & 15 }
  })
}

/** The entry of a symbol that must be there. */
export function symbol(bytes, name) {
  return found(
    symbolsOf(bytes).find((one) => one.name === name),
    `symbol ${name}`,
  )
}

/** Offsets of the fields of a section header from its begin: `Elf64_Shdr`. */
export const shdr = { name: 0, type: 4, flags: 8, addr: 16, offset: 24, size: 32, link: 40, info: 44, align: 48 }

/** Offsets of the fields of a symbol from its begin: `Elf64_Sym`. */
export const sym = { name: 0, info: 4, section: 6, value: 8, size: 16 }

/** Offsets of the fields of a relocation from its begin: `Elf64_Rel`; the symbol is the upper half of the info. */
export const rel = { offset: 0, type: 8, symbol: 12 }

function sectionAt(bytes, at) {
  const number = (offset) => Number(bytes.readBigUInt64LE(at + offset))
  return { at, name: bytes.readUInt32LE(at), offset: number(shdr.offset), size: number(shdr.size) }
}

function textAt(bytes, start) {
  return bytes.toString('latin1', start, bytes.indexOf(0, start))
}

function found(one, what) {
  if (one === undefined) throw new Error(`the object has no ${what}`)
  return one
}
