// Compares whole objects, against the running kernel: programs that both loaders send, and maps that both make.
import { mkdtempSync, mkdirSync, readdirSync, rmSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shortName } from './canonical.ts'
import { differences, judge, told, type Verdict } from './compare.ts'
import { knownMaps } from './known-differences.ts'
import { loadBoth, type Pair } from './loaders.ts'
import type { MapDefinition, Opened } from './record.ts'
import type { Tools } from './tools.ts'

export interface ObjectFigures {
  objects: number
  /** Objects that one of them does not open: there is nothing to compare. */
  unopened: number
  /** Programs that ayajs says it cannot have, and libbpf loads. */
  unsupported: number
  programs: number
  maps: number
  intended: number
  different: number
}

export interface ObjectRun {
  readonly tools: Tools
  readonly paths: readonly string[]
  readonly signal?: AbortSignal
  readonly say: (line: string) => void
}

export async function compareObjects({ tools, paths, signal, say }: ObjectRun): Promise<ObjectFigures> {
  const figures: ObjectFigures = {
    objects: 0,
    unopened: 0,
    unsupported: 0,
    programs: 0,
    maps: 0,
    intended: 0,
    different: 0,
  }
  const folder = mkdtempSync(join(tmpdir(), 'ayajs-fuzz-core-'))
  const pins = `/sys/fs/bpf/ayajs-fuzz-core-${process.pid}`
  mkdirSync(pins)
  try {
    for (const object of paths) {
      if (signal?.aborted === true) break
      const [pair] = await loadBoth([{ object }], { tools, folder, pins })
      for (const name of readdirSync(pins)) rmSync(join(pins, name))
      countObject(object, pair!, figures, say)
    }
  } finally {
    rmSync(folder, { recursive: true })
    rmdirSync(pins)
  }
  return figures
}

export function objectFiguresText(figures: ObjectFigures): string {
  const { objects, unopened, unsupported, programs, maps, intended, different } = figures
  return [
    `${objects} objects (${unopened} opened by one at most)`,
    `${programs} programs and ${maps} maps compared`,
    `${unsupported} programs unsupported`,
    `${intended} different as intended`,
    `${different} different`,
  ].join(', ')
}

function countObject(path: string, pair: Pair, figures: ObjectFigures, say: (line: string) => void): void {
  figures.objects++
  const unopened = [pair.libbpf, pair.ours].filter(({ error }) => error !== '')
  if (unopened.length > 0) figures.unopened++
  const complaints = [...comparePrograms(pair, figures), ...compareMaps(pair, figures)]
  if (complaints.length === 0) return
  say(`✘ ${path}`)
  for (const line of complaints) say(`  ${line}`)
}

function comparePrograms({ libbpf, ours }: Pair, figures: ObjectFigures): string[] {
  return [...libbpf.attempts].flatMap(([name, theirs]) => {
    const own = ours.attempts.get(name)
    // What one has not sent, the other may have been right or wrong to send: only a program that works tells.
    if (theirs.sent === undefined || own?.sent === undefined) {
      if (theirs.error !== '' || own?.error === '') return []
      const reason = own?.error ?? ours.error
      const isUnsupported = reason.startsWith('ERR_EBPF_UNSUPPORTED')
      figures[isUnsupported ? 'unsupported' : 'different']++
      return isUnsupported ? [] : [`program ${name}: libbpf loads it, and ayajs does not: ${reason}`]
    }
    figures.programs++
    const verdict = judge(theirs, own)
    count(verdict, figures)
    if (verdict !== 'different') return []
    const found = differences(theirs.sent, own.sent)
    const lines = told(theirs, own).slice(0, mostLines)
    return [`program ${name}: ${found.length} instructions`, ...lines.map((line) => `  ${line}`)]
  })
}

/** Of a program that is another one altogether. */
const mostLines = 5

function count(verdict: Verdict, figures: ObjectFigures): void {
  if (verdict === 'different') figures.different++
  if (verdict === 'different as intended') figures.intended++
}

/** Names are cut, so that several maps can have one: each of libbpf's wants one like it. */
function compareMaps({ libbpf, ours }: Pair, figures: ObjectFigures): string[] {
  if (ours.error !== '') return []
  return definitionsOf(libbpf).flatMap((theirs) => {
    const own = definitionsOf(ours).filter(({ map }) => sameName(map, theirs.map))
    figures.maps++
    if (own.some((one) => described(one) === described(theirs))) return []
    const known = knownMaps.some(({ isIt }) => own.some((one) => isIt(theirs, one)))
    count(known ? 'different as intended' : 'different', figures)
    if (known) return []
    return [
      `map ${theirs.map}`,
      `  ${described(theirs)} by libbpf`,
      ...own.map((one) => `  ${described(one)} by ayajs`),
    ]
  })
}

/** Each once: libbpf makes all maps again for each program. Maps of its own, with which it looks what the kernel can, are left out. */
function definitionsOf({ maps }: Opened): MapDefinition[] {
  const all = maps.filter(({ map }) => map !== '' && map !== 'test' && !map.startsWith('libbpf_'))
  return [...new Map(all.map((one) => [`${shortName(one.map)}: ${described(one)}`, one])).values()]
}

function sameName(ours: string, libbpf: string): boolean {
  return shortName(ours) === (shortName(libbpf) === '.kconfig' ? '.rodata.kconfig' : shortName(libbpf))
}

function described({ type, keySize, valueSize, maxEntries, flags, extra, inner }: MapDefinition): string {
  const sizes = `type ${type}, key ${keySize}, value ${valueSize}, ${maxEntries} entries`
  return `${sizes}, flags ${flags}, extra ${extra}${inner > 0 ? ', of maps' : ''}`
}
