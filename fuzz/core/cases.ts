// Runs cases: makes, compiles and loads some at a time, and counts how their programs went.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { makeCase } from './case.ts'
import { compileAll, type Compiled } from './compile.ts'
import { judge, told, verdicts, type Verdict } from './compare.ts'
import { loadBoth, type Pair } from './loaders.ts'
import type { Tools } from './tools.ts'

export interface Figures {
  cases: number
  programs: number
  readonly verdicts: Record<Verdict, number>
}

export interface Run {
  readonly tools: Tools
  readonly seed: number
  readonly cases: number
  /** Where the sources of cases that differ are kept, in a folder for each. */
  readonly findings: string
  readonly signal?: AbortSignal
  readonly onProgress?: (figures: Figures) => void
  readonly say: (line: string) => void
}

/** So many are loaded by one process. */
const together = 50

/** A case counts up from the seed, so that one alone can be run again. */
export async function runCases({ tools, seed, cases, findings, signal, onProgress, say }: Run): Promise<Figures> {
  const figures: Figures = {
    cases: 0,
    programs: 0,
    verdicts: Object.fromEntries(verdicts.map((one) => [one, 0])) as Record<Verdict, number>,
  }
  for (let done = 0; done < cases && !isOver(signal); done += together) {
    const seeds = Array.from({ length: Math.min(together, cases - done) }, (_, index) => seed + done + index)
    const folder = mkdtempSync(join(tmpdir(), 'ayajs-fuzz-core-'))
    try {
      for (const [one, pair] of await loadSome(seeds, { tools, folder }, say)) {
        if (isOver(signal)) break
        countCase(one, pair, figures, findings, say)
      }
    } catch (error) {
      // Whoever interrupts us interrupts compilers and loaders, too.
      if (!isOver(signal)) throw error
    } finally {
      rmSync(folder, { recursive: true })
    }
    onProgress?.(figures)
  }
  return figures
}

export function figuresText({ cases, programs, verdicts: counts }: Figures): string {
  return [
    `${cases} cases`,
    `${programs} programs`,
    ...Object.entries(counts).map(([what, count]) => `${count} ${what}`),
  ].join(', ')
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted ?? false
}

async function loadSome(
  seeds: readonly number[],
  place: { tools: Tools; folder: string },
  say: (line: string) => void,
): Promise<[Compiled, Pair][]> {
  const compiled: Compiled[] = []
  const uncompiled: string[] = []
  for (const one of await compileAll(seeds.map(makeCase), place.folder)) {
    if ('error' in one) uncompiled.push(`seed ${one.seed} makes no case: ${one.error}`)
    else compiled.push(one)
  }
  // Then it is not the cases.
  if (compiled.length === 0) throw new Error(uncompiled[0])
  for (const line of uncompiled) say(`– ${line}`)
  const pairs = await loadBoth(compiled, place)
  return compiled.map((one, index) => [one, pairs[index]!])
}

function countCase(one: Compiled, pair: Pair, figures: Figures, findings: string, say: (line: string) => void): void {
  const different: string[] = []
  figures.cases++
  for (const [name, { about }] of one.programs) {
    const [libbpf, ours] = [pair.libbpf.attempts.get(name), pair.ours.attempts.get(name)]
    const verdict = judge(libbpf, ours)
    figures.programs++
    figures.verdicts[verdict]++
    if (verdict === 'different') different.push(`${name} (${about})`, ...told(libbpf, ours).map((line) => `  ${line}`))
  }
  for (const { error } of [pair.libbpf, pair.ours]) if (error !== '') different.push(error)
  if (different.length === 0) return
  const folder = join(findings, String(one.seed))
  mkdirSync(folder, { recursive: true })
  for (const path of [...one.sources, one.object, one.target]) copyFileSync(path, join(folder, basename(path)))
  say(`✘ seed ${one.seed}: ${folder}`)
  for (const line of different) say(`  ${line}`)
  say(`  again: npm run fuzz:core -- --seed ${one.seed} --cases 1`)
}
