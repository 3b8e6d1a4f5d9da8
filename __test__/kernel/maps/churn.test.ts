// Walks while another process adds entries and deletes them: whatever stays is seen, once in each walk, and each walk ends.
import test, { type ExecutionContext } from 'ava'
import { type BytesMap, HashMap, LpmTrie } from 'ayajs'
import { commandOf, startChild } from '../../helpers/children.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

const staying = 500
const coming = 300
const room = 2000

const maps: [title: string, make: () => HashMap<Uint8Array, Uint8Array> | LpmTrie<Uint8Array, Uint8Array>][] = [
  ['a hash', () => HashMap.create({ keySize: 4, valueSize: 8, maxEntries: room })],
  ['an LRU hash', () => HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 10 * room, lru: true })],
  ['a trie', () => LpmTrie.create({ keySize: 8, valueSize: 8, maxEntries: room })],
]

for (const [title, make] of maps) {
  test(`walks of ${title} under churn see what stays, once`, async (t) => {
    const map = closing(t, make())
    for (let index = 0; index < staying; index++) map.set(keyOf(map.asBytes(), index), new Uint8Array(8))
    const stop = await churn(t, map.asBytes())
    for (const maxEntries of [64, 200, room]) {
      checkSeen(t, numbersOf(map.asBytes().batches({ maxEntries })), `batches of ${maxEntries}`)
      checkSeen(t, await numbersOfAsync(map.asBytes().batchesAsync({ maxEntries })), `async, ${maxEntries}`)
    }
    for (let walk = 0; walk < 20; walk++) checkSeen(t, [...map.keys()].map(numberOf), 'keys')
    t.true((await stop()) > 0)
  })
}

test('what is drained under churn was there once, and what stays behind was not seen', async (t) => {
  const map = closing(t, HashMap.create({ keySize: 4, valueSize: 8, maxEntries: room }))
  for (let index = 0; index < staying; index++) map.set(keyOf(map.asBytes(), index), new Uint8Array(8))
  const stop = await churn(t, map.asBytes())
  const taken: number[] = []
  for (const [key] of map.drain()) if (taken.push(numberOf(key)) === 100) break
  const rest = [...map.drain()].map(([key]) => numberOf(key))
  t.true((await stop()) > 0)
  const stayed = [...taken, ...rest].filter((number) => number < staying).sort((a, b) => a - b)
  t.deepEqual(stayed, [...Array(staying).keys()])
})

/** Starts the other process. Stopping it gives the number of its rounds. */
async function churn(t: ExecutionContext, map: BytesMap): Promise<() => Promise<number>> {
  const child = startChild(t, commandOf('./map-churn-actor.ts', `${map.info().id}`, `${staying}`, `${coming}`))
  t.is(await child.next<string>(), 'churning')
  return () => child.ask<number>('stop')
}

function checkSeen(t: ExecutionContext, numbers: readonly number[], title: string): void {
  const stayed = numbers.filter((number) => number < staying)
  t.is(new Set(stayed).size, staying, title)
  t.is(stayed.length, staying, title)
}

function numbersOf(batches: Iterable<{ keys: Uint8Array; count: number }>): number[] {
  return [...batches].flatMap(({ keys, count }) => split(keys, count))
}

async function numbersOfAsync(batches: AsyncIterable<{ keys: Uint8Array; count: number }>): Promise<number[]> {
  const numbers: number[] = []
  for await (const { keys, count } of batches) numbers.push(...split(keys, count))
  return numbers
}

function split(keys: Uint8Array, count: number): number[] {
  const size = keys.length / count
  return Array.from({ length: count }, (_, index) => numberOf(keys.subarray(index * size, (index + 1) * size)))
}

/** A number, behind the length of a prefix where the key of the map has one. */
function keyOf({ keySize }: BytesMap, number: number): Uint8Array {
  const key = new Uint8Array(keySize)
  if (keySize === 8) new DataView(key.buffer).setUint32(0, 32, true)
  new DataView(key.buffer).setUint32(keySize - 4, number)
  return key
}

function numberOf(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset + key.length - 4).getUint32(0)
}
