// The examples about attaching, as child processes: what they print, and what is attached afterwards.
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { PinnedLink, queryCgroup } from 'ayajs'
import { idsOn } from '../helpers/attachments.ts'
import { cgroupMount, makeCgroup, startIn } from '../helpers/cgroup.ts'
import { commandOf } from '../helpers/children.ts'
import { testIf } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { until } from '../helpers/poll.ts'
import { root } from '../helpers/sources.ts'
import type { Sent } from '../helpers/steady-sender.ts'
import { startTraffic } from '../helpers/traffic.ts'

leaveNothingBehind(test)

interface Ending {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

const options = { cwd: root, env: { ...process.env, OXC_TSCONFIG_PATH: 'examples/tsconfig.json' } }

function commandLine(name: string, args: readonly string[]): string[] {
  return [...process.execArgv, `examples/${name}.ts`, ...args]
}

/** Starts an example, whose output is read as it comes. */
function start(name: string, ...args: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, commandLine(name, args), { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Runs an example to its end. */
async function run(name: string, ...args: readonly string[]): Promise<Ending> {
  try {
    return { status: 0, ...(await promisify(execFile)(process.execPath, commandLine(name, args), options)) }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { status: code, stdout, stderr }
  }
}

test('handover: the filter stays after the process, is taken over without a gap, and ends when told', async (t) => {
  const cgroup = makeCgroup(t)
  const pin = `${makePinDirectory(t)}/filter`
  const port = 20_025

  const first = await run('handover', cgroup.path, pin, `${port}`)
  const [old] = idsOn(cgroup.path)
  t.deepEqual(first, {
    status: 0,
    stdout: `port ${port} is denied by program ${old}, pinned at ${pin}\n`,
    stderr: '',
  })

  const sender = startIn(t, cgroup, commandOf('./steady-sender.ts', `${port}`))
  await sender.next<Sent>()
  const second = await run('handover', cgroup.path, pin, `${port}`)
  const [present] = idsOn(cgroup.path)
  t.not(present, old)
  t.is(second.stdout, `port ${port} is denied by program ${present}, in the place of program ${old}\n`)
  let sent = await sender.ask<Sent>('stop')
  while (!sent.isOver) sent = await sender.next<Sent>()
  await sender.ended
  t.is(sent.passed, 0)
  t.true(sent.refused > 0)

  const last = await run('handover', '--end', pin)
  t.is(last.stdout, `nothing is denied any more, and ${pin} is gone\n`)
  t.false(existsSync(pin))
  t.true(await until(() => idsOn(cgroup.path).length === 0))
})

test('handover: another port is another filter in the same link', async (t) => {
  const cgroup = makeCgroup(t)
  const pin = `${makePinDirectory(t)}/filter`
  await run('handover', cgroup.path, pin, '20025')
  const linkId = idOf(pin)
  t.is((await run('handover', cgroup.path, pin, '20026')).status, 0)
  t.is(idOf(pin), linkId)
  t.is(idsOn(cgroup.path).length, 1)
  await run('handover', '--end', pin)
})

testIf('cgroup-order')('two-filters: the one that is attached second is listed first, and nothing stays', async (t) => {
  const { path } = makeCgroup(t)
  const { status, stdout, stderr } = await run('two-filters', path)
  t.is(
    stdout.replaceAll(/\d{3,}|(?<=program |link )\d+/g, '<id>'),
    '1. the filter of port 23: program <id>, link <id>\n2. the filter of port 25: program <id>, link <id>\n',
  )
  t.deepEqual([status, stderr], [0, ''])
  t.deepEqual(idsOn(path), [])
})

test('forbidden-subtree: the error names the cgroup that forbids, and links forbid nothing', async (t) => {
  const { path } = makeCgroup(t)
  const { status, stdout, stderr } = await run('forbidden-subtree', path)
  t.is(
    stdout.replace(/(?<=has program )\d+/, '<id>').replace(/(?<=to the cgroup ")[^"]+/, '<below>'),
    `ERR_EBPF_ATTACH EPERM
Cannot attach program "egress_filter" to the cgroup "<below>": Operation not permitted (EPERM). The cgroup "${path}" above has program <id> as Single, which forbids all others below: detach it there, or have it attached by a link, as AllowMultiple or as AllowOverride.
by links, both are attached
`,
  )
  t.deepEqual([status, stderr], [0, ''])
  t.deepEqual(queryCgroup(path, 'Egress').programs, [])
})

const readsWithout = testIf('handles-without-capabilities')

readsWithout('drop-privileges: what nobody counts is read after root has gone, and the end detaches', async (t) => {
  const cgroup = makeCgroup(t)
  const child = start('drop-privileges', cgroup.path)
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  t.is(await next(), 'uid 65534, effective capabilities 0000000000000000')
  t.is(await next(), '0 packets, 0 bytes')
  t.like(await startTraffic(t, cgroup).udp(10), { sent: 10 })
  child.kill('SIGINT')
  let last = await next()
  while (/^\d+ packets/.test(last)) last = await next()
  t.is(last, 'detached after 10 packets')
  t.deepEqual(idsOn(cgroup.path), [])
})

const misuses: readonly [title: string, args: readonly string[], status: number, stderr: RegExp][] = [
  ['handover', [], 2, /^handover: usage: handover\.ts <cgroup> <pin> <denied port> \| --end <pin>\n$/],
  ['handover', ['/sys/fs/cgroup/app', '/sys/fs/bpf/app', '65536'], 2, /^handover: "65536" is no port\n$/],
  ['handover', ['--end', '/sys/fs/bpf/ayajs-absent'], 1, /^handover: Cannot open what is pinned at .*ENOENT.*\n$/],
  ['two-filters', [], 2, /^two-filters: usage: two-filters\.ts <cgroup>\n$/],
  [
    'two-filters',
    [`${cgroupMount()}/ayajs-absent`],
    1,
    /^two-filters: Cannot open the cgroup .*Make it first \(mkdir\)/,
  ],
  ['drop-privileges', [], 2, /^drop-privileges: usage: drop-privileges\.ts <cgroup> \[<uid>\]\n$/],
  ['drop-privileges', ['/sys/fs/cgroup', '0'], 2, /^drop-privileges: usage: /],
  ['forbidden-subtree', [], 2, /^forbidden-subtree: usage: forbidden-subtree\.ts <cgroup>\n$/],
]

for (const [name, args, status, stderr] of misuses) {
  test(`${name} ${args.join(' ')}: fails in one line`, async (t: ExecutionContext) => {
    const ending = await run(name, ...args)
    t.is(ending.status, status)
    t.regex(ending.stderr, stderr)
    t.is(ending.stdout, '')
  })
}

/** The id of the link that is pinned here. */
function idOf(pin: string): number {
  const link = PinnedLink.fromPin(pin)
  const { id } = link.info()
  link.close()
  return id
}
