// The command line: `[--deny-port <port>] [--] [command…]`.

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Failure } from './failure.ts'

/** What was asked for. */
export interface CommandLine {
  readonly deniedPort: number
  readonly command: Command
}

/** A program with its arguments. */
export interface Command {
  readonly argv: readonly string[]
  /** Whether it prints what it has sent and received, as JSON. */
  readonly countsTraffic: boolean
}

const usage = `usage: npm start -- [--deny-port <port>] [--] [command…]

  --deny-port <port>   drop TCP and UDP packets to this port; 0 drops none (default: 9999)
  command…             what to run (default: a client and a server on loopback)`

const options = {
  'deny-port': { type: 'string', default: '9999' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const statusOfUsage = 2
const statusOfNotExecutable = 126
const statusOfNotFound = 127

/** Throws a {@link Failure} for what cannot be run; returns `null` when help was asked for, and given. */
export function readCommandLine(args: readonly string[]): CommandLine | null {
  const [own, argv] = split(args)
  const values = parse(own)
  if (values.help) {
    console.log(usage)
    return null
  }
  const deniedPort = toPort(values['deny-port'])
  const [program] = argv
  if (program === undefined) return { deniedPort, command: loopbackTraffic(deniedPort) }
  requireExecutable(program)
  return { deniedPort, command: { argv, countsTraffic: false } }
}

/** Our options, and what is not ours: all from the first word on that is no option. */
function split(args: readonly string[]): [own: readonly string[], command: readonly string[]] {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const end = tokens.find(({ kind }) => kind !== 'option')
  if (end === undefined) return [args, []]
  return [args.slice(0, end.index), args.slice(end.kind === 'option-terminator' ? end.index + 1 : end.index)]
}

function parse(args: readonly string[]): { 'deny-port': string; help: boolean } {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const [fact] = error.message.split(/\.\s|\n/)
    throw new Failure(`${fact}; see --help`, statusOfUsage)
  }
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  if (port > 65_535) throw new Failure(`--deny-port takes a number from 0 to 65535, not "${text}"`, statusOfUsage)
  return port
}

function loopbackTraffic(deniedPort: number): Command {
  const file = fileURLToPath(new URL('loopback-traffic.ts', import.meta.url))
  return { argv: [process.execPath, ...process.execArgv, file, `${deniedPort}`], countsTraffic: true }
}

/** Looks where the shell will look, to say it in our words and before anything is made. */
function requireExecutable(program: string): void {
  const folders = program.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter)
  const found = folders
    .map((folder) => join(folder, program))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
  if (found.length === 0) throw new Failure(`command not found: ${program}`, statusOfNotFound)
  if (!found.some(isExecutable)) throw new Failure(`command not executable: ${program}`, statusOfNotExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // Which is the answer.
  }
}
