// The objects of the corpus that no compiler makes: for each, the compiled object that it is made from, and what is changed.
import { rel, section, shdr, sym, symbol, symbolsOf } from './elf.mjs'

const gibibyte = 2n ** 30n

/** Name → the source whose object is changed, and the change: in place, or the bytes that it returns. */
export const edits = {
  // Symbols as LLVM wrote them before version 5: of no size, and at first of no type.
  old_llvm_no_sizes: ['base_legacy', withoutSizes],
  old_llvm_no_types: ['base_legacy', (bytes) => (withoutSizes(bytes), withoutTypes(bytes))],
  // Before 3.9 it had no number for the machine.
  old_llvm_no_machine: ['base_legacy', (bytes) => bytes.writeUInt16LE(0, 18)],
  // And some tools wrote relocations of no kind.
  old_relocations_no_kinds: ['base_globals', (bytes) => withoutKinds(bytes, '.relxdp')],

  refused_machine: ['base_globals', (bytes) => bytes.writeUInt16LE(62, 18)],
  refused_linked: ['base_globals', (bytes) => bytes.writeUInt16LE(2, 16)],
  refused_truncated: ['base_globals', (bytes) => bytes.subarray(0, bytes.length >> 1)],
  refused_bss_gibibytes: ['base_globals', set64(inSection('.bss', shdr.size), 3n * gibibyte)],
  refused_bss_exbibytes: ['base_globals', set64(inSection('.bss', shdr.size), 2n ** 62n)],
  refused_section_offset: ['base_globals', set64(inSection('.data', shdr.offset), 2n ** 40n)],
  refused_section_overflow: ['base_globals', set64(inSection('.data', shdr.offset), 2n ** 64n - 2n)],
  refused_section_size: ['base_globals', set64(inSection('xdp', shdr.size), gibibyte)],
  refused_section_name: ['base_globals', set32(inSection('xdp', shdr.name), 0xffff)],
  refused_program_size: ['base_globals', set64(inSection('xdp', shdr.size), 20n)],
  refused_symbol_value: ['base_globals', set64(inSymbol('sum', sym.value), 2n ** 20n)],
  refused_symbol_size: ['base_globals', set64(inSymbol('sum', sym.size), 2n ** 20n)],
  refused_symbol_name: ['base_globals', set32(inSymbol('sum', sym.name), 0xffff)],
  refused_symbol_section: ['base_globals', set16(inSymbol('sum', sym.section), 200)],
  refused_variable_size: ['base_globals', set64(inSymbol('initial', sym.size), 2n ** 20n)],
  refused_relocation_offset: ['base_globals', set64(inRelocation('.relxdp', rel.offset), 2n ** 20n)],
  refused_relocation_unaligned: ['base_globals', set64(inRelocation('.relxdp', rel.offset), 4n)],
  refused_relocation_last: ['base_globals', lastRelocation],
  refused_relocation_symbol: ['base_globals', set32(inRelocation('.relxdp', rel.symbol), 9999)],
  refused_btf_magic: ['base_globals', set16(contentsOf('.BTF', 0), 0xffff)],
  refused_btf_strings: ['base_globals', set32(contentsOf('.BTF', 20), 0xffffff)],
  refused_btf_ext_records: ['base_globals', (bytes) => bytes.writeUInt32LE(0, funcInfo(bytes))],
}

/** An edit that writes a number of 16, 32 or 64 bits at a place. */
function set16(place, value) {
  return (bytes) => bytes.writeUInt16LE(value, place(bytes))
}

function set32(place, value) {
  return (bytes) => bytes.writeUInt32LE(value, place(bytes))
}

function set64(place, value) {
  return (bytes) => bytes.writeBigUInt64LE(value, place(bytes))
}

function inSection(name, field) {
  return (bytes) => section(bytes, name).at + field
}

function inSymbol(name, field) {
  return (bytes) => symbol(bytes, name).at + field
}

/** A field of the first relocation of a section. */
function inRelocation(name, field) {
  return (bytes) => section(bytes, name).offset + field
}

function contentsOf(name, offset) {
  return (bytes) => section(bytes, name).offset + offset
}

/** The size of records of `func_info`, the first word behind the header of `.BTF.ext` (btf_ext_header of libbpf). */
function funcInfo(bytes) {
  const { offset } = section(bytes, '.BTF.ext')
  return offset + bytes.readUInt32LE(offset + 4) + bytes.readUInt32LE(offset + 8)
}

/** A relocation of two instructions at the last one of its program. */
function lastRelocation(bytes) {
  bytes.writeBigUInt64LE(BigInt(section(bytes, 'xdp').size - 8), inRelocation('.relxdp', rel.offset)(bytes))
}

function withoutSizes(bytes) {
  for (const { at } of symbolsOf(bytes)) bytes.writeBigUInt64LE(0n, at + sym.size)
}

/** Functions and objects become symbols of no type; sections stay what they are. */
function withoutTypes(bytes) {
  for (const { at, type } of symbolsOf(bytes)) if (type === 1 || type === 2) bytes[at + sym.info] &= 0xf0
}

function withoutKinds(bytes, name) {
  const { offset, size } = section(bytes, name)
  for (let at = offset; at < offset + size; at += 16) bytes.writeUInt32LE(0, at + rel.type)
}
