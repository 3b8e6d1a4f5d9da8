// The options of `npm run soak`.

import { parseArgs } from 'node:util'
import { events } from './events.ts'
import { kill } from './kill.ts'
import { lifecycle } from './lifecycle.ts'
import type { Limit, Soak } from './soak.ts'

export const soaks: readonly Soak[] = [events, lifecycle, kill]

export interface Options {
  readonly help: boolean
  readonly soak: Soak
  readonly limit: Limit
  readonly workers: number
}

/** A thread has a few megabytes, and each opens as many objects as the main thread. */
const mostWorkers = 64

export const usage = `usage: npm run soak -- <what> [--minutes N | --cycles N] [--workers N]

${soaks.map(({ name, summary, limit }) => `  ${name.padEnd(11)}${summary} (${limitText(limit)})`).join('\n')}

  --minutes N  ends after so many minutes; fractions are allowed
  --cycles N   ends after so many cycles
  --workers N  lifecycle: in so many workers at a time, too, which end and are replaced
  --help       this

Needs root. One line of figures at the end; fails when descriptors, memory or kernel objects have grown beyond
bounds, or a cycle did not go as it must. Ctrl+C ends it with the figures so far.
`

/** @throws {Error} What is wrong with the arguments, in words. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: true,
    options: {
      minutes: { type: 'string' },
      cycles: { type: 'string' },
      workers: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [what, ...others] = positionals
  const found = soaks.find(({ name }) => name === what)
  if (!values.help) {
    if (what === undefined) throw new Error('say what to soak')
    if (found === undefined) throw new Error(`there is no soak ${what}`)
    if (others.length > 0) throw new Error(`one soak at a time, and not ${others.join(' ')} as well`)
    if (values.workers !== undefined && found !== lifecycle) throw new Error(`${what} has no option --workers`)
    if (values.minutes !== undefined && values.cycles !== undefined) throw new Error('--minutes or --cycles, not both')
  }
  const soak = found ?? events
  const minutes = number('minutes', values.minutes, { above: 0, most: 60 * 24 * 7 })
  const cycles = number('cycles', values.cycles, { above: 0, most: 1e9, whole: true })
  const given = minutes !== undefined || cycles !== undefined
  return {
    help: values.help,
    soak,
    limit: given ? { minutes, cycles } : soak.limit,
    workers: number('workers', values.workers, { above: 0, most: mostWorkers, whole: true }) ?? 0,
  }
}

function number(
  name: string,
  text: string | undefined,
  { above, most, whole = false }: { above: number; most: number; whole?: boolean },
): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? NaN : Number(text)
  if (value > above && value <= most && (!whole || Number.isInteger(value))) return value
  throw new Error(`--${name} is a${whole ? ' whole' : ''} number above ${above}, at most ${most}, and not "${text}"`)
}

function limitText({ cycles, minutes }: Limit): string {
  return minutes === undefined ? `${cycles?.toLocaleString('en')} cycles` : `${minutes} minutes`
}
