// `npm run fuzz:core`: compares what libbpf and ayajs send to the kernel; a line of figures at the end, and the exit code says how it went.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { figuresText, runCases } from './cases.ts'
import { readOptions, usage, type Options } from './options.ts'
import { makeTools } from './tools.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  let options: Options
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (options.help) {
    console.log(usage)
    return 0
  }
  try {
    return await run(options)
  } catch (error) {
    console.error((error as Error).message)
    return 1
  }
}

async function run({ seed, cases }: Options): Promise<number> {
  const folder = fileURLToPath(new URL('../../.cache/fuzz-core', import.meta.url))
  const tools = makeTools(folder)
  const end = new AbortController()
  // A second signal ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  console.error(`${cases} cases from seed ${seed}`)
  const figures = await runCases({
    tools,
    seed,
    cases,
    findings: join(folder, 'findings'),
    signal: end.signal,
    onProgress: (soFar) => console.error(figuresText(soFar)),
    say: (line) => console.log(line),
  })
  console.log(`${figuresText(figures)}${end.signal.aborted ? ' (interrupted)' : ''}`)
  return figures.verdicts.different > 0 ? 1 : 0
}
