// Child processes that run a TypeScript file of this folder and answer requests, one at a time.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Owner } from './owner.ts'
import { root } from './sources.ts'

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

export interface Child {
  readonly pid: number
  /** Settles when the process has ended and its output is read. */
  readonly ended: Promise<Ended>
  /** Sends a message, and gives the next one that comes back. */
  ask<T>(message: unknown): Promise<T>
  /** The next message. */
  next<T>(): Promise<T>
  kill(signal: NodeJS.Signals): void
}

/** The command that runs a TypeScript file of this folder, with the Node flags of the test runner. */
export function commandOf(file: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, ...process.execArgv, fileURLToPath(new URL(file, import.meta.url)), ...args]
}

/** Starts a command that can talk to us. It is killed when its owner ends. */
export function startChild(t: Owner, command: readonly string[]): Child {
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const ended = endOf(child)
  const messages = collect(child, ended)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const next = async <T>(): Promise<T> => (await messages.next()) as T
  return {
    pid: child.pid ?? 0,
    ended,
    next,
    async ask<T>(message: unknown) {
      child.send(message as object)
      return next<T>()
    },
    kill: (signal) => void child.kill(signal),
  }
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const stderr: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, stderr: Buffer.concat(stderr).toString() }
}

/**
 * Keeps messages that come before somebody waits for them. Those who wait when the child ends are told so; they wait for
 * nothing that lives as long as the child, which would keep what each of them had.
 */
function collect(child: ChildProcess, ended: Promise<Ended>): { next: () => Promise<unknown> } {
  const early: unknown[] = []
  const waiting: { resolve: (message: unknown) => void; reject: (error: unknown) => void }[] = []
  let failure: unknown
  const fail = (error: unknown): void => {
    failure = error
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  child.on('message', (message) => {
    const first = waiting.shift()
    if (first === undefined) early.push(message)
    else first.resolve(message)
  })
  // A last message may have arrived together with the end.
  ended.then((how) => setImmediate(() => fail(unexpectedEnd(how))), fail)
  return {
    next: async () => {
      if (early.length > 0) return early.shift()
      if (failure !== undefined) throw failure
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
  }
}

function unexpectedEnd({ code, signal, stderr }: Ended): Error {
  return new Error(`the child ended with ${signal ?? code} before it answered\n${stderr}`)
}
