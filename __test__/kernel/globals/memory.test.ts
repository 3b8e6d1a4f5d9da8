// Global variables as memory that the kernel and this process share: what is mapped, when it ends, and that no word ever tears.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import test from 'ava'
import { type BytesMap, Ebpf } from 'ayajs'
import { bpftool, showMap } from '../../helpers/bpftool.ts'
import { commandOf, startChild } from '../../helpers/children.ts'
import { fixturePath, loaded, mapOf, openFixture, takenFrom, u32Key, u64 } from '../../helpers/fixtures.ts'
import { initial, run, ways } from '../../helpers/globals.ts'
import type { Done } from '../../helpers/globals-actor.ts'
import { whatStays } from '../../helpers/held.ts'
import type { Attempt } from '../../helpers/scarce-actor.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

const sections = ['.bss', '.data', '.data.tuning', '.rodata', '.rodata.extra']
const [BPF_F_RDONLY_PROG, BPF_F_MMAPABLE] = [1 << 7, 1 << 10]

test('globals are mapped memory, constants for reading only, until close()', (t) => {
  const bpf = openFixture(t, 'globals')
  const before = mappings()
  t.is(bpf.globals['u8'], 8)
  const modes = mappings()
    .slice(before.length)
    .map((line) => line.split(' ')[1])
  t.deepEqual(modes.toSorted(), ['r--s', 'r--s', 'rw-s', 'rw-s', 'rw-s'])
  bpf.close()
  t.is(mappings().length, before.length)
})

test('the maps of globals are those of aya but for BPF_F_MMAPABLE, and those that programs use', (t) => {
  const bpf = openFixture(t, 'globals')
  const infos = sections.map((name) => mapOf(bpf, name).info())
  t.deepEqual(
    infos.map(({ name, mapFlags, frozen }) => ({ name, mapFlags, frozen })),
    sections.map((name) => {
      const isConstant = name.startsWith('.rodata')
      return { name, mapFlags: BPF_F_MMAPABLE | (isConstant ? BPF_F_RDONLY_PROG : 0), frozen: isConstant }
    }),
  )
  const used = loaded(bpf, 'count').info().mapIds ?? []
  t.deepEqual([...used].toSorted(), infos.map(({ id }) => id).toSorted())
  for (const { id } of infos) t.is(showMap(id)?.max_entries, 1)
})

test('bpftool agrees with globals', (t) => {
  const bpf = openFixture(t, 'globals')
  bpf.globals['burst'] = 0x7f
  const { id } = mapOf(bpf, '.data.tuning').info()
  const shown = bpftool('map', 'lookup', 'id', `${id}`, 'key', '0', '0', '0', '0') as { value: string[] }
  t.deepEqual(shown.value.slice(0, 5).map(Number), [7, 0, 0, 0, 0x7f])
  bpftool('map', 'update', 'id', `${id}`, 'key', '0', '0', '0', '0', 'value', ...padded(shown.value.length))
  t.is(bpf.globals['rate'], 5)
})

test('neither objects that are closed nor those that cannot be opened leave maps or memory', async (t) => {
  const before = { mappings: mappings().length, descriptors: ownDescriptors() }
  for (let round = 0; round < 20; round++) {
    const bpf = Ebpf.loadFile(fixturePath('globals'))
    t.is(bpf.globals['u8'], 8)
    bpf.close()
    t.throws(() => Ebpf.loadFile(fixturePath('globals'), { globals: { u8: 256 } }), { instanceOf: RangeError })
  }
  globalThis.gc?.()
  t.deepEqual({ mappings: mappings().length, descriptors: ownDescriptors() }, before)
  t.true(await until(() => ownDescriptors().length === before.descriptors.length))
})

test('globals whose object is lost are still its own: it is open until the end', (t) => {
  const globals = (() => openFixture(t, 'globals').globals)()
  globalThis.gc?.()
  t.is(globals['u8'], 8)
})

test('aligned words of 64 bits never tear while a program changes them, alone or in a struct', async (t) => {
  const bpf = openFixture(t, 'globals')
  const { globals } = bpf
  const pin = join(makePinDirectory(t), 'toggle')
  const program = loaded(bpf, 'toggle')
  program.pin(pin)
  const worker = new Worker(new URL('../../helpers/toggling-actor.ts', import.meta.url), { workerData: pin })
  t.teardown(() => worker.terminate())
  await once(worker, 'message')
  const seen = new Set<unknown>()
  // A machine that is busy may let the other thread wait: go on until both values were seen, but not for ever.
  for (let round = 0; round < 200_000 || (seen.size < 2 && round < 50_000_000); round++) {
    seen.add(globals['flip'])
    if (round % 10 === 0) seen.add((globals['flips'] as { right: bigint }).right)
  }
  worker.postMessage('end')
  await once(worker, 'exit')
  program.unpin()
  t.deepEqual([...seen].toSorted(), [0n, 2n ** 64n - 1n])
})

for (const way of ways) {
  test(`globals stay when their map is taken, also when it is closed, by ${way.name}`, (t) => {
    const { bpf, globals } = way.open(t)
    const taken = takenFrom(bpf, '.bss')
    globals['total'] = 5n
    t.true(wordsOf(taken).includes(5n))
    taken.close()
    globals['total'] = 6n
    t.is(globals['total'], 6n)
  })
}

test('globals can be asked for after their map has been taken', (t) => {
  const bpf = openFixture(t, 'globals')
  const taken = takenFrom(bpf, '.bss')
  t.deepEqual({ ...bpf.globals }, initial)
  bpf.close()
  taken.close()
})

test('a section that is pinned keeps its map: globals reach it by system calls', (t) => {
  const path = join(makePinDirectory(t), 'tuning')
  const options = { mapPinPath: { '.data.tuning': path } }
  const bpf = openFixture(t, 'globals', options)
  t.is(mapOf(bpf, '.data.tuning').info().mapFlags, 0)
  bpf.globals['rate'] = 400
  t.is(bpf.globals['burst'], 3)
  run(bpf, 'count', 1)
  t.is(bpf.globals['seen_rate'], 403)
  t.deepEqual(mapOf(bpf, '.data.tuning').get(u32Key(0))?.slice(0, 2), Uint8Array.of(144, 1))
})

test('writing to a section that user space has frozen says so; reading goes on', (t) => {
  const bpf = openFixture(t, 'globals')
  mapOf(bpf, '.data').freeze()
  const { globals } = bpf
  t.throws(() => (globals['u8'] = 1), { code: 'ERR_EBPF_MAP', message: /"\.data": it is frozen/ })
  t.is(globals['u8'], 8)
  globals['total'] = 1n
  t.is(globals['total'], 1n)
})

test('a map whose globals are mapped to write cannot be frozen', (t) => {
  const bpf = openFixture(t, 'globals')
  t.is(bpf.globals['u8'], 8)
  t.throws(() => mapOf(bpf, '.data').freeze(), { code: 'ERR_EBPF_MAP', message: /has it mapped to write/ })
})

test('a worker that ends lets go of its globals', async (t) => {
  const before = mappings().length
  const worker = new Worker(new URL('../../helpers/globals-actor.ts', import.meta.url))
  t.teardown(() => worker.terminate())
  const ended = once(worker, 'exit')
  const [done] = (await once(worker, 'message')) as [Done]
  t.like(done, { total: '21' })
  await ended
  t.deepEqual(await whatStays(done.held), [])
  t.is(mappings().length, before)
})

test('globals are memory with CAP_BPF and CAP_NET_ADMIN alone', async (t) => {
  const limits = ['--inh-caps=-all', '--bounding-set=-all,+bpf,+net_admin']
  const child = startChild(t, ['setpriv', ...limits, '--', ...commandOf('./globals-actor.ts')])
  const done = await child.next()
  t.like(done, { total: '21', mappings: 5 })
})

test('opening that fails half-way for want of descriptors leaves nothing, and globals read what is there', async (t) => {
  const child = startChild(t, ['prlimit', '--nofile=128:128', ...commandOf('./scarce-actor.ts')])
  const attempts = (await child.next()) as readonly Attempt[]
  t.deepEqual(
    attempts.filter(({ left }) => left > 0),
    [],
  )
  t.like(attempts[0], { outcome: 9 })
  t.deepEqual(
    attempts.filter(({ outcome }) => outcome !== 9 && !String(outcome).startsWith('ERR_EBPF_')),
    [],
  )
  t.true(attempts.some(({ outcome }) => outcome === 'ERR_EBPF_MAP'))
})

test('globals have the names of the variables and no others, whatever these are called', async (t) => {
  const { globals } = openFixture(t, 'globals')
  t.is(Object.getPrototypeOf(globals), null)
  t.deepEqual(Object.keys(globals).toSorted(), Object.keys(initial).toSorted())
  t.is(globals['__proto__'], 3)
  t.is(globals['constructor'], 2)
  t.is(globals['toString'], 4)
  t.is(await globals, globals)
  t.true('then' in globals)
  t.false('hasOwnProperty' in globals)
  t.is(globals['absent'], undefined)
  t.throws(() => (globals['absent'] = 1), { instanceOf: TypeError, message: /not extensible/ })
  t.throws(() => delete globals['u8'], { instanceOf: TypeError })
})

test('globals of a closed object cannot be asked for', (t) => {
  const bpf = openFixture(t, 'globals')
  bpf.close()
  t.throws(() => bpf.globals, { code: 'ERR_EBPF_CLOSED' })
})

test('a getter of a value that is written may write to the same variable', (t) => {
  const { globals } = openFixture(t, 'globals')
  const value = {
    get left() {
      globals['flips'] = { left: 7n, right: 8n }
      return 9n
    },
    right: 10n,
  }
  globals['flips'] = value
  t.deepEqual(globals['flips'], { left: 9n, right: 10n })
  t.is(globals['total'], 0n)
})

/** The lines of this process's memory that are maps. */
function mappings(): readonly string[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('bpf-map'))
}

/** A value of `.data.tuning` as bpftool takes it. */
function padded(size: number): string[] {
  return Array.from({ length: size }, (_, index) => (index === 0 ? '5' : '0'))
}

function wordsOf(map: BytesMap): readonly bigint[] {
  const value = map.get(u32Key(0)) ?? new Uint8Array()
  return Array.from({ length: Math.floor(value.length / 8) }, (_, index) => u64(value, index))
}
