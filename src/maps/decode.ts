// Chunks of a walk as values of JavaScript.

import type { Codec } from '../btf/codec.ts'
import type { ElementCodecs } from './codecs.ts'
import type { RawMap } from './raw/raw-map.ts'
import { chunkSize, walk, type Chunk } from './walk.ts'

/** The keys of a map. */
export function decodedKeys<K>(raw: RawMap, key: Codec<K>): Generator<K, void, undefined> {
  return generator(new DecodedKeys(walk(raw, { size: chunkSize(raw), keysOnly: true }), key))
}

/** The values of a map. */
export function decodedValues<V>(raw: RawMap, value: Codec<V>): Generator<V, void, undefined> {
  return generator(new DecodedValues(walk(raw, { size: chunkSize(raw) }), value))
}

/** Keys and values of a map. */
export function decodedEntries<K, V>(
  raw: RawMap,
  codecs: ElementCodecs<K, V>,
): Generator<[key: K, value: V], void, undefined> {
  return generator(new DecodedEntries(walk(raw, { size: chunkSize(raw) }), codecs))
}

/** It is all that TypeScript wants of one, whose helpers depend on the version of Node. */
function generator<T>(iterator: Decoded<T>): Generator<T, void, undefined> {
  return iterator as unknown as Generator<T, void, undefined>
}

/** What iterators inherit from: `Symbol.iterator`, and the helpers that this Node has (`map`, `filter`, …). */
const IteratorBase = function () {} as unknown as new () => object
IteratorBase.prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object

/** A generator, written by hand: V8 compiles loops over it into one piece of code, which it cannot where it has made one. */
abstract class Decoded<T> extends IteratorBase {
  /** `undefined` at the end. */
  #chunks: Iterator<Chunk> | undefined
  #chunk: Chunk | undefined
  #index = 0

  constructor(chunks: Iterator<Chunk>) {
    super()
    this.#chunks = chunks
  }

  next(): IteratorResult<T, void> {
    const chunk = this.#chunk
    if (chunk === undefined || this.#index === chunk.count) return this.#advance()
    return { done: false, value: this.decode(chunk, this.#index++) }
  }

  return(value?: void): IteratorResult<T, void> {
    this.#end()
    return { done: true, value }
  }

  throw(error: unknown): never {
    this.#end()
    throw error
  }

  get [Symbol.toStringTag](): string {
    return 'Generator'
  }

  protected abstract decode(chunk: Chunk, index: number): T

  /** To the next chunk, none of which is empty. Whatever it throws is the end. */
  #advance(): IteratorResult<T, void> {
    const chunks = this.#chunks
    this.#end()
    const next = chunks?.next()
    if (next === undefined || next.done === true) return { done: true, value: undefined }
    this.#chunks = chunks
    this.#chunk = next.value
    return { done: false, value: this.decode(next.value, this.#index++) }
  }

  #end(): void {
    this.#chunks = undefined
    this.#chunk = undefined
    this.#index = 0
  }
}

class DecodedKeys<K> extends Decoded<K> {
  readonly #key: Codec<K>

  constructor(chunks: Iterator<Chunk>, key: Codec<K>) {
    super(chunks)
    this.#key = key
  }

  protected override decode({ keys }: Chunk, index: number): K {
    return this.#key.decode(keys, index * this.#key.size)
  }
}

class DecodedValues<V> extends Decoded<V> {
  readonly #value: Codec<V>

  constructor(chunks: Iterator<Chunk>, value: Codec<V>) {
    super(chunks)
    this.#value = value
  }

  protected override decode({ values }: Chunk, index: number): V {
    return this.#value.decode(values, index * this.#value.size)
  }
}

class DecodedEntries<K, V> extends Decoded<[key: K, value: V]> {
  readonly #key: Codec<K>
  readonly #value: Codec<V>

  constructor(chunks: Iterator<Chunk>, { key, value }: ElementCodecs<K, V>) {
    super(chunks)
    this.#key = key
    this.#value = value
  }

  protected override decode({ keys, values }: Chunk, index: number): [key: K, value: V] {
    return [this.#key.decode(keys, index * this.#key.size), this.#value.decode(values, index * this.#value.size)]
  }
}
