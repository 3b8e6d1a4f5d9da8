// Compiles the sources of cases, two at a time.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Case } from './case.ts'
import type { Question } from './questions.ts'
import { programName } from './sources.ts'

/** A case whose object and types are files. */
export interface Compiled {
  readonly seed: number
  readonly object: string
  readonly target: string
  readonly sources: readonly [object: string, target: string]
  /** The programs that the object has, by name. */
  readonly programs: ReadonlyMap<string, Question>
}

/** A case that the compiler refuses, although it should not. */
export interface Uncompiled {
  readonly seed: number
  readonly error: string
}

const clang = process.env['CLANG'] ?? 'clang-16'
const flags = ['-g', '-O2', '-target', 'bpf', '-w']
const atOnce = 2

export async function compileAll(cases: readonly Case[], folder: string): Promise<(Compiled | Uncompiled)[]> {
  const results: (Compiled | Uncompiled)[] = []
  const waiting = cases.entries()
  const work = async (): Promise<void> => {
    for (const [index, one] of waiting) results[index] = await compileCase(one, folder)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

async function compileCase(one: Case, folder: string): Promise<Compiled | Uncompiled> {
  const { seed, questions } = one
  const path = (name: string): string => join(folder, `${seed}.${name}`)
  const sources = [path('object.c'), path('target.c')] as const
  const compiled = { seed, sources, object: path('object.o'), target: path('target.o') }
  let isWhole = true
  try {
    writeFileSync(sources[1], one.target)
    await compile(sources[1], compiled.target)
    writeFileSync(sources[0], one.object(true))
    await compile(sources[0], compiled.object, one.cpu).catch(async () => {
      isWhole = false
      writeFileSync(sources[0], one.object(false))
      await compile(sources[0], compiled.object, one.cpu)
    })
  } catch (error) {
    return { seed, error: (error as Error).message }
  }
  const all = questions.map((question, index) => [programName(index), question] as const)
  return { ...compiled, programs: new Map(all.filter(([, { mayFail }]) => isWhole || !mayFail)) }
}

async function compile(source: string, object: string, cpu = 'v2'): Promise<void> {
  try {
    await promisify(execFile)(clang, [...flags, `-mcpu=${cpu}`, '-c', source, '-o', object])
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT')
      throw new Error(`${clang} not found; on Debian and Ubuntu: apt-get install clang-16`, { cause: error })
    throw new Error(`${source}: ${/error: (.*)/.exec(stderr ?? '')?.[1] ?? String(error)}`, { cause: error })
  }
}
