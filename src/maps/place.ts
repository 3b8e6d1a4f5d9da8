// Puts keys and values where the next call finds them, whatever reading them does.

import { newMemory, type Codec, type Memory } from '../btf/codec.ts'
import type { ElementCodecs } from './codecs.ts'
import type { Elements } from './raw/elements.ts'

/** The way to one element. @internal */
export interface ElementAccess<K, V> extends ElementCodecs<K, V> {
  readonly elements: Elements
}

/**
 * Encodes a key for the next call.
 *
 * Reading the members of an object can run code of the caller's (a getter, a proxy) that uses the same map, and so the same
 * memory. Where that has happened, the key is encoded elsewhere and copied.
 */
export function placeKey<K>(access: Pick<ElementAccess<K, unknown>, 'elements' | 'key' | 'keyPath'>, key: K): void {
  const { elements, key: codec, keyPath } = access
  const { calls } = elements
  codec.encode(key, elements.key, 0, keyPath)
  if (elements.calls !== calls) elements.key.bytes.set(encodedApart(codec, key, keyPath).bytes)
}

/** {@link placeKey} for a value, of maps that have no keys. */
export function placeValue<V>({ elements, value: codec, valuePath }: ElementAccess<unknown, V>, value: V): void {
  const { calls } = elements
  codec.encode(value, elements.value, 0, valuePath)
  if (elements.calls !== calls) elements.value.bytes.set(encodedApart(codec, value, valuePath).bytes)
}

/** {@link placeKey} for key and value. */
export function placeEntry<K, V>(access: ElementAccess<K, V>, key: K, value: V): void {
  const { elements } = access
  const { calls } = elements
  access.key.encode(key, elements.key, 0, access.keyPath)
  access.value.encode(value, elements.value, 0, access.valuePath)
  if (elements.calls === calls) return
  const apart = encodedApart(access.key, key, access.keyPath)
  elements.value.bytes.set(encodedApart(access.value, value, access.valuePath).bytes)
  elements.key.bytes.set(apart.bytes)
}

function encodedApart<T>(codec: Codec<T>, value: T, path: string): Memory {
  const memory = newMemory(codec.size)
  codec.encode(value, memory, 0, path)
  return memory
}
