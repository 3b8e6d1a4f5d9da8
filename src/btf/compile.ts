// Codecs out of generated code: straight lines over a DataView, one function a struct, small structs within larger ones.
// Names of an object's members are data: they enter the code through JSON.stringify only.

import type { Codec } from './codec.ts'
import { isSmall } from './compile-common.ts'
import { Decoder } from './compile-decode.ts'
import { Encoder } from './compile-encode.ts'
import * as primitives from './primitives.ts'
import * as refuse from './refuse.ts'
import { type Part, type Shape } from './shape.ts'

/** A codec for a shape. @throws {EvalError} where code must not be generated. */
export function compiledCodec(shape: Shape): Codec {
  const decoder = new Decoder()
  const decode = decoder.functionOf(shape)
  const encoder = new Encoder()
  const encode = encoder.functionOf(shape)
  const code = [
    `'use strict'`,
    `const { ${Object.keys(primitives).join(', ')} } = primitives`,
    `const { ${Object.keys(refuse).join(', ')} } = refuse`,
    ...[decoder, encoder].flatMap((one, which) => one.declarations(`constants[${which}]`)),
    ...decoder.functions,
    ...encoder.functions,
    `return {`,
    `  size: ${shape.size},`,
    `  decode(memory, o) {`,
    `    return ${decode}(memory.view, memory.bytes, (o & 7) === 0 ? memory.longs : undefined, o)`,
    `  },`,
    `  encode(value, memory, o, path) {`,
    `    const v = memory.view, b = memory.bytes`,
    ...(isDense(shape) ? [] : [clear(shape.size)]),
    `    ${encode}(value, v, b, o, path)`,
    `  },`,
    `}`,
  ].join('\n')
  // eslint-disable-next-line no-new-func
  const make = new Function('primitives', 'refuse', 'constants', code) as (...parts: unknown[]) => Codec
  return make(primitives, refuse, [decoder.constants, encoder.constants])
}

/**
 * How much code a shape becomes, in members: a small one as often as it is used. A long name counts as several, for each
 * member below it, whose path it begins.
 */
export function codeSize(shape: Shape): number {
  const counted = new Set<Shape>()
  const count = (one: Shape): number => {
    if (!isSmall(one)) {
      if (counted.has(one)) return 1
      counted.add(one)
    }
    if (one.kind === 'array') return 1 + count(one.element)
    return one.kind === 'record' ? countParts(one.parts, count) : 1
  }
  return count(shape)
}

function countParts(parts: readonly Part[], count: (shape: Shape) => number): number {
  return parts.reduce((sum, part) => {
    if (part.kind === 'group') return sum + countParts(part.parts, count)
    return sum + count(part.shape) * (1 + (part.name.length >> 6))
  }, 1)
}

/** Whether encoding writes every byte, so that nothing has to be cleared first. */
function isDense(shape: Shape): boolean {
  if (shape.kind === 'array') return isDense(shape.element)
  if (shape.kind !== 'record') return shape.kind !== 'bits'
  if (shape.union) return false
  let end = 0
  for (const part of shape.parts) {
    if (part.kind === 'group' || part.offset !== end || !isDense(part.shape)) return false
    end += part.shape.size
  }
  return end === shape.size
}

/** Zeros over all bytes; a call of `fill` costs more than a few stores. */
function clear(size: number): string {
  if (size > 128) return `    b.fill(0, o, o + ${size})`
  const stores: string[] = []
  let at = 0
  for (; at + 8 <= size; at += 8) stores.push(`v.setFloat64(o + ${at}, 0, true)`)
  for (; at + 4 <= size; at += 4) stores.push(`v.setUint32(o + ${at}, 0, true)`)
  for (; at < size; at++) stores.push(`b[o + ${at}] = 0`)
  return `    ${stores.join('; ')}`
}
