// Small files that ask for much: types that are wide, deep, long of name and repeated, in random compositions.
import { BtfBuilder, type Member } from '../../__test__/helpers/btf-builder.ts'

type Random = (limit: number) => number

/** A blob, and the type that has everything in it. Below 2 MiB. */
export function randomBomb(random: Random): { bytes: Uint8Array; id: number } {
  const btf = new BtfBuilder()
  const levels = 1 + random(5)
  let budget = 40_000
  let inner: Sized[] = [
    { id: btf.int('unsigned int', 4), size: 4 },
    { id: btf.int('char', 1), size: 1 },
  ]
  for (let level = 0; level < levels; level++) {
    const count = Math.min([1, 2, 30, 1000, 10_000][random(5)]!, budget)
    const next: Sized[] = []
    for (let index = 0; index < count && budget > 0; index++) {
      budget -= 1
      const width = Math.min([0, 1, 2, 32, 33, 500, 20_000][random(7)]!, budget)
      budget -= width
      next.push(wrapped(btf, inner[random(inner.length)]!, inner, width, random))
      if (count > 1000 && width > 2) index += 100
    }
    inner = next
  }
  const all = struct(
    btf,
    'all',
    Array.from({ length: Math.min(inner.length, 20_000) }, (_, index) => inner[index]!),
    random,
  )
  return { bytes: btf.bytes(), id: all.id }
}

interface Sized {
  readonly id: number
  readonly size: number
}

function wrapped(btf: BtfBuilder, one: Sized, all: readonly Sized[], width: number, random: Random): Sized {
  const name = nameFor(random)
  switch (random(6)) {
    case 0:
      return { id: btf.add('ptr', '', one.id), size: 8 }
    case 1:
      return { id: btf.add('typedef', name, one.id), size: one.size }
    case 2: {
      const length = [1, 2, 9, 1000, 65536][random(5)]!
      return { id: btf.array(one.id, length), size: one.size * length }
    }
    case 3: {
      const constants = Array.from({ length: Math.min(width, 60_000) }, (_, index) => [
        btf.name(`E${index}`),
        index,
      ]).flat()
      return { id: btf.add('enum', name, 4, constants, constants.length / 2), size: 4 }
    }
    default: {
      const same = random(2) === 0
      const members = Array.from({ length: width }, () => (same ? one : all[random(all.length)]!))
      return struct(btf, name, members, random)
    }
  }
}

/** A struct or union of these members, with names that are short, long, or none. */
function struct(btf: BtfBuilder, name: string, types: readonly Sized[], random: Random): Sized {
  const union = random(4) === 0
  const naming = random(3)
  const long = 'm'.repeat([1, 60, 1000][random(3)]!)
  const members: Member[] = []
  let [offset, size] = [0, 0]
  for (const [index, type] of types.slice(0, 65_535).entries()) {
    if ((offset + type.size) * 8 >= 2 ** 32) break
    const member = naming === 0 && index < 300 ? `${long}${index}` : naming === 1 ? '' : `m${index}`
    members.push([member, type.id, offset * 8])
    size = Math.max(size, offset + type.size)
    if (!union) offset += type.size
  }
  return { id: btf.struct(name, size, members, union ? 'union' : 'struct'), size }
}

function nameFor(random: Random): string {
  return ['', 's', 'T'.repeat(60), 'L'.repeat(4000)][random(4)]!
}
