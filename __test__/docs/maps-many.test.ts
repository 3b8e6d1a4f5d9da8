// What docs/maps.md says of many entries at once, and of maps that hold something else, sentence by sentence.
import test, { type ExecutionContext } from 'ava'
import { ArrayOfMaps, HashMap, ProgramArray } from 'ayajs'
import { loaded, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { failureOf, flow, flowsOf, keyOf, packetTo } from './flows.ts'

leaveNothingBehind(test)

test('`setAll` and `deleteAll` check and encode everything before the first entry is touched', (t) => {
  const flows = flowsOf(openFixture(t, 'flows'))
  const bad = { ...keyOf(2), dport: 70_000 }
  const set = (): void =>
    flows.setAll([
      [keyOf(1), flow],
      [bad, flow],
    ])
  t.throws(set, { instanceOf: RangeError, message: /^entries\[1\]: flows\.key\.dport: 70000/ })
  t.deepEqual([...flows], [])
  flows.set(keyOf(1), flow)
  t.throws(() => flows.deleteAll([keyOf(1), bad]), { instanceOf: RangeError })
  t.deepEqual([...flows], [[keyOf(1), flow]])
})

test('When the kernel refuses an entry, `completed` of the error says how many were done before it', (t) => {
  const flows = flowsOf(openFixture(t, 'flows', { mapMaxEntries: { flows: 5 } }))
  const error = failureOf(t, () => flows.setAll(range(9).map((daddr) => [keyOf(daddr), flow])))
  t.is(error?.errnoName, 'E2BIG')
  t.is(error?.completed, 5)
  const again = failureOf(t, () => flows.setAll([[keyOf(7), flow]], { exist: true }))
  t.deepEqual([again?.errnoName, again?.completed], ['ENOENT', 0])
})

test('`deleteAll` returns how many of the keys there were', (t) => {
  const flows = flowsOf(openFixture(t, 'flows'))
  flows.setAll(range(10).map((daddr) => [keyOf(daddr), flow]))
  t.is(flows.deleteAll([7, 99, 3, 98, 5].map(keyOf)), 3)
  t.is([...flows.keys()].length, 7)
})

test('`drain` deletes each entry as it reads it, so that what a program adds to it is never lost between the two', (t) => {
  const bpf = openFixture(t, 'flows')
  const [flows, program] = [flowsOf(bpf), loaded(bpf, 'count_flows')]
  let packets = 0n
  for (let round = 0; round < 20; round++) {
    program.testRun({ packet: packetTo(0x0a000001), repeat: 10 })
    for (const [, drained] of flows.drain()) {
      packets += drained.packets
      if (round < 10) program.testRun({ packet: packetTo(0x0a000001), repeat: 10 })
    }
  }
  for (const [, drained] of flows.drain()) packets += drained.packets
  t.is(packets, 300n)
  t.deepEqual([...flows], [])
})

test('`drain` that is left early puts back what it has not delivered', (t) => {
  const flows = flowsOf(openFixture(t, 'flows'))
  flows.setAll(range(10).map((daddr) => [keyOf(daddr), flow]))
  const drained = take(flows.drain(), 3)
  t.is(drained.length, 3)
  const left = [...flows].map(([{ daddr }]) => daddr)
  t.deepEqual([...drained.map(([{ daddr }]) => daddr), ...left].sort(), range(10))
})

test('`drain` that cannot put an entry back, because a newer one has come, begins with it the next time', (t) => {
  const flows = flowsOf(openFixture(t, 'flows'))
  flows.setAll([1, 2].map((daddr) => [keyOf(daddr), flow]))
  const newer = { packets: 9n, bytes: 9n }
  for (const [{ daddr }] of flows.drain()) {
    flows.set(keyOf(3 - daddr), newer)
    break
  }
  t.is([...flows].length, 1)
  t.deepEqual(
    [...flows.drain()].map(([, value]) => value),
    [flow, newer],
  )
})

test('A map that is held by another stays when its own handle is closed', (t) => {
  const [outer, inner] = nested(t)
  inner.set(one, two)
  outer.set(0, inner)
  inner.close()
  const held = outer.get(0)
  t.deepEqual(held?.get(one), two)
  held?.close()
})

test('`get` of a map of maps opens a handle of its own each time, to be closed by you', (t) => {
  const [outer, inner] = nested(t)
  outer.set(0, inner)
  const [first, second] = [outer.get(0), outer.get(0)]
  t.not(first?.fd(), second?.fd())
  first?.close()
  t.false(second?.closed)
  second?.close()
  t.is(outer.get(1), undefined)
})

test('`mapId` tells which map is held without opening it', (t) => {
  const [outer, inner] = nested(t)
  outer.set(0, inner)
  t.is(outer.mapId(0), inner.info().id)
  t.is(outer.mapId(1), undefined)
})

test('A map of another type or size than `inner` is refused, with `EINVAL`', (t) => {
  const [outer] = nested(t)
  const larger = HashMap.create({ keySize: 4, valueSize: 16, maxEntries: 4 })
  t.teardown(() => larger.close())
  t.is(failureOf(t, () => outer.set(0, larger))?.errnoName, 'EINVAL')
})

test('A slot of a program array tells the id of its program', (t) => {
  const programs = ProgramArray.create({ maxEntries: 4 })
  t.teardown(() => programs.close())
  const program = loaded(openFixture(t, 'flows'), 'count_flows')
  programs.set(2, program)
  t.is(programs.programId(2), program.info().id)
  t.is(programs.programId(1), undefined)
  t.deepEqual([...programs.keys()], [2])
})

const [one, two] = [Uint8Array.of(1, 0, 0, 0), Uint8Array.of(2, 0, 0, 0)]

type Inner = HashMap<Uint8Array, Uint8Array>

function nested(t: ExecutionContext): [outer: ArrayOfMaps<Inner>, inner: Inner] {
  const inner: Inner = HashMap.create({ keySize: 4, valueSize: 4, maxEntries: 4 })
  const outer = ArrayOfMaps.create({ maxEntries: 2, inner })
  for (const map of [outer, inner]) t.teardown(() => map.close())
  return [outer, inner]
}

function take<T>(all: Iterable<T>, count: number): T[] {
  const taken: T[] = []
  for (const each of all) if (taken.push(each) === count) break
  return taken
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
