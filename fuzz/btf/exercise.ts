// Everything that src/btf does with an object, and what must hold whatever the object is.
import { isDeepStrictEqual } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { EbpfError } from 'ayajs'
import { closureCodec } from '../../dist/btf/closures.js'
import type { Codec } from '../../dist/btf/codec.js'
import { codeSize, compiledCodec } from '../../dist/btf/compile.js'
import { memoryOf, readObject } from '../../dist/btf/engine.js'
import type { Field, Part, Shape } from '../../dist/btf/shape.js'
import { describe, write } from '../../dist/btf/writer/engine.js'
import { checkCodec, checkFile, codeOf } from './skeleton.ts'

type Random = (limit: number) => number
type Btf = NonNullable<ReturnType<typeof readObject>['btf']>

/** The types of a blob that are tried: all of a small one. */
const mostTypes = 200
/** Values of more bytes than this are not read and written. */
const largestValue = 4096

/** Reads an object and does all that can be done with it. Gives whether it could be read. */
export function useObject(bytes: Uint8Array, random: Random): boolean {
  const object = orRefused(() => readObject(bytes))
  if (object === undefined) return false
  if (object.btf !== undefined) useTypes(object.btf, random)
  orRefused(() => object.fingerprint)
  orRefused(() => describe(bytes))
  for (const format of ['typescript', 'declarations', 'esm', 'commonjs'] as const) {
    const text = orRefused(() => write(bytes, 'fuzz.bpf.o', undefined, format))
    if (text === undefined) continue
    checkFile(text)
    if (format === 'commonjs') runModule(text)
  }
  return true
}

/** Names, sizes, layouts and codecs of the types. */
export function useTypes(btf: Btf, random: Random): void {
  const ids =
    btf.count <= mostTypes ? Array.from({ length: btf.count }, (_, index) => index + 1) : sample(btf.count, random)
  for (const id of ids) {
    orRefused(() => btf.type(id))
    orRefused(() => btf.nameOf(id))
    orRefused(() => btf.sizeOf(id))
    const shape = orRefused(() => btf.shapeOf(id))
    if (shape !== undefined && shape.size <= largestValue && shape.values <= largestValue) useShape(shape, random)
    else if (shape !== undefined) orRefused(() => btf.codec(id))
  }
}

/** Both kinds of codecs read and write alike, and what was written is read again. */
export function useShape(shape: Shape, random: Random): void {
  const closures = closureCodec(shape)
  let compiled: Codec = closures
  if (codeSize(shape) <= 4096) for (const code of codeOf(() => (compiled = compiledCodec(shape)))) checkCodec(code)
  const memory = Uint8Array.from({ length: shape.size }, () => (random(4) === 0 ? 0 : random(256)))
  const value = compiled.decode(memoryOf(memory), 0)
  same(closures.decode(memoryOf(memory), 0), value, 'decoded')
  const [one, other] = [written(compiled, value), written(closures, value)]
  same(one, other, 'encoded')
  // Members that overlap, as no compiler lays them out, overwrite one another.
  if (!(one instanceof Uint8Array) || !isDisjoint(shape)) return
  same(compiled.decode(memoryOf(one), 0), value, 'decoded again')
  same(written(compiled, value), one, 'encoded again')
}

/** What a codec writes into memory that is full of other bytes; or how it refuses the value. */
export function written(codec: Codec, value: unknown): Uint8Array | string {
  const bytes = new Uint8Array(codec.size + 16).fill(0xa5)
  try {
    codec.encode(value, memoryOf(bytes), 8, 'value')
  } catch (error) {
    checkError(error)
    return String(error)
  }
  if ([...bytes.subarray(0, 8), ...bytes.subarray(8 + codec.size)].some((byte) => byte !== 0xa5)) {
    throw new Error('the codec wrote outside of its value')
  }
  return bytes.slice(8, 8 + codec.size)
}

/** What `attempt` gives; nothing where it throws an error that the documents promise. */
function orRefused<T>(attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch (error) {
    if (EbpfError.isEbpfError(error) && ['ERR_EBPF_PARSE', 'ERR_EBPF_BTF'].includes(error.code)) return undefined
    throw new Error('throws an error that it must not throw', { cause: error })
  }
}

/** An error for a value that cannot be written. */
function checkError(error: unknown): void {
  const { code } = error as { code?: unknown }
  if ((error instanceof TypeError || error instanceof RangeError) && /^ERR_[A-Z_]+$/.test(String(code))) return
  throw new Error('refuses a value with another error', { cause: error })
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Error(`what is ${what} differs between codecs, or from what it was`)
}

/** Whether no two members of any struct have a bit in common. */
function isDisjoint(shape: Shape): boolean {
  if (shape.kind === 'array') return isDisjoint(shape.element)
  if (shape.kind !== 'record') return true
  const fields = fieldsOf(shape.parts)
  const ranges = fields
    .map(({ offset, shape: one }) => {
      const start = offset * 8 + (one.kind === 'bits' ? one.shift : 0)
      return [start, start + (one.kind === 'bits' ? one.width : one.size * 8)] as const
    })
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
  return (
    ranges.every(([start], index) => start >= (ranges[index - 1]?.[1] ?? 0)) &&
    fields.every((field) => isDisjoint(field.shape))
  )
}

function fieldsOf(parts: readonly Part[]): Field[] {
  return parts.flatMap((part) => (part.kind === 'field' ? [part] : fieldsOf(part.parts)))
}

/** A generated module defines what it exports, and does nothing else. */
function runModule(text: string): void {
  const context = createContext({ exports: {} })
  const names = (): string => runInContext('Object.keys(globalThis).join()', context) as string
  const before = names()
  runInContext(text, context, { timeout: 5000 })
  if (names() !== before) throw new Error(`a generated module sets ${names()}`)
}

function sample(count: number, random: Random): number[] {
  return Array.from({ length: mostTypes }, () => 1 + random(count))
}
