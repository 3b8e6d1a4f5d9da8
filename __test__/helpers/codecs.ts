// Both kinds of codecs, and the variables of fixtures as their compiler wrote them.
import { readFileSync } from 'node:fs'
import { closureCodec } from '../../dist/btf/closures.js'
import type { Codec } from '../../dist/btf/codec.js'
import { compiledCodec } from '../../dist/btf/compile.js'
import { readElf } from '../../dist/btf/elf.js'
import { memoryOf, readObject } from '../../dist/btf/engine.js'
import type { Shape } from '../../dist/btf/shape.js'
import { fixturePath } from './fixtures.ts'

/** The two ways to make a codec, which must not differ in anything but speed. */
export const engines: readonly [name: string, make: (shape: Shape) => Codec][] = [
  ['compiled', compiledCodec],
  ['closures', closureCodec],
]

/** The variables of a fixture: shapes, and the bytes that the compiler wrote. */
export function variablesOf(fixture: string): Map<string, { shape: Shape; bytes: Uint8Array }> {
  const file = readFileSync(fixturePath(fixture))
  const { btf, globals } = readObject(file)
  const { sections } = readElf(file)
  const found = new Map<string, { shape: Shape; bytes: Uint8Array }>()
  for (const { name, section, offset, size, typeId } of globals) {
    const data = sections.find((one) => one.name === section)?.data
    if (btf === undefined || typeId === undefined || data === undefined || data.size === 0) continue
    found.set(name, { shape: btf.shapeOf(typeId), bytes: Uint8Array.from(data.bytes.subarray(offset, offset + size)) })
  }
  return found
}

/** What a codec makes of bytes. */
export function decode(codec: Codec, bytes: Uint8Array): unknown {
  return codec.decode(memoryOf(bytes), 0)
}

/** What a codec makes of a value, in memory that is full of other bytes before. */
export function encode(codec: Codec, value: unknown, path = 'value'): Uint8Array {
  const bytes = new Uint8Array(codec.size + 16).fill(0xa5)
  codec.encode(value, memoryOf(bytes), 8, path)
  const outside = [...bytes.subarray(0, 8), ...bytes.subarray(8 + codec.size)]
  if (outside.some((byte) => byte !== 0xa5)) throw new Error('the codec wrote outside of its value')
  return bytes.slice(8, 8 + codec.size)
}
