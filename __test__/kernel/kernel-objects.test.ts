// What the kernel has loaded, whoever loaded it: walking it, opening by id, and the statistics of all programs.
import { readdirSync, readlinkSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, enableStats, loadedLinks, loadedMaps, loadedPrograms, RunTimeStats, type EbpfError } from 'ayajs'
import { attach, counting, idOf, idsOn } from '../helpers/attachments.ts'
import { showLink, showMap, showProgram } from '../helpers/bpftool.ts'
import type { Outcome } from '../helpers/outcomes.ts'
import { makeCgroup, startIn } from '../helpers/cgroup.ts'
import { commandOf, startChild } from '../helpers/children.ts'
import { loaded, mapOf, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { until } from '../helpers/poll.ts'
import { root } from '../helpers/sources.ts'
import { startTraffic } from '../helpers/traffic.ts'

leaveNothingBehind(test)

test('loadedPrograms lists every program, with what its own info says, as bpftool shows it', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const ours = ['count_egress', 'count_ingress'].map((name) => loaded(bpf, name))
  const listed = loadedPrograms()
  for (const program of ours) {
    const found = listed.find(({ id }) => id === idOf(program))
    t.deepEqual(found, program.info())
    t.like(showProgram(idOf(program)), { name: found?.name, tag: found?.tag, uid: found?.createdByUid })
  }
  const ids = listed.map(({ id }) => id)
  t.deepEqual(
    [...ids].sort((a, b) => a - b),
    ids,
    'by id',
  )
})

test('loadedPrograms lists programs of other kinds', (t) => {
  const xdp = openFixture(t, 'kinds').program('xdp_pass')
  xdp?.load()
  t.like(
    loadedPrograms().find(({ id }) => id === xdp?.info().id),
    { programType: 'Xdp', name: 'xdp_pass' },
  )
})

test('loadedMaps lists every map, as its own info and bpftool have it', (t) => {
  const map = mapOf(openFixture(t, 'cgroup_skb'), 'packets')
  const found = loadedMaps().find(({ id }) => id === map.info().id)
  t.deepEqual(found, map.info())
  t.like(showMap(map.info().id), { name: 'packets', bytes_key: found?.keySize, max_entries: found?.maxEntries })
})

test('loadedLinks lists every link, as bpftool has it', (t) => {
  const cgroup = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const { id } = attach(t, program, cgroup.path).info()
  const found = loadedLinks().find((link) => link.id === id)
  t.deepEqual<unknown, unknown>(found, {
    id,
    programId: idOf(program),
    linkType: 'Cgroup',
    cgroupId: cgroup.id,
    attachType: 'Egress',
  })
  t.like(showLink(id ?? 0), { type: 'cgroup', prog_id: idOf(program), cgroup_id: Number(cgroup.id) })
})

test('what another process makes and frees while the lists are made is in them or left out', async (t) => {
  const child = startIn(t, makeCgroup(t), commandOf('./churning-actor.ts', makeCgroup(t).path))
  await child.next()
  const [program] = counting(t, 1) as [CgroupSkb]
  const seen = new Set<number>()
  for (let count = 0; count < 100 || seen.size < 50; count++) {
    const [programs] = [loadedPrograms(), loadedMaps(), loadedLinks()]
    for (const { id } of programs) seen.add(id)
    if (!programs.some(({ id }) => id === idOf(program))) t.fail('a program that stays was left out')
    await turn()
  }
  t.pass()
  child.kill('SIGKILL')
  await child.ended
})

test('CgroupSkb.fromProgramInfo opens a program that another object has loaded, under the name that it is given', async (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const { id } = loaded(bpf, 'count_egress').info()
  const info = loadedPrograms().find((one) => one.id === id)
  const program = CgroupSkb.fromProgramInfo(info ?? { id: 0 }, 'found', 'Egress')
  bpf.close()
  t.is(program.name, 'found')
  t.is(program.expectedAttachType(), 'Egress')
  t.is(idOf(program), id)
  t.throws(() => program.load(), { code: 'ERR_EBPF_ALREADY_LOADED' })
  program.attach(path, 'Egress')
  t.deepEqual(idsOn(path), [id])
  program.unload()
  t.deepEqual(idsOn(path), [])
  t.true(await until(() => showProgram(id) === null))
})

test('CgroupSkb.fromProgramInfo without a direction has none', (t) => {
  const [one] = counting(t, 1) as [CgroupSkb]
  const program = CgroupSkb.fromProgramInfo(one.info(), 'found')
  t.is(program.expectedAttachType(), null)
  program.unload()
})

test('CgroupSkb.fromProgramInfo throws ERR_EBPF_NOT_FOUND for a program that has ended', async (t) => {
  const [program] = counting(t, 1) as [CgroupSkb]
  const info = program.info()
  program.unload()
  t.true(await until(() => showProgram(info.id) === null))
  const error = t.throws<EbpfError>(() => CgroupSkb.fromProgramInfo(info, 'gone'), { code: 'ERR_EBPF_NOT_FOUND' })
  t.is(error?.errnoName, 'ENOENT')
})

test('CgroupSkb.fromProgramInfo throws ERR_EBPF_UNEXPECTED_PROGRAM_TYPE for a program of another kind', (t) => {
  const xdp = openFixture(t, 'kinds').program('xdp_pass')
  xdp?.load()
  const error = t.throws(() => CgroupSkb.fromProgramInfo(xdp?.info() ?? { id: 0 }, 'any'), {
    code: 'ERR_EBPF_UNEXPECTED_PROGRAM_TYPE',
  })
  t.like(error, { expected: 'CgroupSkb', actual: 'Xdp' })
})

const noInfos: readonly [written: string, info: unknown, name: unknown, code: string][] = [
  ['null', null, 'x', 'ERR_INVALID_ARG_TYPE'],
  ['an id', 7, 'x', 'ERR_INVALID_ARG_TYPE'],
  ['{}', {}, 'x', 'ERR_INVALID_ARG_TYPE'],
  ['id 0', { id: 0 }, 'x', 'ERR_OUT_OF_RANGE'],
  ['id 2 ** 32', { id: 2 ** 32 }, 'x', 'ERR_OUT_OF_RANGE'],
  ['no name', { id: 1 }, undefined, 'ERR_INVALID_ARG_TYPE'],
  ['a name with a NUL byte', { id: 1 }, 'a\0b', 'ERR_INVALID_ARG_VALUE'],
]

for (const [written, info, name, code] of noInfos) {
  test(`misuse: CgroupSkb.fromProgramInfo with ${written}`, (t) => {
    t.throws(() => CgroupSkb.fromProgramInfo(info as { id: number }, name as string), { code })
  })
}

test('With `enableStats()` the kernel counts the runs of every program, and their time, until `close()`', async (t) => {
  await alone(t)
  const cgroup = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  attach(t, program, cgroup.path)
  const traffic = startTraffic(t, cgroup)
  await traffic.udp(2)
  t.like(program.info(), { runCount: 0n, runTimeNs: 0n })
  const stats = enableStats()
  await traffic.udp(3)
  stats.close()
  await traffic.udp(4)
  const { runCount, runTimeNs } = program.info()
  t.is(runCount, 3n)
  t.true(runTimeNs > 0n)
})

test('statistics are on until the last who has enabled them closes', async (t) => {
  await alone(t)
  const cgroup = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  attach(t, program, cgroup.path)
  const traffic = startTraffic(t, cgroup)
  const [one, other] = [enableStats(), enableStats()]
  one.close()
  one.close()
  t.deepEqual([one.closed, other.closed], [true, false])
  await traffic.udp(1)
  other[Symbol.dispose]()
  t.true(other.closed)
  await traffic.udp(1)
  t.is(program.info().runCount, 1n)
})

test('statistics that a worker has enabled end with it', async (t) => {
  await alone(t)
  const code = `const { enableStats } = require(${JSON.stringify(root)}); enableStats(); require('node:worker_threads').parentPort.postMessage(0)`
  const worker = new Worker(code, { eval: true, execArgv: [] })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  await new Promise((resolve) => worker.once('message', resolve))
  await ended
  t.deepEqual(holdersOfStats(), [])
})

test('new RunTimeStats() throws ERR_ILLEGAL_CONSTRUCTOR', (t) => {
  for (const argument of [undefined, {}]) {
    t.throws(() => Reflect.construct(RunTimeStats, [argument]), {
      instanceOf: TypeError,
      code: 'ERR_ILLEGAL_CONSTRUCTOR',
    })
  }
})

test('what works by id needs CAP_SYS_ADMIN, and a query CAP_NET_ADMIN: whoever lacks it is told', async (t) => {
  const [program] = counting(t, 1) as [CgroupSkb]
  const sysAdmin = ['CAP_SYS_ADMIN']
  const byId = Object.fromEntries(
    ['loadedPrograms', 'loadedMaps', 'loadedLinks', 'CgroupSkb.fromProgramInfo', 'enableStats'].map((name) => [
      name,
      sysAdmin,
    ]),
  )
  const withBoth = { queryCgroup: null, 'queryCgroup with links': sysAdmin, ...byId }
  t.deepEqual(await outcomeWith(t, '+bpf,+net_admin', program), withBoth)
  const netAdmin = ['CAP_NET_ADMIN']
  t.deepEqual(await outcomeWith(t, '+bpf', program), {
    ...withBoth,
    queryCgroup: netAdmin,
    'queryCgroup with links': netAdmin,
  })
})

/** Starts a child as root that has no capabilities but these, and those to read a checkout of somebody else. */
async function outcomeWith(t: ExecutionContext, capabilities: string, program: CgroupSkb): Promise<Outcome> {
  const bounding = `--bounding-set=-all,+dac_override,+dac_read_search,${capabilities}`
  const command = commandOf('./capable-actor.ts', makeCgroup(t).path, `${idOf(program)}`)
  return startChild(t, ['setpriv', '--inh-caps=-all', bounding, '--', ...command]).next<Outcome>()
}

/** Waits until nobody on this machine has the statistics on. */
async function alone(t: ExecutionContext): Promise<void> {
  t.true(await until(() => holdersOfStats().length === 0))
}

function holdersOfStats(): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => descriptorsOf(pid).some((target) => target.includes('bpf-stats')))
}

function descriptorsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return [] // It has ended, or closed one.
  }
}
