// `npm run fuzz:core`: compares what libbpf and ayajs send to the kernel; a line of figures at the end, and the exit code says how it went.
import { existsSync, lchownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endSignal, runTool } from '../../__test__/helpers/tool.ts'
import { figuresText, runCases, type Figures } from './cases.ts'
import { compareObjects, objectFiguresText } from './objects.ts'
import { readOptions, usage, type Options } from './options.ts'
import { makeTools } from './tools.ts'

/** For the programs in C, and the sources of cases that differ. */
const folder = fileURLToPath(new URL('../../.cache/fuzz-core', import.meta.url))

process.exitCode = await runTool({ readOptions, usage }, main)

async function main(options: Options): Promise<number> {
  try {
    return await run(options)
  } catch (error) {
    console.error((error as Error).message)
    return 1
  } finally {
    giveToOwner(folder)
  }
}

async function run({ seed, cases, objects }: Options): Promise<number> {
  const tools = makeTools(folder)
  const signal = endSignal()
  const say = (line: string): void => console.log(line)
  const finish = (figures: string, different: number): number => {
    say(`${figures}${signal.aborted ? ' (interrupted)' : ''}`)
    return different > 0 ? 1 : 0
  }
  if (objects.length > 0) {
    const figures = await compareObjects({ tools, paths: objects, signal, say })
    return finish(objectFiguresText(figures), figures.different)
  }
  console.error(`${cases} cases from seed ${seed}`)
  const onProgress = (soFar: Figures): void => console.error(figuresText(soFar))
  const figures = await runCases({ tools, seed, cases, findings: join(folder, 'findings'), signal, onProgress, say })
  return finish(figuresText(figures), figures.verdicts.different)
}

/** Root may work in somebody else's clone: what it leaves there belongs to them. */
function giveToOwner(top: string): void {
  const { uid, gid } = statSync(fileURLToPath(import.meta.url))
  const names = existsSync(top) ? ['', ...readdirSync(top, { recursive: true, encoding: 'utf8' })] : []
  for (const name of names) lchownSync(join(top, name), uid, gid)
}
