// Random types in BTF, and random values of their shapes.
import type { Part, RecordShape, Shape } from '../../dist/btf/shape.js'
import { BtfBuilder, type Member } from './btf-builder.ts'

type Random = (limit: number) => number

/** A blob of BTF with a random struct, whose id is that of the last type. */
export function randomStruct(random: Random): { bytes: Uint8Array; id: number } {
  const btf = new BtfBuilder(random(4) > 0)
  const make = new Types(btf, random)
  const id = make.struct(0)
  return { bytes: btf.bytes(), id }
}

class Types {
  readonly #btf: BtfBuilder
  readonly #random: Random
  readonly #integers: { id: number; size: number }[]
  readonly #others: { id: number; size: number }[]
  #names = 0

  constructor(btf: BtfBuilder, random: Random) {
    this.#btf = btf
    this.#random = random
    const names = ['unsigned char', 'unsigned short', 'unsigned int', '', 'unsigned long long']
    const integers = [1, 2, 4, 8].flatMap((size) => [
      { id: btf.int(names[Math.log2(size)] || 'integer', size), size },
      { id: btf.int('signed', size, { signed: true }), size },
    ])
    const typedefs = ['__be16', '__be32', '__le32', '__be64'].map((name, index) => {
      const size = [2, 4, 4, 8][index]!
      return { id: btf.add('typedef', name, integers.find((one) => one.size === size)!.id), size }
    })
    const constant = btf.add('enum', 'choice', 4, [btf.name('ONE'), 1], 1, true)
    this.#integers = [...integers, ...typedefs]
    this.#others = [
      { id: btf.int('char', 1, { signed: true }), size: 1 },
      { id: btf.int('bool', 1, { bool: true }), size: 1 },
      { id: btf.int('wide', 16), size: 16 },
      { id: btf.add('float', 'float', 4), size: 4 },
      { id: btf.add('float', 'double', 8), size: 8 },
      { id: btf.add('ptr', '', 0), size: 8 },
      { id: constant, size: 4 },
    ]
  }

  /** A struct with gaps, bit-fields, and anonymous members. */
  struct(depth: number, name = `s${this.#names++}`): number {
    return this.#struct(depth, name).id
  }

  #struct(depth: number, name: string): { id: number; size: number } {
    const members: Member[] = []
    let bits = 0
    for (let left = 1 + this.#random(6); left > 0; left--) {
      bits = Math.ceil(bits / 8) * 8 + this.#random(3) * 8
      if (this.#random(4) === 0) bits = this.#bitFields(members, bits)
      else bits = this.#member(members, bits, depth)
    }
    const size = Math.ceil(bits / 8) + this.#random(3)
    return {
      id: this.#btf.struct(
        name,
        size,
        members.map(([...all]) => [all[0], all[1], all[2], all[3] ?? 0]),
      ),
      size,
    }
  }

  #union(depth: number): { id: number; size: number } {
    const members: Member[] = []
    const sizes = Array.from({ length: 1 + this.#random(3) }, () => this.#member(members, 0, depth) / 8)
    for (const member of members) member[2] = 0
    const size = Math.max(...sizes)
    return { id: this.#btf.struct('', size, members, 'union'), size }
  }

  #member(members: Member[], bits: number, depth: number): number {
    const anonymous = depth < 3 && this.#random(6) === 0
    const type = anonymous ? this.#record(depth) : this.#type(depth)
    members.push([anonymous ? '' : `m${this.#names++}`, type.id, bits])
    return bits + type.size * 8
  }

  #bitFields(members: Member[], start: number): number {
    let bits = start
    for (let left = 1 + this.#random(4); left > 0; left--) {
      const { id, size } = this.#integers[this.#random(this.#integers.length)]!
      const width = 1 + this.#random(size * 8)
      members.push([`b${this.#names++}`, id, bits, width])
      bits += width
    }
    return bits
  }

  #record(depth: number): { id: number; size: number } {
    return this.#random(2) === 0 ? this.#struct(depth + 1, '') : this.#union(depth + 1)
  }

  #type(depth: number): { id: number; size: number } {
    const choice = this.#random(depth < 3 ? 10 : 7)
    if (choice < 4) return this.#integers[this.#random(this.#integers.length)]!
    if (choice < 7) return this.#others[this.#random(this.#others.length)]!
    if (choice < 8) return this.#record(depth)
    const element = this.#type(depth + 1)
    const length = 1 + this.#random(10)
    return { id: this.#btf.array(element.id, length), size: element.size * length }
  }
}

/** A canonical value: one that comes back from memory as it is. Of each union it has one member. */
export function randomValue(shape: Shape, random: Random): unknown {
  switch (shape.kind) {
    case 'number':
      if (shape.format === 'Float32') return Math.fround(random(2 ** 32) / 1000)
      if (shape.format === 'Float64') return random(2 ** 32) / 1000
      return Number(randomInteger(shape.size * 8, shape.format.startsWith('I'), random))
    case 'bigint':
      return randomInteger(shape.size * 8, shape.signed, random)
    case 'bits': {
      if (shape.result === 'boolean') return random(2) === 1
      const value = randomInteger(shape.width, shape.signed, random)
      return shape.result === 'bigint' ? value : Number(value)
    }
    case 'boolean':
      return random(2) === 1
    case 'string':
      return (
        ['', 'a', 'text', 'ü', '😀', 'x'.repeat(shape.size)].filter((text) => Buffer.byteLength(text) <= shape.size)[
          random(3)
        ] ?? ''
      )
    case 'bytes':
      return Uint8Array.from({ length: shape.size }, () => random(256))
    case 'array':
      return Array.from({ length: shape.length }, () => randomValue(shape.element, random))
    case 'record':
      return Object.fromEntries(randomFields(shape, random))
    default:
      return shape satisfies never
  }
}

function randomFields({ union, parts }: Pick<RecordShape, 'union' | 'parts'>, random: Random): [string, unknown][] {
  const chosen: readonly Part[] = union && parts.length > 0 ? [parts[random(parts.length)]!] : parts
  return chosen.flatMap((part) =>
    part.kind === 'field'
      ? [[part.name, randomValue(part.shape, random)] as [string, unknown]]
      : randomFields(part, random),
  )
}

/** The least, the greatest, or any other. */
function randomInteger(bits: number, signed: boolean, random: Random): bigint {
  let value = 0n
  for (let at = 0; at < bits; at += 16) value = (value << 16n) | BigInt(random(2 ** 16))
  const special = [0n, 1n, -1n, 1n << BigInt(bits - 1)]
  const chosen = random(3) === 0 ? special[random(4)]! : value
  return signed ? BigInt.asIntN(bits, chosen) : BigInt.asUintN(bits, chosen)
}
