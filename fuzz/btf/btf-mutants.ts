// Changes BTF where it has a meaning: kinds, counts, names, sizes, references, offsets of members; cycles above all.

type Random = (limit: number) => number

/** Kind by number → how many bytes follow the twelve of each type: a fixed part, and for each entry. */
const extras: Readonly<Record<number, readonly [fixed: number, entry: number]>> = {
  1: [4, 0],
  3: [12, 0],
  4: [0, 12],
  5: [0, 12],
  6: [0, 8],
  13: [0, 8],
  14: [4, 0],
  15: [0, 12],
  17: [4, 0],
  19: [0, 12],
}

/** BTF on the way: its types in words, and its names. */
interface Draft {
  readonly words: number[]
  /** Where each type begins, in words. */
  readonly starts: number[]
  names: Buffer
}

type Change = (draft: Draft, random: Random, nameOf: (random: Random) => string) => void

/** A blob of BTF with one to eight changes. It stays as it is where it is no BTF of this machine's byte order. */
export function mutateBtf(bytes: Uint8Array, random: Random, nameOf: (random: Random) => string): Uint8Array {
  const draft = read(Buffer.from(bytes))
  if (draft === undefined || draft.starts.length === 0) return bytes
  for (let left = 1 + random(8); left > 0; left--) changes[random(changes.length)]!(draft, random, nameOf)
  const blob = write(draft)
  if (random(20) === 0) blob.writeUInt32LE(interesting(random), 4 * random(6))
  return blob
}

/** A number at which something ends. */
export function interesting(random: Random): number {
  const near = [0, 1, 2, 4, 8, 24, 63, 64, 65, 127, 255, 256, 4096, 65535, 65536, 2 ** 24, 2 ** 31, 2 ** 32]
  return Math.min(Math.max(near[random(near.length)]! + random(3) - 1, 0), 2 ** 32 - 1)
}

function read(blob: Buffer): Draft | undefined {
  if (blob.length < 24 || blob.readUInt16LE(0) !== 0xeb9f) return undefined
  const [header, typeOffset, typeSize, nameOffset, nameSize] = [4, 8, 12, 16, 20].map((at) => blob.readUInt32LE(at))
  const types = blob.subarray(header! + typeOffset!, header! + typeOffset! + typeSize!)
  const words = Array.from({ length: types.length >> 2 }, (_, index) => types.readUInt32LE(index * 4))
  const starts: number[] = []
  for (let at = 0; at + 2 < words.length;) {
    starts.push(at)
    const [fixed, entry] = extras[kindAt(words, at)] ?? [0, 0]
    at += 3 + (fixed + entry * countAt(words, at)) / 4
  }
  const names = Buffer.from(blob.subarray(header! + nameOffset!, header! + nameOffset! + nameSize!))
  return { words, starts, names }
}

function write({ words, names }: Draft): Buffer {
  const blob = Buffer.alloc(24 + words.length * 4 + names.length)
  blob.writeUInt16LE(0xeb9f, 0)
  blob[2] = 1
  const header = [24, 0, words.length * 4, words.length * 4, names.length]
  header.forEach((word, index) => blob.writeUInt32LE(word, 4 + index * 4))
  words.forEach((word, index) => blob.writeUInt32LE(word >>> 0, 24 + index * 4))
  names.copy(blob, 24 + words.length * 4)
  return blob
}

function kindAt(words: readonly number[], at: number): number {
  return (words[at + 1]! >>> 24) & 31
}

function countAt(words: readonly number[], at: number): number {
  return words[at + 1]! & 0xffff
}

const changes: readonly Change[] = [
  // Another name: any offset, so that it can begin within another one.
  ({ words, starts, names }, random) => {
    words[pick(starts, random)] = random(names.length + 2)
  },
  // A name that means harm, of a type or of a member.
  (draft, random, nameOf) => {
    const offset = addName(draft, nameOf(random))
    const at = pick(draft.starts, random)
    draft.words[random(2) === 0 ? at : (entryOf(draft, at, random) ?? at)] = offset
  },
  // Bytes of names, which need be no UTF-8.
  ({ names }, random) => {
    names[random(names.length)] = random(256)
  },
  // Another kind, with the same data behind.
  ({ words, starts }, random) => {
    const at = pick(starts, random)
    words[at + 1] = ((words[at + 1]! & 0xe0ffffff) | (random(22) << 24)) >>> 0
  },
  // Another number of entries: what follows is read as something else.
  ({ words, starts }, random) => {
    const at = pick(starts, random)
    const count = [countAt(words, at) + 1, countAt(words, at) - 1, 0, 0xffff, random(16)][random(5)]!
    words[at + 1] = ((words[at + 1]! & 0xffff0000) | (count & 0xffff)) >>> 0
  },
  // The flag: bit-fields, signed enums, unions that are declared only.
  ({ words, starts }, random) => {
    const at = pick(starts, random)
    words[at + 1] = (words[at + 1]! ^ 0x80000000) >>> 0
  },
  // Another size, or a reference where there was none.
  ({ words, starts }, random) => {
    words[pick(starts, random) + 2] = interesting(random)
  },
  // A reference to itself, to the next, to any: cycles.
  ({ words, starts }, random) => {
    const index = random(starts.length)
    const target = [index + 1, index + 2, random(starts.length + 2)][random(3)]!
    const at = starts[index]!
    words[at + (random(2) === 0 ? 2 : 3)] = target
  },
  // The type, the offset or the width of a member, a variable, a parameter.
  (draft, random) => {
    const entry = entryOf(draft, pick(draft.starts, random), random)
    if (entry === undefined) return
    const isType = random(2) === 0
    const value = isType ? random(draft.starts.length + 2) : interesting(random)
    draft.words[entry + (isType ? 1 : 2)] = value
  },
  // Elements of an array, encoding of an integer, linkage of a variable.
  ({ words, starts }, random) => {
    const at = pick(starts, random)
    const index = at + 3 + random(3)
    if (index < words.length) words[index] = interesting(random)
  },
  // A copy of a type at the end, which others then refer to.
  ({ words, starts }, random) => {
    const index = random(starts.length)
    const copied = words.slice(starts[index], starts[index + 1] ?? words.length)
    const at = pick(starts, random)
    starts.push(words.length)
    words.push(...copied)
    words[at + 2] = starts.length
  },
  // Wrapped in an array, a qualifier, a typedef or a pointer, many times.
  (draft, random) => {
    const { words, starts } = draft
    let inner = 1 + random(starts.length)
    for (let depth = 1 + random(70); depth > 0; depth--) {
      starts.push(words.length)
      if (random(2) === 0) words.push(0, 3 << 24, 0, inner, 1, 1 + random(4))
      else words.push(addName(draft, `t${random(50)}`), (8 + random(4)) << 24, inner)
      inner = starts.length
    }
    words[pick(starts, random) + 2] = inner
  },
  // Any word at all.
  ({ words }, random) => {
    words[random(words.length)] = random(3) === 0 ? interesting(random) : random(2 ** 32)
  },
]

function pick(starts: readonly number[], random: Random): number {
  return starts[random(starts.length)]!
}

/** Where an entry of a type begins, if it has any. */
function entryOf({ words }: Draft, at: number, random: Random): number | undefined {
  const [fixed, entry] = extras[kindAt(words, at)] ?? [0, 0]
  const count = entry === 0 ? 0 : countAt(words, at)
  if (count === 0) return undefined
  const start = at + 3 + (fixed + entry * random(count)) / 4
  return start + 2 < words.length ? start : undefined
}

function addName(draft: Draft, name: string): number {
  const offset = draft.names.length
  draft.names = Buffer.concat([draft.names, Buffer.from(`${name}\0`)])
  return offset
}
