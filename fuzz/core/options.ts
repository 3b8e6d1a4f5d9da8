// The options of `npm run fuzz:core`.
import { parseArgs } from 'node:util'

export interface Options {
  readonly help: boolean
  readonly seed: number
  readonly cases: number
  /** Compares these objects instead of cases. */
  readonly objects: readonly string[]
}

const defaultCases = 200
/** Seeds are below this. */
const seeds = 2 ** 32

export const usage = `usage: npm run fuzz:core -- [--cases N] [--seed N]
       npm run fuzz:core -- --objects FILE...

Compares what libbpf and ayajs make of the same programs: the instructions that they send to the kernel.

  --cases N    random structs, asked about in every way of CO-RE, against other versions of them (default: ${defaultCases})
  --seed N     the first seed (default: from the clock, printed); the following cases count up from it
  --objects    compares the programs and maps of objects of your own, against the running kernel
  --help       this

Needs root, clang 16, cc and libbpf's headers. Sources of cases that differ are kept in .cache/fuzz-core/.
A line of figures at the end; exit code: 0 when nothing differs, 1 when something does, 2 for wrong arguments.
`

/** @throws {Error} What is wrong with the arguments, in words. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: true,
    options: {
      cases: { type: 'string' },
      seed: { type: 'string' },
      objects: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (!values.help && values.objects !== positionals.length > 0) {
    throw new Error(
      values.objects ? 'name the objects to compare' : `${positionals.join(' ')}: objects follow --objects`,
    )
  }
  if (values.objects && (values.cases ?? values.seed) !== undefined)
    throw new Error('objects have no cases and no seed')
  const cases = number('cases', values.cases, 1, 1e6) ?? defaultCases
  const seed = number('seed', values.seed, 0, seeds - 1) ?? Date.now() % 2 ** 31
  return { help: values.help, cases, seed, objects: positionals }
}

function number(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? NaN : Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`--${name} is a whole number from ${least} to ${most}, and not "${text}"`)
}
