// Objects with broken bytes: whatever is broken, it is one of our errors, and soon.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { EbpfError } from 'ayajs'
import { newMemory, readObject } from '../../../dist/btf/engine.js'
import { readElf } from '../../../dist/btf/elf.js'
import { fixturePath } from '../../helpers/fixtures.ts'
import { randomFrom } from '../../helpers/random.ts'

const fixtures = ['types', 'maps', 'map_declarations', 'cgroup_skb', 'types_be', 'no_btf_globals']
const mutants = 1000

for (const [number, fixture] of fixtures.entries()) {
  test(`${mutants} mutants of ${fixture} are read, or refused with an error of ours`, (t) => {
    const whole = Uint8Array.from(readFileSync(fixturePath(fixture)))
    const spots = spotsOf(whole)
    const random = randomFrom(number)
    let [read, refused] = [0, 0]
    for (let round = 0; round < mutants; round++) {
      const mutant = mutate(whole, spots, random)
      try {
        useAll(mutant)
        read++
      } catch (error) {
        if (!EbpfError.isEbpfError(error)) {
          throw new Error(`mutant ${round} of ${fixture} throws another error`, { cause: error })
        }
        if (error.code !== 'ERR_EBPF_PARSE' && error.code !== 'ERR_EBPF_BTF') t.fail(error.code)
        refused++
      }
    }
    t.true(read > mutants / 20, `only ${read} of ${mutants} could be read: do the mutants try enough?`)
    t.true(refused > mutants / 20, `only ${refused} of ${mutants} were refused: do the mutants try enough?`)
  })
}

/** Where bytes matter: the ELF header, the section headers, symbols, types. The code of programs is nobody's concern here. */
function spotsOf(bytes: Uint8Array): [start: number, size: number][] {
  const view = new DataView(bytes.buffer)
  const isLittle = bytes[5] === 1
  const headers: [number, number] = [Number(view.getBigUint64(40, isLittle)), view.getUint16(60, isLittle) * 64]
  const sections = readElf(bytes).sections.filter(({ name }) => ['.BTF', '.symtab', 'maps', '.strtab'].includes(name))
  return [[0, 64], headers, ...sections.map(({ data }) => [data.bytes.byteOffset, data.size] as [number, number])]
}

/** One to four bytes changed, or the file cut off. */
function mutate(whole: Uint8Array, spots: [number, number][], random: (limit: number) => number): Uint8Array {
  const copy = whole.slice()
  for (let left = 1 + random(4); left > 0; left--) {
    // Types twice as often as the rest.
    const [start, size] = spots[Math.min(random(spots.length + 2), spots.length - 1)]!
    const at = start + random(size)
    copy[at] = [random(256), copy[at]! ^ (1 << random(8)), 0, 255][random(4)]!
  }
  return random(50) === 0 ? copy.subarray(0, random(copy.length)) : copy
}

/** Reads the object and everything in it. Types that have no values may say so one by one. */
function useAll(bytes: Uint8Array): void {
  const { maps, globals, btf, fingerprint } = readObject(bytes)
  if (!/^[0-9a-f]{32}$/.test(fingerprint)) throw new Error(`the fingerprint is ${fingerprint}`)
  const ids = [...maps, ...globals].flatMap((one) =>
    ['keyTypeId', 'valueTypeId', 'typeId'].map((key) => Reflect.get(one, key)),
  )
  for (const id of ids) {
    if (btf === undefined || typeof id !== 'number') continue
    try {
      const codec = btf.codec(id)
      if (codec.size > 2 ** 20) continue
      const memory = newMemory(codec.size)
      const value = codec.decode(memory, 0)
      encodeAll(codec, value, memory)
    } catch (error) {
      if (!EbpfError.isEbpfError(error) || error.code !== 'ERR_EBPF_BTF') throw error
    }
  }
}

/** What was decoded can be written again, unless it is of a union. */
function encodeAll(codec: { encode(...all: unknown[]): void }, value: unknown, memory: unknown): void {
  try {
    codec.encode(value, memory, 0, 'value')
  } catch (error) {
    if (!(error instanceof TypeError) || !/exclude each other/.test(error.message)) throw error
  }
}
