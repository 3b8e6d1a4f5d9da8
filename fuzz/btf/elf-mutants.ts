// Changes objects where ELF has a meaning: headers, sections, symbols, texts; and puts other BTF into them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { section, sectionsOf, shdr, sym, symbolsOf } from '../../scripts/corpus/elf.mjs'
import { filesBelow, root } from '../../__test__/helpers/sources.ts'
import { interesting, mutateBtf } from './btf-mutants.ts'

type Random = (limit: number) => number

/** What mutants are made of: every object of this repository that can be read, once for each name. */
export function startingObjects(): readonly Buffer[] {
  const folders = ['__test__/fixtures', '__test__/corpus/clang-16', '__test__/corpus/clang-22', 'bpf', 'examples']
  const paths = folders.flatMap((folder) => filesBelow(folder, '.bpf.o'))
  if (paths.length < 50) throw new Error(`only ${paths.length} objects found: does the search still see them?`)
  return paths.map((path) => readFileSync(join(root, path)))
}

/** A copy with some changes; the last of them may be that the file ends early. */
export function mutateObject(object: Buffer, random: Random, nameOf: (random: Random) => string): Buffer {
  let bytes: Buffer = Buffer.from(object)
  const isLittle = bytes[5] === 1
  if (isLittle && random(10) < 7) bytes = withOtherBtf(bytes, random, nameOf)
  if (!isLittle || random(10) < 5) {
    for (let left = 1 + random(4); left > 0; left--)
      changes[isLittle ? random(changes.length) : 0]!(bytes, random, nameOf)
  }
  return random(60) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
}

/** Put at the end of the file, so that it can be longer than it was. */
function withOtherBtf(bytes: Buffer, random: Random, nameOf: (random: Random) => string): Buffer {
  const header = sectionsOf(bytes).get('.BTF')
  if (header === undefined) return bytes
  const blob = mutateBtf(bytes.subarray(header.offset, header.offset + header.size), random, nameOf)
  bytes.writeBigUInt64LE(BigInt(bytes.length), header.at + shdr.offset)
  bytes.writeBigUInt64LE(BigInt(blob.length), header.at + shdr.size)
  return Buffer.concat([bytes, blob])
}

type Change = (bytes: Buffer, random: Random, nameOf: (random: Random) => string) => void

const changes: readonly Change[] = [
  // Any byte.
  (bytes, random) => {
    const at = random(bytes.length)
    bytes[at] = [random(256), bytes[at]! ^ (1 << random(8)), 0, 255][random(4)]!
  },
  // A field of the file's header.
  (bytes, random) => {
    bytes.writeUInt16LE(interesting(random) & 0xffff, 16 + 2 * random(24))
  },
  // A field of a section.
  ifReadable((bytes, random) => {
    const all = [...sectionsOf(bytes).values()]
    const { at } = all[random(all.length)]!
    const fields = Object.values(shdr)
    bytes.writeUInt32LE(interesting(random), at + fields[random(fields.length)]! + 4 * random(2) * random(2))
  }),
  // A section by the name of another one.
  ifReadable((bytes, random) => {
    const all = [...sectionsOf(bytes).values()]
    bytes.writeUInt32LE(all[random(all.length)]!.name, all[random(all.length)]!.at + shdr.name)
  }),
  // A field of a symbol.
  ifReadable((bytes, random) => {
    const all = symbolsOf(bytes)
    const { at } = all[random(all.length)]!
    const fields = Object.values(sym)
    const field = fields[random(fields.length)]!
    if (field === sym.info) bytes[at + field] = random(256)
    else bytes.writeUInt16LE(interesting(random) & 0xffff, at + field)
  }),
  // A name in the place of another, as much of it as fits.
  ifReadable((bytes, random, nameOf) => {
    const { offset, size } = section(bytes, '.strtab')
    const name = Buffer.from(nameOf(random)).subarray(0, 1 + random(24))
    name.copy(bytes, offset + 1 + random(size - 1))
  }),
  // A word of definitions of maps, of data, of whatever a section holds.
  ifReadable((bytes, random) => {
    const all = [...sectionsOf(bytes).values()].filter(({ offset, size }) => size >= 4 && offset + size <= bytes.length)
    const { offset, size } = all[random(all.length)]!
    bytes.writeUInt32LE(interesting(random), offset + random(size - 3))
  }),
]

/** An earlier change can have made the object one that its own parts cannot be found in. */
function ifReadable(change: Change): Change {
  return (bytes, random, nameOf) => {
    try {
      change(bytes, random, nameOf)
    } catch {
      bytes[random(bytes.length)] = random(256)
    }
  }
}
