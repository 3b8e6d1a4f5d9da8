// The programs of an object: its functions, without those that only others call.

import type { Elf, Section, Symbol } from './elf.ts'
import { programKind } from './program-kinds.ts'

/** A program of an object. */
export interface ObjectProgram {
  /** The function's name. */
  readonly name: string
  /** Its section, which tells the kind: `cgroup_skb/egress`. */
  readonly section: string
  /** The kind, as `Program.kind` has it. */
  readonly kind: string
  /** Why it cannot be loaded, as far as its section tells. */
  readonly unsupported: string | undefined
}

/** The programs, in the order of the file. */
export function programsOf(elf: Elf): ObjectProgram[] {
  const codes = elf.sections.filter((section) => section.executable && section.kind === 'progbits' && section.size > 0)
  const { sections, functions } = calledIn(elf)
  const isText = (section: Section): boolean =>
    section.name.startsWith('.text') || (isUnknown(section) && sections.has(section.index))
  const isOnlyText = codes.every(isText)
  return codes
    .filter((section) => isOnlyText || !isText(section))
    .flatMap((section) =>
      functionsIn(elf, section)
        .filter((one) => !isOnlyText || !functions.has(placeOf(section, one.offset)))
        .map(({ name }) => programIn(section, name, isOnlyText)),
    )
}

function programIn({ name: section }: Section, name: string, isLone: boolean): ObjectProgram {
  if (isLone) return { name, section, kind: 'Unknown', unsupported: reasons.lone }
  const { kind, supported } = programKind(section)
  if (supported) return { name, section, kind, unsupported: undefined }
  const unsupported = kind === 'Unknown' ? reasons.unknown : `aya has no programs of kind ${kind}`
  return { name, section, kind, unsupported }
}

/** As crates/object/src/repair/plan.rs has them. */
const reasons = {
  lone: 'it is in no section of its own, whose name would say the kind of program',
  unknown: 'the name of its section says no kind that is known',
} as const

function isUnknown({ name }: Section): boolean {
  return programKind(name).kind === 'Unknown'
}

/** Old LLVM gave functions no type, and wrote labels beside them. */
function functionsIn(elf: Elf, section: Section): Symbol[] {
  const named = elf.symbolsIn(section).filter(({ name }) => name !== '')
  const typed = named.filter(({ kind }) => kind === 'function')
  const untyped = named.filter(({ kind, name, offset }) => kind === 'none' && !isLabel(name) && offset < section.size)
  return (typed.length > 0 ? typed : untyped).sort((a, b) => a.offset - b.offset)
}

function isLabel(name: string): boolean {
  return name.startsWith('LBB') || name.startsWith('.L')
}

interface Called {
  /** Sections that are called from others, by index. */
  readonly sections: ReadonlySet<number>
  /** Functions that are called at all, by place. */
  readonly functions: ReadonlySet<string>
}

function calledIn(elf: Elf): Called {
  const [sections, functions] = [new Set<number>(), new Set<string>()]
  const symbols = new Map(elf.symbols.map((symbol) => [symbol.index, symbol]))
  for (const relocations of elf.sections) {
    const from = relocations.relocates === undefined ? undefined : elf.sections[relocations.relocates]
    if (from?.executable !== true) continue
    const { data } = relocations
    for (let at = 0; at + relocationSize <= data.size; at += relocationSize) {
      const symbol = symbols.get(Number(data.view.getBigUint64(at + 8, data.littleEndian) >> 32n))
      if (symbol?.section.executable !== true) continue
      if (symbol.section.index !== from.index) sections.add(symbol.section.index)
      const added = symbol.kind === 'section' ? addend(from, Number(data.view.getBigUint64(at, data.littleEndian))) : 0
      functions.add(placeOf(symbol.section, symbol.offset + added))
    }
  }
  for (const section of elf.sections) addLocalCalls(section, functions)
  return { sections, functions }
}

const relocationSize = 16
/** `BPF_JMP | BPF_CALL`, with `BPF_PSEUDO_CALL` as the source register. */
const CALL = 0x85
const PSEUDO_CALL = 1

/** Calls within a section have no relocation. */
function addLocalCalls(section: Section, functions: Set<string>): void {
  if (!section.executable) return
  for (let at = 0; at + 8 <= section.data.size; at += 8) {
    if (section.data.u8(at) !== CALL || sourceRegister(section, at) !== PSEUDO_CALL) continue
    functions.add(placeOf(section, at + addend(section, at)))
  }
}

function sourceRegister({ data }: Section, at: number): number {
  const registers = data.u8(at + 1)
  return data.littleEndian ? registers >> 4 : registers & 15
}

/** What an instruction adds to an address: calls count instructions from the next one. */
function addend({ data }: Section, at: number): number {
  if (at + 8 > data.size) return 0
  return data.u8(at) === CALL ? (data.i32(at + 4) + 1) * 8 : data.i32(at + 4)
}

function placeOf({ index }: Section, offset: number): string {
  return `${index}:${offset}`
}
