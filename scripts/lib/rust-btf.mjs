// Makes the names in the BTF of a Rust object such that kernels take them: `HashMap<u32, u64>` is no name in C.

/** What follows the 12 bytes of each kind: a fixed part, and for each entry. See `linux/btf.h`. */
const extras = {
  1: [4, 0], // int
  3: [12, 0], // array
  4: [0, 12], // struct
  5: [0, 12], // union
  6: [0, 8], // enum
  13: [0, 8], // func_proto
  14: [4, 0], // var
  15: [0, 12], // datasec
  17: [4, 0], // decl_tag
  19: [0, 12], // enum64
}
const pointer = 2
const dataSection = 15

/**
 * An ELF file of 64 bits, little-endian, with another `.BTF`, behind everything else. llvm-objcopy can replace a section, too, but
 * loses what relocations belong to it.
 */
export function withBtf(file, change) {
  const u64 = (at) => Number(file.readBigUInt64LE(at))
  const [headers, count, nameIndex] = [u64(0x28), file.readUInt16LE(0x3c), file.readUInt16LE(0x3e)]
  const section = (index) => headers + index * 0x40
  const names = u64(section(nameIndex) + 0x18)
  const nameOf = (at) =>
    file.toString('latin1', names + file.readUInt32LE(at), file.indexOf(0, names + file.readUInt32LE(at)))
  const at = Array.from({ length: count }, (_, index) => section(index)).find((header) => nameOf(header) === '.BTF')
  if (at === undefined) throw new Error('the object has no .BTF: was it compiled with debug = 2?')
  const [start, size] = [u64(at + 0x18), u64(at + 0x20)]
  const btf = change(Buffer.from(file.subarray(start, start + size)))
  const end = Math.ceil(file.length / 8) * 8
  const changed = Buffer.concat([file, Buffer.alloc(end - file.length), btf])
  changed.fill(0, start, start + size)
  changed.writeBigUInt64LE(BigInt(end), at + 0x18)
  changed.writeBigUInt64LE(BigInt(btf.length), at + 0x20)
  return changed
}

/**
 * The same BTF with other names for what the kernel refuses, spelled as bpf-linker does it: each other character by its code in
 * hexadecimal digits, `_3C_` for `<`. Offsets stay, since relocations and `.BTF.ext` name them.
 */
export function withValidNames(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const u32 = (at) => view.getUint32(at, true)
  const header = u32(4)
  const types = { start: header + u32(8), end: header + u32(8) + u32(12) }
  const strings = { start: header + u32(16), size: u32(20) }
  const added = new Map()
  let size = strings.size

  const rename = (at) => {
    const start = strings.start + u32(at)
    const name = bytes.toString('utf8', start, bytes.indexOf(0, start))
    const valid = validName(name)
    if (valid === name) return
    if (!added.has(valid)) {
      added.set(valid, size)
      size += valid.length + 1
    }
    view.setUint32(at, added.get(valid), true)
  }

  for (let at = types.start; at < types.end;) {
    const info = u32(at + 4)
    const [kind, count] = [(info >>> 24) & 31, info & 0xffff]
    const [fixed, entry] = extras[kind] ?? [0, 0]
    // LLVM names pointers of Rust, which no kernel takes.
    if (kind === pointer) view.setUint32(at, 0, true)
    rename(at)
    const first = at + 12 + fixed
    // Entries of a section have no names.
    const named = kind === dataSection ? 0 : count
    for (let index = 0; index < named; index++) rename(first + index * entry)
    at = first + count * entry
  }

  view.setUint32(20, size, true)
  const end = strings.start + strings.size
  return Buffer.concat([bytes.subarray(0, end), ...[...added.keys()].map((name) => Buffer.from(`${name}\0`))])
}

function validName(name) {
  return [...Buffer.from(name)]
    .map((code) => [String.fromCharCode(code), code])
    .map(([character, code]) => (/[\w.]/.test(character) ? character : `_${code.toString(16).toUpperCase()}_`))
    .join('')
}
