// Maps that only a program gives their meaning: storages of cgroups, values with a lock, tail calls; and names that are not there.
import { statSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, CgroupStorage, type Ebpf, HashMap, PerCpuCgroupStorage, ProgramArray } from 'ayajs'
import { makeCgroup, type TestCgroup } from '../../helpers/cgroup.ts'
import { possibleCpus } from '../../helpers/cpus.ts'
import { loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { startTraffic } from '../../helpers/traffic.ts'

leaveNothingBehind(test)

interface StorageKey {
  cgroup_inode_id: bigint
  attach_type: number
}

interface Locked {
  lock: { val: number }
  length: number
  packets: bigint
}

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

async function counting(t: ExecutionContext, cgroup: TestCgroup): Promise<Ebpf> {
  const bpf = openFixture(t, 'special_maps')
  loaded(bpf, 'count').attach(cgroup.path, 'Egress')
  await startTraffic(t, cgroup).udp(5)
  return bpf
}

test('a storage has an entry for each cgroup that its program is attached to, which can be set', async (t) => {
  const cgroup = makeCgroup(t)
  const bpf = await counting(t, cgroup)
  const storage = CgroupStorage.tryFrom<StorageKey, bigint>(bpf.map('storage'))
  const [[key, packets] = [], ...others] = [...storage]
  t.deepEqual(others, [])
  t.is(key?.cgroup_inode_id, statSync(cgroup.path, { bigint: true }).ino)
  t.is(packets, 5n)
  if (key === undefined) return
  t.deepEqual([...storage.keys()], [key])
  t.deepEqual([...storage.values()], [5n])
  t.is(storage.set(key, 100n).get(key), 100n)
  t.true(storage.has(key))
  await startTraffic(t, cgroup).udp(1)
  t.is(storage.get(key), 101n)
})

test('a storage has no entry for other cgroups, and none can be made', async (t) => {
  const bpf = await counting(t, makeCgroup(t))
  const storage = CgroupStorage.tryFrom<StorageKey, bigint>(bpf.map('storage'))
  const other = { cgroup_inode_id: 1n, attach_type: 1 }
  t.is(storage.get(other), undefined)
  t.false(storage.has(other))
  t.like(
    t.throws(() => storage.set(other, 1n)),
    { code: 'ERR_EBPF_MAP', errnoName: 'ENOENT' },
  )
})

test('a per-CPU storage has a value for each possible CPU', async (t) => {
  const bpf = await counting(t, makeCgroup(t))
  const storage = PerCpuCgroupStorage.tryFrom<StorageKey, bigint>(bpf.map('percpu_storage'))
  const [[key, values = []] = []] = [...storage]
  t.is(values.length, possibleCpus())
  t.is(
    values.reduce((sum, value) => sum + value, 0n),
    5n,
  )
  if (key !== undefined)
    t.deepEqual(
      storage
        .set(
          key,
          values.map(() => 2n),
        )
        .get(key),
      values.map(() => 2n),
    )
})

test('a value with a lock is read and written under it', (t) => {
  const bpf = openFixture(t, 'special_maps')
  const map = HashMap.tryFrom<number, Locked>(bpf.map('locked'))
  const value = { lock: { val: 0 }, length: 0, packets: 7n }
  map.set(0, value)
  t.deepEqual(map.get(0, { lock: true }), value)
  map.set(0, { ...value, packets: 8n }, { lock: true, exist: true })
  map.setAll([[0, { ...value, packets: 9n }]], { lock: true })
  t.is(map.get(0)?.packets, 9n)
  t.is(map.asBytes().get(new Uint8Array(4), { lock: true })?.[8], 9)
})

test('a program goes on with what a program array holds, and by itself when the slot is empty', (t) => {
  const bpf = openFixture(t, 'special_maps')
  const targets = ProgramArray.tryFrom(bpf.map('targets'))
  const jump = loaded(bpf, 'jump')
  t.is(jump.testRun({ packet }).returnValue, 1)
  targets.set(0, loaded(bpf, 'drop'))
  t.is(jump.testRun({ packet }).returnValue, 0)
  t.true(targets.delete(0))
  t.is(jump.testRun({ packet }).returnValue, 1)
})

test('tryFrom names the map that the object does not have, and those that it has', (t) => {
  const bpf = openFixture(t, 'special_maps')
  const expected = { code: 'ERR_EBPF_NOT_FOUND', message: /no map "lokced".*storage.*Did you mean "locked"\?/ } as const
  t.like(
    t.throws(() => HashMap.tryFrom(bpf.map('lokced')), expected),
    { map: 'lokced' },
  )
  bpf.map('lokced')
  t.throws(() => CgroupSkb.tryFrom(null), { message: 'There is no such program: it is null.' })
  bpf.program('cuont')
  t.throws(() => HashMap.tryFrom(null), { message: 'There is no such map: it is null.' })
})
