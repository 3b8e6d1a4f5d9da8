// Where global variables lie: compilers leave sizes and offsets of data sections 0 in BTF, and the symbols know them.

import { badType, type TypeSource } from './resolve.ts'
import type { Elf, Section, Symbol } from './elf.ts'
import type { DataSectionType } from './types.ts'

/** The same types, with the data sections as they are in the object. */
export function placeVariables(elf: Elf, source: TypeSource): TypeSource {
  const placed = new Map<number, DataSectionType>()
  const sections = new Map(elf.sections.map((section) => [section.name, section]))
  for (const [name, id] of dataSectionsOf(source)) {
    const section = sections.get(name)
    if (section !== undefined) placed.set(id, place(elf, source, section, source.type(id) as DataSectionType))
  }
  return {
    count: source.count,
    littleEndian: source.littleEndian,
    kind: (id) => source.kind(id),
    type: (id) => placed.get(id) ?? source.type(id),
    resolved: new Map(),
  }
}

/** The ids of the data sections that BTF describes, by name. */
export function dataSectionsOf(source: TypeSource): Map<string, number> {
  const found = new Map<string, number>()
  for (let id = 1; id <= source.count; id++) {
    if (source.kind(id) !== 'datasec') continue
    const { name } = source.type(id)
    if (found.has(name)) throw badType(`The BTF describes the section ${JSON.stringify(name)} twice`)
    found.set(name, id)
  }
  return found
}

/** Whether a section holds global variables, and becomes a map by itself. */
export function isDataSection({ name, kind, size, executable }: Section): boolean {
  return size > 0 && kind !== 'other' && !executable && /^\.(?:bss|data|rodata)(?:\.|$)/.test(name)
}

function place(elf: Elf, source: TypeSource, section: Section, type: DataSectionType): DataSectionType {
  const symbols = new Map<string, Symbol>()
  for (const symbol of elf.symbolsIn(section)) {
    if (symbol.kind !== 'section' && symbol.kind !== 'other') symbols.set(symbol.name, symbol)
  }
  const variables = type.variables.map((variable) => {
    const { kind, name } = variable.type > 0 && variable.type <= source.count ? source.type(variable.type) : nobody
    if (kind !== 'var')
      throw badType(`The section ${JSON.stringify(type.name)} lists type ${variable.type} as a variable`)
    const offset = symbols.get(name)?.offset ?? variable.offset
    if (offset + variable.size > section.size) {
      const where = `the section ${JSON.stringify(type.name)}, which has ${section.size} bytes`
      throw badType(
        `The variable ${JSON.stringify(name)} (${variable.size} bytes at ${offset}) lies outside of ${where}`,
      )
    }
    return { ...variable, offset }
  })
  variables.sort((a, b) => a.offset - b.offset)
  return { ...type, size: section.size, variables }
}

const nobody = { kind: 'void', name: '' } as const
