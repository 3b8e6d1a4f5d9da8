// Draining a map: its entries are taken out, and what was taken is never lost.

import { newMemory } from '../btf/codec.ts'
import { EbpfError } from '../errors.ts'
import type { ElementCodecs } from './codecs.ts'
import { elementFlags } from './raw/elements.ts'
import type { RawMap } from './raw/raw-map.ts'
import { chunkSize, walk, type Chunk } from './walk.ts'

/** How many entries are on their way at most. */
const drainSize = 1024

/** What was taken out, not delivered, and could not be put back: the next drain begins with it. */
const undelivered = new WeakMap<RawMap, Taken[]>()

interface Taken {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Takes the entries of a map out, one after the other. */
export function* drained<K, V>(
  raw: RawMap,
  { key, value }: ElementCodecs<K, V>,
): Generator<[key: K, value: V], void, undefined> {
  for (const chunk of takenChunks(raw)) {
    const { keys, values, count } = chunk
    let index = 0
    try {
      // It counts as delivered before the caller gets it: a loop that is left in the middle has had this one.
      while (index < count) {
        const entry: [K, V] = [key.decode(keys, index * key.size), value.decode(values, index * value.size)]
        index++
        yield entry
      }
    } finally {
      putBack(raw, chunk, index)
    }
  }
}

function* takenChunks(raw: RawMap): Generator<Chunk, void, undefined> {
  const left = undelivered.get(raw)
  undelivered.delete(raw)
  if (left !== undefined) yield packed(raw, left)
  yield* walk(raw, { size: Math.min(chunkSize(raw), drainSize), remove: true })
}

/** Gives entries back to the map. Where a newer one has come, or there is no room, they wait for the next drain. */
function putBack(raw: RawMap, { keys, values, count }: Chunk, from: number): void {
  const { keySize, valueBytes } = raw
  const left: Taken[] = []
  for (let index = from; index < count; index++) {
    const key = keys.bytes.slice(index * keySize, (index + 1) * keySize)
    const value = values.bytes.slice(index * valueBytes, (index + 1) * valueBytes)
    try {
      raw.elements.key.bytes.set(key)
      raw.elements.value.bytes.set(value)
      raw.elements.update(elementFlags.noExist)
    } catch (error) {
      if (EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_CLOSED') throw closedWith(raw, count - index)
      left.push({ key, value })
    }
  }
  // Another drain that was left before may have some waiting.
  if (left.length > 0) undelivered.set(raw, [...(undelivered.get(raw) ?? []), ...left])
}

function closedWith({ name }: RawMap, count: number): EbpfError {
  const entries =
    count === 1 ? '1 entry that had been taken out of it is' : `${count} entries that had been taken out of it are`
  const message = `Map "${name}" was closed in the middle of a drain: ${entries} lost. Leave the loop first, then close the map.`
  return new EbpfError('ERR_EBPF_CLOSED', message, { map: name })
}

function packed({ keySize, valueBytes }: RawMap, entries: readonly Taken[]): Chunk {
  const keys = newMemory(entries.length * keySize)
  const values = newMemory(entries.length * valueBytes)
  for (const [index, { key, value }] of entries.entries()) {
    keys.bytes.set(key, index * keySize)
    values.bytes.set(value, index * valueBytes)
  }
  return { keys, values, count: entries.length, cursor: null }
}
