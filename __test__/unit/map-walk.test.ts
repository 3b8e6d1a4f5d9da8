// Walks over maps that change under them as no test can have the kernel's do: they end, and see each key once.
import test from 'ava'
import { walk, type WalkPlan } from '../../dist/maps/walk.js'
import type { RawMap } from '../../dist/maps/raw/raw-map.js'
import { mapDouble, noBatches } from '../helpers/map-double.ts'

test('a walk key by key sees every entry once, in pieces of any size', (t) => {
  for (const size of [1, 2, 3, 9, 10, 11]) {
    t.deepEqual(keysOf(mapDouble({ count: 10 }).raw, { size }), [...Array(10).keys()])
  }
  t.deepEqual(keysOf(mapDouble({ count: 0 }).raw, { size: 4 }), [])
})

test('a key that goes between being found and being looked up is left out', (t) => {
  const { raw } = mapDouble({ count: 5, beforeLookup: (entries) => entries.delete(2) })
  t.deepEqual(keysOf(raw, { size: 2 }), [0, 1, 3, 4])
})

test('a walk of keys only looks nothing up', (t) => {
  const { raw } = mapDouble({ count: 5, beforeLookup: () => t.fail() })
  t.deepEqual(keysOf(raw, { size: 2, keysOnly: true }), [0, 1, 2, 3, 4])
})

test('a walk whose current key is always deleted sees every other key once, and ends', (t) => {
  let walked = 0
  const { raw, entries } = mapDouble({ count: 50 })
  for (const { keys } of walk(raw, { size: 1 })) {
    entries.delete(keys.view.getUint32(0, true))
    walked++
  }
  t.is(walked, 50)
})

test('a walk whose current key is deleted and added anew each time sees each key once, and ends', (t) => {
  const { raw, entries } = mapDouble({ count: 50, maxEntries: 50 })
  const seen: number[] = []
  for (const { keys } of walk(raw, { size: 1 })) {
    const key = keys.view.getUint32(0, true)
    seen.push(key)
    // As in a bucket of the kernel, where what is added comes first.
    const others = [...entries].filter(([other]) => other !== key)
    entries.clear()
    for (const [one, value] of [[key, 1] as const, ...others]) entries.set(one, value)
  }
  t.deepEqual(seen, [...Array(50).keys()])
})

test('a walk into which new keys are added without end, ends', (t) => {
  let next = 1000
  const { raw } = mapDouble({ count: 10, maxEntries: 10, beforeNext: (entries) => entries.set(next++, 1) })
  t.true(keysOf(raw, { size: 4 }).length <= 50)
})

test('a walk that loses its place at every step, ends', (t) => {
  const steps = { taken: 0 }
  const { raw } = mapDouble({
    count: 10,
    maxEntries: 10,
    beforeNext(entries) {
      const [first = 0] = entries.keys()
      entries.delete(first)
      entries.set(first, 1)
      steps.taken++
    },
  })
  const keys = keysOf(raw, { size: 4 })
  t.is(new Set(keys).size, keys.length)
  t.true(steps.taken < 200)
})

test('a kernel without batches has the walk go key by key', (t) => {
  t.deepEqual(keysOf(mapDouble({ count: 3, batch: () => noBatches }).raw, { size: 2 }), [0, 1, 2])
})

test('an error of a batch is thrown, also in the middle', (t) => {
  const error = new Error('broken')
  t.is(
    t.throws(() => keysOf(mapDouble({ count: 3, batch: () => error }).raw, { size: 2 })),
    error,
  )
  const later = mapDouble({ count: 3, batch: (call) => (call === 0 ? { keys: [1], more: true } : noBatches) })
  t.is(
    t.throws(() => keysOf(later.raw, { size: 2 })),
    noBatches,
  )
})

test('an error in the middle of a walk key by key comes after what was read before it, which may have been deleted', (t) => {
  const error = new Error('broken')
  let lookups = 0
  const { raw } = mapDouble({
    count: 5,
    beforeLookup() {
      if (++lookups === 3) throw error
    },
  })
  const seen: number[] = []
  const walked = (): void => {
    for (const { keys, count } of walk(raw, { size: 4 })) {
      for (let index = 0; index < count; index++) seen.push(keys.view.getUint32(index * 4, true))
    }
  }
  t.is(t.throws(walked), error)
  t.deepEqual(seen, [0, 1])
})

test('a bucket that is larger than a batch has it grow until it fits', (t) => {
  const rooms: number[] = []
  const { raw } = mapDouble({
    mapType: 'Hash',
    batch(_call, room) {
      rooms.push(room)
      return room < 16 ? 'too small' : { keys: [1, 2, 3], more: false }
    },
  })
  t.deepEqual(keysOf(raw, { size: 4 }), [1, 2, 3])
  t.deepEqual(rooms, [4, 8, 16])
})

test('batches that begin anew give each key once, and end', (t) => {
  const passes = [
    [0, 1],
    [2, 3],
    [0, 1],
    [4, 5],
  ]
  const anew = mapDouble({ batch: (call) => ({ keys: passes[call] ?? [], more: call < passes.length - 1 }) })
  t.deepEqual(keysOf(anew.raw, { size: 2 }), [0, 1, 2, 3, 4, 5])
  let calls = 0
  const endless = mapDouble({ maxEntries: 4, batch: () => (calls++, { keys: [0, 1], more: true }) })
  t.deepEqual(keysOf(endless.raw, { size: 2 }), [0, 1])
  t.true(calls <= 10, `${calls} calls`)
})

test('an empty batch in the middle ends nothing', (t) => {
  const passes = [[0], [], [], [1]]
  const { raw } = mapDouble({ mapType: 'Hash', batch: (call) => ({ keys: passes[call] ?? [], more: call < 3 }) })
  t.deepEqual(keysOf(raw, { size: 2 }), [0, 1])
})

function keysOf(raw: RawMap, plan: WalkPlan): number[] {
  const found: number[] = []
  for (const { keys, count } of walk(raw, plan)) {
    for (let index = 0; index < count; index++) found.push(keys.view.getUint32(index * 4, true))
  }
  return found
}
