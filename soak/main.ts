// `npm run soak`: runs one soak until its limit or a signal, prints a line of figures, and says by its exit code how it went.

import { readOptions, usage, type Options } from './options.ts'
import { run } from './soak.ts'
import { complaints, figures } from './verdict.ts'

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
  const { soak, limit, workers } = options
  const end = new AbortController()
  // A second signal ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  const outcome = await run(soak, {
    limit,
    workers,
    signal: end.signal,
    onStart: () => console.error(`${soak.name}: warmed up after ${soak.warmUp(workers)} cycles`),
    onProgress: (soFar) => console.error(figures(soFar)),
  })
  console.log(figures(outcome))
  const said = complaints(outcome, soak.bounds(workers))
  for (const complaint of said) console.error(`✘ ${complaint}`)
  return said.length > 0 ? 1 : 0
}
