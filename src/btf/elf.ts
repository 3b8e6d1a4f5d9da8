// Reads ELF: sections and symbols of a 64-bit eBPF object, of either byte order.

import { EbpfError } from '../errors.ts'
import { Bytes } from './bytes.ts'
import { maxSize } from './limits.ts'

/** A section of an object. */
export interface Section {
  readonly index: number
  readonly name: string
  readonly size: number
  /** It holds instructions. */
  readonly executable: boolean
  /** The programs or the program's data: not symbols, strings, notes or debugging. */
  readonly kind: 'progbits' | 'nobits' | 'other'
  /** The section that its relocations are for. */
  readonly relocates: number | undefined
  /** Its bytes: none where it only takes room in memory (`.bss`). */
  readonly data: Bytes
}

/** A symbol that lies in a section. */
export interface Symbol {
  /** Its number in the table. */
  readonly index: number
  readonly name: string
  readonly section: Section
  /** Where it begins, in bytes from the beginning of its section. */
  readonly offset: number
  /** In bytes; 0 where the compiler wrote none (old LLVM). */
  readonly size: number
  readonly kind: 'function' | 'data' | 'none' | 'section' | 'other'
  readonly global: boolean
}

/** What of an object's file matters here. */
export interface Elf {
  readonly littleEndian: boolean
  readonly sections: readonly Section[]
  readonly symbols: readonly Symbol[]
  /** The symbols of a section. */
  symbolsIn(section: Section): readonly Symbol[]
}

/**
 * Reads the headers, sections and symbols of an object.
 *
 * @throws {EbpfError} `ERR_EBPF_PARSE`
 */
export function readElf(bytes: Uint8Array): Elf {
  const file = openFile(bytes)
  const headers = sectionHeaders(file)
  const names = namesOf(file, headers, stringSectionIndex(file))
  const sections = headers.map((header, index) => section(file, header, index, names.text(header.name)))
  const tables = headers.flatMap(({ type }, index) => (type === SHT_SYMTAB ? [index] : []))
  if (tables.length > 1) throw notReadable(`it has ${tables.length} tables of symbols, where one is allowed`)
  const symbols = tables.flatMap((index) => symbolsOf(file, headers, sections, index))
  const bySection: Symbol[][] = sections.map(() => [])
  for (const symbol of symbols) bySection[symbol.section.index]!.push(symbol)
  return { littleEndian: file.littleEndian, sections, symbols, symbolsIn: ({ index }) => bySection[index]! }
}

const SHT_PROGBITS = 1
const SHT_SYMTAB = 2
const SHT_NOBITS = 8
const SHT_REL = 9
const SHF_EXECINSTR = 4n
const headerSize = 64
const symbolSize = 24
const EM_BPF = 247

interface SectionHeader {
  readonly at: number
  readonly name: number
  readonly type: number
  readonly executable: boolean
  readonly offset: number
  readonly size: number
  readonly link: number
  readonly info: number
}

function openFile(bytes: Uint8Array): Bytes {
  const magic = [0x7f, 0x45, 0x4c, 0x46]
  if (!magic.every((byte, index) => bytes[index] === byte)) throw notReadable('it is not an ELF file')
  if (bytes.length < headerSize) throw notReadable(`it ends after ${bytes.length} bytes, within the ELF header`)
  if (bytes[4] !== 2) throw notReadable('it is not a 64-bit ELF file')
  if (bytes[5] !== 1 && bytes[5] !== 2) throw notReadable(`its byte order ${bytes[5]} is unknown`)
  const file = new Bytes(bytes, bytes[5] === 1, 'The ELF header', 'ERR_EBPF_PARSE')
  const type = file.u16(16)
  if (type !== 1) throw notReadable(`it is no relocatable object (ELF type ${type})`)
  // Old LLVM wrote no machine at all.
  const machine = file.u16(18)
  if (machine !== EM_BPF && machine !== 0) throw notReadable(`it is for another machine (ELF machine ${machine})`)
  return file
}

function sectionHeaders(file: Bytes): SectionHeader[] {
  const start = file.u64(40)
  if (start === 0) throw file.error(40, 'there are no section headers')
  const entrySize = file.u16(58)
  if (entrySize !== headerSize) throw file.error(58, `section headers have ${headerSize} bytes, not ${entrySize}`)
  // From 0xff00 sections on, their number is in the first header.
  const table = file.part(start, file.size - Math.min(start, file.size), 'The table of section headers')
  const count = file.u16(60) || table.u64(32)
  table.need(0, count * headerSize)
  return Array.from({ length: count }, (_, index) => sectionHeader(table, index * headerSize))
}

function sectionHeader(table: Bytes, at: number): SectionHeader {
  table.need(at, headerSize)
  return {
    at,
    name: table.u32(at),
    type: table.u32(at + 4),
    executable: (table.view.getBigUint64(at + 8, table.littleEndian) & SHF_EXECINSTR) !== 0n,
    offset: table.u64(at + 24),
    size: table.u64(at + 32),
    link: table.u32(at + 40),
    info: table.u32(at + 44),
  }
}

/** Which section holds the names of the others. */
function stringSectionIndex(file: Bytes): number {
  const index = file.u16(62)
  return index === 0xffff ? file.u32(file.u64(40) + 40) : index
}

function namesOf(file: Bytes, headers: readonly SectionHeader[], index: number): Bytes {
  const header = headers[index]
  if (header === undefined) throw notReadable(`section ${index}, which should hold names, is not there`)
  return file.part(header.offset, header.size, `Section ${index} (names)`)
}

function section(file: Bytes, header: SectionHeader, index: number, name: string): Section {
  const what = `Section ${index} (${JSON.stringify(name)})`
  const { type, offset, size, executable } = header
  if (size > maxSize) throw notReadable(`section ${index} (${JSON.stringify(name)}) has ${size} bytes`)
  const isEmpty = type === SHT_NOBITS || type === 0
  if (!isEmpty && offset + size > file.size) {
    const problem = `it lies at offset 0x${offset.toString(16)} and has ${size} bytes, but the file has ${file.size}`
    throw notReadable(`section ${index} (${JSON.stringify(name)}) is cut off: ${problem}`)
  }
  const data = isEmpty ? file.part(0, 0, what) : file.part(offset, size, what)
  const kind = type === SHT_PROGBITS ? 'progbits' : type === SHT_NOBITS ? 'nobits' : 'other'
  return { index, name, size, executable, kind, relocates: type === SHT_REL ? header.info : undefined, data }
}

function symbolsOf(
  file: Bytes,
  headers: readonly SectionHeader[],
  sections: readonly Section[],
  index: number,
): Symbol[] {
  const { data } = sections[index]!
  const names = namesOf(file, headers, headers[index]!.link)
  if (data.size % symbolSize !== 0) throw data.error(0, `${data.size} is no multiple of the size of a symbol`)
  const symbols: Symbol[] = []
  for (let at = 0; at < data.size; at += symbolSize) {
    const info = data.u8(at + 4)
    const where = data.u16(at + 6)
    // From 0xff00 on they are no sections: absolute and common symbols, and such objects as do not exist for eBPF.
    if (where === 0 || where >= 0xff00) continue
    const found = sections[where]
    if (found === undefined) throw data.error(at + 6, `there is no section ${where}`)
    symbols.push({
      index: at / symbolSize,
      name: names.text(data.u32(at)),
      section: found,
      offset: data.u64(at + 8),
      size: data.u64(at + 16),
      kind: symbolKinds[info & 15] ?? 'other',
      global: info >> 4 !== 0,
    })
  }
  return symbols
}

const symbolKinds: readonly (Symbol['kind'] | undefined)[] = ['none', 'data', 'function', 'section']

function notReadable(problem: string): EbpfError {
  return new EbpfError(
    'ERR_EBPF_PARSE',
    `The object cannot be read: ${problem}. Compile it with clang -O2 -g -target bpf -c.`,
  )
}
