// Definitions that leave something to the loader: what libbpf makes of them, and what the kernel then has.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Ebpf, EbpfError } from 'ayajs'
import { showMap } from '../helpers/bpftool.ts'
import { possibleCpus } from '../helpers/cpus.ts'
import { fixturePath, loaded, mapOf, openFixture, u32Key, u64 } from '../helpers/fixtures.ts'
import { testIf } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

/** What bpftool shows of the maps of map_defaults. */
const shapes = {
  events: { type: 'perf_event_array', bytes_key: 4, bytes_value: 4, max_entries: possibleCpus() },
  jumps: { type: 'prog_array', bytes_key: 4, bytes_value: 4, max_entries: 3 },
  calls: { type: 'prog_array', bytes_key: 4, bytes_value: 4, max_entries: 5 },
  cgroups: { type: 'cgroup_array', bytes_key: 4, bytes_value: 4, max_entries: 2 },
  stacks: { type: 'stack_trace', bytes_key: 4, bytes_value: 128, max_entries: 2 },
  half_typed: { type: 'hash', bytes_key: 8, bytes_value: 12, max_entries: 7 },
  twice: { type: 'hash', bytes_key: 4, bytes_value: 6, max_entries: 6 },
  bloom: { type: 'bloom_filter', bytes_key: 0, bytes_value: 4, max_entries: 5 },
  rings: { type: 'array_of_maps', bytes_key: 4, bytes_value: 4, max_entries: 2 },
  sockets: { type: 'sk_storage', bytes_key: 4, bytes_value: 8, max_entries: 0 },
  on_node_0: { type: 'array', bytes_key: 4, bytes_value: 8, max_entries: 1, flags: 4 },
} as const

for (const door of doors) {
  testIf('bloom-filter')(`${door.name} makes maps of definitions that leave sizes to the loader`, async (t) => {
    const bpf = await door.open(t, 'map_defaults')
    for (const [name, shape] of Object.entries(shapes)) t.like(showMap(mapOf(bpf, name).info().id), shape, name)
    t.is(mapOf(bpf, 'bloom').info().mapExtra, 3n)
    const program = loaded(bpf, 'use_defaults')
    program.testRun({ packet, repeat: 3 })
    t.is(u64(mapOf(bpf, 'on_node_0').get(u32Key(0))), 3n)
  })

  test(`${door.name} names a map that the kernel refuses, its shape, and what is wrong with it`, async (t) => {
    const error = await t.throwsAsync(door.open(t, 'map_elsewhere'), { instanceOf: EbpfError })
    t.like(error, { code: 'ERR_EBPF_MAP', map: 'on_node_1000', syscall: 'BPF_MAP_CREATE', errnoName: 'EINVAL' })
    t.regex(error?.message ?? '', /an Array map \(key 4 bytes, value 8 bytes, 1 entries, flags 0x4\)/)
    t.regex(error?.message ?? '', /may not have the NUMA node .*Build the object without BPF_F_NUMA_NODE/)
  })
}

testIf('bloom-filter')('maps whose types are told keep them where others have only sizes', (t) => {
  const bpf = openFixture(t, 'map_defaults')
  const typed = (name: string): boolean => (showMap(mapOf(bpf, name).info().id)?.btf_id ?? 0) > 0
  t.deepEqual(['sockets', 'twice', 'half_typed'].map(typed), [true, true, false])
})

test('where the kernel refuses the types of an object, its maps are made without them, and programs use them', (t) => {
  const bpf = Ebpf.load(withTypesThatTheKernelRefuses('flows'))
  t.teardown(() => bpf.close())
  const ids = [...bpf.maps()].map(([, map]) => map.asBytes().info().id)
  t.true(ids.length > 0)
  for (const id of ids) t.is(showMap(id)?.btf_id, undefined)
  for (const [, program] of bpf.programs()) t.notThrows(() => program.load())
})

test('a map that must have types says so where the kernel refuses those of the object', (t) => {
  const error = t.throws(() => Ebpf.load(withTypesThatTheKernelRefuses('map_storage')), { instanceOf: EbpfError })
  t.like(error, { code: 'ERR_EBPF_MAP', map: 'sockets', errnoName: 'EINVAL' })
  t.regex(error?.message ?? '', /must have types of keys and values that the kernel takes. Set key and value/)
})

/** The name of a struct gets a space, which the kernel takes for no name. */
function withTypesThatTheKernelRefuses(fixture: string): Uint8Array {
  const data = readFileSync(fixturePath(fixture))
  const place = data.indexOf('\0__sk_buff\0')
  if (place < 0) throw new Error(`no program of ${fixture} takes a packet`)
  data[place + 3] = 0x20
  return data
}
