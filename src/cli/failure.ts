// What a failure looks like on stderr, and which exit code it has.

import { inspect } from 'node:util'
import { EbpfError } from '../index.ts'
import type { Io } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { print, printable } from './text.ts'
import { UsageError } from './usage-error.ts'

/** Tells of a failure, and gives the exit code. */
export async function report(error: unknown, argv: readonly string[], io: Io): Promise<number> {
  if (error instanceof UsageError) {
    const help = error.command === undefined ? 'ayajs --help' : `ayajs ${error.command} --help`
    await tell(io, `ayajs: ${printable(error.message)}\nTry: ${help}\n`)
    return exitCodes.usage.code
  }
  await tell(io, `ayajs: ${explained(error, argv.includes('--verbose'))}\n`)
  return exitCodes.failed.code
}

/** An `EbpfError` says what, why and what to do; anything else was not foreseen, and its stack is what helps. */
function explained(error: unknown, verbose: boolean): string {
  if (!EbpfError.isEbpfError(error)) return `this is a defect, please report it\n${shown(error)}`
  const more = verbose ? `\n${shown(error)}` : ''
  return `${lines(error.message)} (${error.code})${more}`
}

function shown(error: unknown): string {
  return lines(inspect(error, { colors: false }))
}

function lines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** Where stderr cannot be written to, there is nobody left to tell: the exit code says it. */
async function tell(io: Io, text: string): Promise<void> {
  try {
    await print(io.stderr, text)
  } catch {
    // See above.
  }
}
