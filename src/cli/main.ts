// `ayajs` on the command line: which command, and what its failure looks like. Nothing runs on import.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Io, Option } from './command.ts'
import { allCommands, commandNamed, commandNames } from './commands.ts'
import { exitCodes } from './exit-codes.ts'
import { report } from './failure.ts'
import { commandHelp, overview } from './help.ts'
import { didYouMean, parse } from './parser.ts'
import { print } from './text.ts'
import { UsageError } from './usage-error.ts'

/**
 * Runs a command line to its end: results go to stdout, all else to stderr.
 *
 * @param argv The words behind `ayajs`.
 * @param io The process, or something like it.
 * @returns The exit code.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // Who writes hears of failures by a callback. Without a listener, they would also end the process.
  for (const stream of [io.stdout, io.stderr]) stream.on('error', () => {})
  try {
    const [name, ...words] = argv
    if (name === undefined) return await withoutCommand(io)
    if (name.startsWith('-')) return await ownOptions(argv, io)
    return await runCommand(name, words, io)
  } catch (error) {
    return report(error, argv, io)
  }
}

/** What `ayajs` takes without a command. */
const own: Readonly<Record<string, Option>> = {
  version: { means: 'Show the version.' },
  help: { short: 'h', means: 'Show this text.' },
}

async function withoutCommand(io: Io): Promise<number> {
  await print(io.stderr, overview(await allCommands(), own, io))
  return exitCodes.usage.code
}

async function ownOptions(argv: readonly string[], io: Io): Promise<number> {
  const { flags, operands } = parse({ options: own, operands: [] }, argv)
  const [command] = operands
  if (command !== undefined) throw new UsageError(`options of a command stand behind it: ayajs ${command} …`)
  const text = flags.has('version') ? `${version()}\n` : overview(await allCommands(), own, io)
  await print(io.stdout, text)
  return exitCodes.ok.code
}

async function runCommand(name: string, words: readonly string[], io: Io): Promise<number> {
  const command = await named(name)
  const given = parse(command, words)
  if (!given.flags.has('help')) return command.run(given, io)
  await print(io.stdout, commandHelp(command, io))
  return exitCodes.ok.code
}

async function named(name: string): Promise<Command> {
  const command = await commandNamed(name)
  if (command === undefined) throw new UsageError(`unknown command ${name}; ${didYouMean(name, commandNames)}`)
  return command
}

function version(): string {
  const manifest = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string }
  return manifest.version
}
