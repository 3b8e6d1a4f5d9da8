// An example that runs a command in a cgroup of its own, as a child process, and what there still is of it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { ExecutionContext } from 'ava'
import { showLinks, showProgram } from '../helpers/bpftool.ts'
import { cgroupMount } from '../helpers/cgroup.ts'
import { untilNone } from '../helpers/poll.ts'
import { root } from '../helpers/sources.ts'

/** How the example ended. */
export interface Ending {
  /** The exit status; 128 + n after signal n, as a shell has it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** What the example is started with. */
export interface Settings {
  /** Its name in examples/. Default: `egress-filter`. */
  readonly example?: string
  /** A command that runs the one behind it, such as `setpriv`. */
  readonly by?: readonly string[]
  readonly uid?: number
}

export interface Example {
  readonly pid: number
  readonly ended: Promise<Ending>
  readonly stdoutSoFar: () => string
  /** Signals the example alone, or its process group, as a terminal does. */
  readonly signal: (name: NodeJS.Signals, to?: 'process' | 'group') => void
  /** Reads its standard output no more. */
  readonly closeStdout: () => void
  /** The directory of its cgroup, as long as it is there. */
  readonly cgroup: () => string | undefined
  /** It and its descendants. */
  readonly processes: () => readonly number[]
}

let started = 0

/** Starts the example with these arguments. It and all that it started are killed when the test ends. */
export function startExample(t: ExecutionContext, args: readonly string[], settings: Settings = {}): Example {
  const { example: name = 'egress-filter', by = [], uid } = settings
  const mark = `AYAJS_TEST_EXAMPLE=${process.pid}-${++started}`
  const [program = '', ...rest] = [...by, process.execPath, ...process.execArgv, `examples/${name}.ts`, ...args]
  const child = spawn(program, rest, {
    cwd: root,
    detached: true,
    env: { ...process.env, ...environment(mark), OXC_TSCONFIG_PATH: 'examples/tsconfig.json' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const { pid = 0 } = child
  const processes = (): readonly number[] => processesMarked(mark)
  t.teardown(() => processes().forEach((one) => process.kill(one, 'SIGKILL')))
  const stdout = collect(child.stdout)
  return {
    pid,
    ended: endOf(child, stdout, collect(child.stderr)),
    stdoutSoFar: stdout,
    signal: (signal, to = 'process') => void process.kill(to === 'group' ? -pid : pid, signal),
    closeStdout: () => void child.stdout.destroy(),
    cgroup: () => cgroupOf(name, pid),
    processes,
  }
}

/** Runs the example to its end. */
export async function runExample(t: ExecutionContext, args: readonly string[], settings?: Settings): Promise<Ending> {
  const example = startExample(t, args, settings)
  const ending = await example.ended
  t.deepEqual(await leftOf(example), [])
  return ending
}

/** What is left of an example that has ended: cgroup, processes, and programs that were attached. */
export async function leftOf(example: Example, programs: readonly number[] = []): Promise<readonly string[]> {
  return untilNone(() => [
    ...[example.cgroup()].filter((path) => path !== undefined),
    ...example.processes().map((pid) => `process ${pid}`),
    ...programs.filter((id) => showProgram(id) !== null).map((id) => `program ${id}`),
  ])
}

/** The ids of the programs that are attached to its cgroup at this moment. */
export function attachedTo(example: Example): readonly number[] {
  const path = example.cgroup()
  const id = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.ino
  if (id === undefined) return []
  return showLinks().flatMap(({ cgroup_id, prog_id }) => (cgroup_id === id ? [prog_id] : []))
}

/** The processes that are in its cgroup at this moment. */
export function processesIn(example: Example): readonly number[] {
  const path = example.cgroup()
  return path === undefined ? [] : numbersIn(join(path, 'cgroup.procs'))
}

/** The numbers of the table that the example prints: those of each row, by its title. */
export function tableOf(stdout: string): Record<string, readonly number[]> {
  const rows = stripVTControlCharacters(stdout).matchAll(/^│ (\w[^│]*?) +│((?: *\d+ *│)+)$/gm)
  return Object.fromEntries([...rows].map(([, title = '', cells = '']) => [title, cells.match(/\d+/g)!.map(Number)]))
}

function cgroupOf(name: string, pid: number): string | undefined {
  const folder = readdirSync(cgroupMount()).find((one) => one.startsWith(`ayajs-${name}-${pid}-`))
  return folder === undefined ? undefined : join(cgroupMount(), folder)
}

function processesMarked(mark: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => environOf(pid).includes(mark)).map(Number)
}

function numbersIn(file: string): readonly number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number)
  } catch {
    return [] // It has gone since.
  }
}

function environOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return [] // It has ended.
  }
}

function environment(assignment: string): NodeJS.ProcessEnv {
  const [name = '', value] = assignment.split('=')
  return { [name]: value }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

async function endOf(child: ChildProcess, stdout: () => string, stderr: () => string): Promise<Ending> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  const status = code ?? 128 + signals[signal as keyof typeof signals]
  return { status, stdout: stdout(), stderr: stderr() }
}

const signals = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 }
