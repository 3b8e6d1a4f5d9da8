// For any type and any value: what was written is read, and both kinds of codecs do the same.
import test from 'ava'
import { newMemory, parseBtf } from '../../../dist/btf/engine.js'
import { decode, encode, engines } from '../../helpers/codecs.ts'
import { randomFrom } from '../../helpers/random.ts'
import { randomStruct, randomValue } from '../../helpers/random-types.ts'

const [[, compile], [, close]] = engines as [(typeof engines)[0], (typeof engines)[0]]

test('what was written is read, from 1000 random structs by both kinds of codecs', (t) => {
  for (let seed = 0; seed < 1000; seed++) {
    const random = randomFrom(seed)
    const { bytes, id } = randomStruct(random)
    const shape = parseBtf(bytes).shapeOf(id)
    const [compiled, closures] = [compile(shape), close(shape)]
    for (let round = 0; round < 5; round++) {
      const value = randomValue(shape, random)
      const written = encode(compiled, value)
      t.deepEqual(encode(closures, value), written, `seed ${seed}`)
      const read = decode(compiled, written)
      t.deepEqual(decode(closures, written), read, `seed ${seed}`)
      if (!contains(read, value)) t.deepEqual(read, value, `seed ${seed}`)
    }
  }
})

test('random structs are read alike wherever they stand, in memory that has 64-bit integers of its own too', (t) => {
  for (let seed = 0; seed < 500; seed++) {
    const random = randomFrom(seed)
    const { bytes, id } = randomStruct(random)
    const shape = parseBtf(bytes).shapeOf(id)
    const codec = compile(shape)
    const memory = newMemory(Math.ceil(shape.size / 8) * 8 + 16)
    t.truthy(memory.longs)
    for (let at = 0; at < memory.bytes.length; at++) memory.bytes[at] = random(256)
    for (let offset = 0; offset <= 16; offset += 1 + random(4)) {
      const alone = memory.bytes.slice(offset, offset + shape.size)
      t.deepEqual(codec.decode(memory, offset), decode(codec, alone), `seed ${seed}, offset ${offset}`)
    }
  }
})

test('random bytes are read alike, and refused alike where a value of them is changed', (t) => {
  for (let seed = 0; seed < 1000; seed++) {
    const random = randomFrom(seed)
    const { bytes, id } = randomStruct(random)
    const shape = parseBtf(bytes).shapeOf(id)
    const [compiled, closures] = [compile(shape), close(shape)]
    const memory = Uint8Array.from({ length: shape.size }, () => random(256))
    t.deepEqual(decode(closures, memory), decode(compiled, memory), `seed ${seed}`)
    const value = changed(randomValue(shape, random), random)
    t.is(
      refusal(() => encode(closures, value)),
      refusal(() => encode(compiled, value)),
      `seed ${seed}`,
    )
  }
})

/** Whether all that is in `part` is in `whole`, which has more members where there are unions. */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) && part.length === whole.length && part.every((one, index) => contains(whole[index], one))
    )
  }
  if (part instanceof Uint8Array) return whole instanceof Uint8Array && Buffer.compare(whole, part) === 0
  if (typeof part === 'object' && part !== null && typeof whole === 'object' && whole !== null) {
    return Object.entries(part).every(([name, one]) => contains((whole as Record<string, unknown>)[name], one))
  }
  return Object.is(whole, part) || (whole === 0 && part === 0)
}

const strange = [undefined, null, NaN, -1, 1.5, 2 ** 53, -(2n ** 200n), 2n ** 200n, '', 'x'.repeat(200), [], {}, true]

/** One of the values inside, replaced by a strange one. */
function changed(value: unknown, random: (limit: number) => number): unknown {
  const isDeep = typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
  const keys = isDeep ? Object.keys(value) : []
  if (keys.length === 0 || random(20) === 0) return strange[random(strange.length)]
  const key = keys[random(keys.length)]!
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>
  copy[random(30) === 0 && !Array.isArray(value) ? `${key}x` : key] = changed(copy[key], random)
  return copy
}

function refusal(attempt: () => unknown): string {
  try {
    attempt()
    return 'none'
  } catch (error) {
    return String(error)
  }
}
