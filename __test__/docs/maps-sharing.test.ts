// What docs/maps.md says of sharing maps, and of making them, sentence by sentence.
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, Ebpf, EbpfError, HashMap, MapBase, Queue } from 'ayajs'
import { fixturePath, loaded, openFixture } from '../helpers/fixtures.ts'
import { testIf } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { failureOf, flow, flowsOf, keyOf, packetTo, type Flow, type FlowKey } from './flows.ts'

leaveNothingBehind(test)

test('Both objects see the same entries, and either may be closed without the other', (t) => {
  for (const closedFirst of [0, 1]) {
    const first = openFixture(t, 'flows')
    const second = openFixture(t, 'flows', { maps: { flows: flowsOf(first) } })
    t.is(flowsOf(first).info().id, flowsOf(second).info().id)
    loaded(first, 'count_flows').testRun({ packet: packetTo(1) })
    loaded(second, 'count_flows').testRun({ packet: packetTo(1) })
    const [goes, stays] = closedFirst === 0 ? [first, second] : [second, first]
    goes.close()
    t.is([...flowsOf(stays)][0]?.[1].packets, 2n)
    t.is(CgroupSkb.tryFrom(stays.program('count_flows')).testRun({ packet: packetTo(1) }).returnValue, 1)
    t.is([...flowsOf(stays)][0]?.[1].packets, 3n)
  }
})

test('A map of another type, of other sizes or flags is refused before anything is made, and the error names both shapes', (t) => {
  const others = [
    HashMap.create({ keySize: 8, valueSize: 16, maxEntries: 4096, lru: true }),
    HashMap.create({ keySize: 8, valueSize: 8, maxEntries: 4096 }),
    HashMap.create({ keySize: 8, valueSize: 16, maxEntries: 4096, flags: 1 }),
  ]
  for (const flows of others) {
    t.teardown(() => flows.close())
    const error = failureOf(t, () => Ebpf.loadFile(fixturePath('flows'), { maps: { flows } }))
    t.is(error?.code, 'ERR_EBPF_MAP')
    t.regex(error?.message ?? '', /Hash.*8.*16.*4096/i)
  }
})

test('Global variables cannot be shared so: `.data` and its like are refused', (t) => {
  const first = openFixture(t, 'typed_maps')
  for (const name of ['.data', '.bss', '.rodata']) {
    const maps = { [name]: MapBase.tryFrom(first.map(name)) }
    t.true(failureOf(t, () => Ebpf.loadFile(fixturePath('typed_maps'), { maps })) instanceof EbpfError, name)
  }
})

test('A pinned map stays, with its entries and types, when its object is closed', (t) => {
  const [path, bpf] = [join(makePinDirectory(t), 'flows'), openFixture(t, 'flows')]
  flowsOf(bpf).set(keyOf(1), flow).pin(path)
  bpf.close()
  const flows = HashMap.fromPin<FlowKey, Flow>(path)
  t.teardown(() => flows.close())
  t.deepEqual([...flows], [[keyOf(1), flow]])
})

test('`fromPin`, `fromId` and `fromFd` open the same map, each with a handle that you close', (t) => {
  const path = join(makePinDirectory(t), 'flows')
  const flows = flowsOf(openFixture(t, 'flows'))
  flows.pin(path)
  const { id } = flows.info()
  const opened = [HashMap.fromPin(path), HashMap.fromId(id), HashMap.fromFd(flows.fd())]
  t.deepEqual(
    opened.map((map) => map.info().id),
    [id, id, id],
  )
  t.is(new Set([...opened, flows].map((map) => map.fd())).size, 4)
  for (const map of opened) map.close()
  t.false(flows.closed)
})

test('`unpin` removes the file that the map was pinned to or opened from, and leaves one that is not its own', (t) => {
  const path = join(makePinDirectory(t), 'flows')
  const [first, second] = [flowsOf(openFixture(t, 'flows')), flowsOf(openFixture(t, 'flows'))]
  first.pin(path)
  const opened = HashMap.fromPin(path)
  t.teardown(() => opened.close())
  opened.unpin()
  second.pin(path)
  t.throws(() => first.unpin(), { code: 'ERR_EBPF_PIN' })
  const still = HashMap.fromPin(path)
  t.is(still.info().id, second.info().id)
  still.close()
})

test('A map that was made like another has its type, sizes, flags, and types of keys and values, where nothing else is said', (t) => {
  const flows = flowsOf(openFixture(t, 'flows'))
  const larger = HashMap.create({ like: flows, maxEntries: 10_000, flags: 1 })
  t.teardown(() => larger.close())
  t.like(larger.info(), { mapType: 'Hash', keySize: 8, valueSize: 16, maxEntries: 10_000, mapFlags: 1 })
  t.deepEqual(larger.set(keyOf(1), flow).get(keyOf(1)), flow)
})

test('A frozen map can be read and not written by user space, for good; programs write to it as before', (t) => {
  const bpf = openFixture(t, 'flows')
  const [flows, program] = [flowsOf(bpf), loaded(bpf, 'count_flows')]
  flows.freeze()
  program.testRun({ packet: packetTo(1), repeat: 3 })
  t.is([...flows][0]?.[1].packets, 3n)
  t.is(failureOf(t, () => flows.set(keyOf(1), flow))?.errnoName, 'EPERM')
  t.true(flows.info().frozen)
})

/** Whether a map that is opened by its id has types, for each map of a fixture. */
function typedById(t: ExecutionContext): Record<string, boolean> {
  const typed = openFixture(t, 'map_types')
    .maps()
    .filter(([name]) => name !== 'untyped')
    .map(([name, map]) => {
      const opened = MapBase.fromId(map.info().id)
      const types = opened.info().btfValueTypeId > 0
      opened.close()
      return [name, types] as const
    })
  return Object.fromEntries(typed)
}

testIf('bloom-filter')(
  'A map that is opened by its id has its types, whoever made it: arrays, hashes, tries, storages of cgroups and Bloom filters',
  (t) => {
    const { array, percpu_array, hash, percpu_hash, lru_hash, lpm_trie, cgroup_storage, bloom_filter } = typedById(t)
    t.deepEqual(
      [array, percpu_array, hash, percpu_hash, lru_hash, lpm_trie, cgroup_storage, bloom_filter],
      Array.from({ length: 8 }, () => true),
    )
    const own = openFixture(t, 'map_types')
    const key = { id: 1, zone: 2 }
    const value = { count: 3n, last: 4, _pad: 0 }
    HashMap.tryFrom(own.map('hash')).set(key, value)
    const opened = HashMap.fromId(MapBase.tryFrom(own.map('hash')).info().id)
    t.deepEqual([...opened], [[key, value]])
    opened.close()
  },
)

testIf('bloom-filter')(
  'Queues, stacks and maps of maps that are opened by their ids have bytes: the kernel keeps no types of them',
  (t) => {
    const { queue, stack, array_of_maps, hash_of_maps } = typedById(t)
    t.deepEqual([queue, stack, array_of_maps, hash_of_maps], [false, false, false, false])
    const own = Queue.tryFrom(openFixture(t, 'map_types').map('queue'))
    own.push({ count: 3n, last: 4, _pad: 0 })
    const opened = Queue.fromId(own.info().id)
    t.true(opened.pop() instanceof Uint8Array)
    opened.close()
  },
)
