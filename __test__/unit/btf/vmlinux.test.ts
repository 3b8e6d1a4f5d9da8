// The types of the running kernel, of which there are more than a hundred thousand: each struct is laid out.
import { existsSync, readFileSync } from 'node:fs'
import test from 'ava'
import { parseBtf } from '../../../dist/btf/engine.js'
import type { Field, Part, Shape } from '../../../dist/btf/shape.js'
import { decode, encode, engines } from '../../helpers/codecs.ts'
import { randomFrom } from '../../helpers/random.ts'

const path = '/sys/kernel/btf/vmlinux'
// Every kernel of the matrix has it; elsewhere (macOS) there is nothing to read.
const onLinux = existsSync(path) ? test : test.skip

onLinux('all types of the kernel are read, and every struct has a layout of its size', (t) => {
  const types = parseBtf(readFileSync(path))
  t.true(types.count > 10_000)
  let structs = 0
  for (const id of types.ids()) {
    const type = types.type(id)
    if (type.kind !== 'struct' && type.kind !== 'union') continue
    const shape = types.shapeOf(id)
    if (shape.size !== type.size || types.sizeOf(id) !== type.size) t.fail(`${types.nameOf(id)} has another size`)
    structs++
  }
  t.true(structs > 1000)
})

onLinux('structs of the kernel come back as they were written, from both kinds of codecs', (t) => {
  const types = parseBtf(readFileSync(path))
  const random = randomFrom(1)
  const [[, compile], [, close]] = engines as [(typeof engines)[0], (typeof engines)[0]]
  let tried = 0
  for (const id of types.ids('struct')) {
    if (random(40) !== 0) continue
    const shape = types.shapeOf(id)
    if (shape.size > 4096) continue
    const bytes = Uint8Array.from({ length: shape.size }, () => random(256))
    const value = decode(compile(shape), bytes)
    t.deepEqual(decode(close(shape), bytes), value, types.nameOf(id))
    if (hasUnion(shape) || hasText(shape)) continue
    const written = encode(compile(shape), value)
    t.deepEqual(encode(close(shape), value), written, types.nameOf(id))
    t.deepEqual(decode(compile(shape), written), value, types.nameOf(id))
    tried++
  }
  t.true(tried > 20)
})

/** A union is decoded by all members, but encoded by one. */
function hasUnion(shape: Shape): boolean {
  const inPart = (part: Part): boolean =>
    part.kind === 'field' ? hasUnion(part.shape) : part.union || part.parts.some(inPart)
  if (shape.kind === 'array') return hasUnion(shape.element)
  return shape.kind === 'record' && (shape.union || shape.parts.some(inPart))
}

/** Random bytes are seldom text in UTF-8. */
function hasText(shape: Shape): boolean {
  const inPart = (part: Part): boolean =>
    part.kind === 'field' ? hasText((part as Field).shape) : part.parts.some(inPart)
  if (shape.kind === 'array') return hasText(shape.element)
  return shape.kind === 'string' || (shape.kind === 'record' && shape.parts.some(inPart))
}
