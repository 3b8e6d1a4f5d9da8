// `npm run soak`: runs one soak until its limit or a signal, prints a line of figures, and says by its exit code how it went.

import { endSignal, runTool } from '../__test__/helpers/tool.ts'
import { readOptions, usage, type Options } from './options.ts'
import { run } from './soak.ts'
import { complaints, figures } from './verdict.ts'

process.exitCode = await runTool({ readOptions, usage }, main)

async function main({ soak, limit, workers }: Options): Promise<number> {
  const outcome = await run(soak, {
    limit,
    workers,
    signal: endSignal(),
    onStart: () => console.error(`${soak.name}: warmed up after ${soak.warmUp(workers)} cycles`),
    onProgress: (soFar) => console.error(figures(soFar)),
  })
  console.log(figures(outcome))
  const said = complaints(outcome, soak.bounds(workers))
  for (const complaint of said) console.error(`✘ ${complaint}`)
  return said.length > 0 ? 1 : 0
}
