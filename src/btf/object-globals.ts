// The global variables of an object: those that BTF knows, and those that only have a symbol.

import type { Elf, Section } from './elf.ts'
import { isReadOnly } from './object-data.ts'
import type { ObjectGlobal, Opened } from './object.ts'
import { isDataSection } from './sections.ts'

/** All variables in data sections, by section and offset. */
export function globalsOf(opened: Opened): ObjectGlobal[] {
  const { elf, btf } = opened
  return elf.sections.filter(isDataSection).flatMap((section) => {
    const typed = typedVariables(opened, section)
    const names = new Set(typed.map(({ name }) => name))
    const others = untypedVariables(elf, section, btf !== undefined).filter(({ name }) => !names.has(name))
    return [...typed, ...others].sort((a, b) => a.offset - b.offset)
  })
}

function typedVariables({ btf, dataSections }: Opened, section: Section): ObjectGlobal[] {
  const id = dataSections.get(section.name)
  const type = id === undefined ? undefined : btf?.type(id)
  if (btf === undefined || type?.kind !== 'datasec') return []
  return type.variables.flatMap(({ type: variableId, offset, size }) => {
    const variable = btf.type(variableId)
    if (variable.kind !== 'var') return []
    return [{ ...common(section), name: variable.name, offset, size, typeId: variable.type }]
  })
}

/** Local symbols beside BTF are the compiler's own: constants, strings. */
function untypedVariables(elf: Elf, section: Section, onlyGlobal: boolean): ObjectGlobal[] {
  return elf
    .symbolsIn(section)
    .filter(({ kind, size }) => kind === 'data' && size > 0)
    .filter(({ name, global }) => name !== '' && !name.startsWith('.L') && (global || !onlyGlobal))
    .filter(({ offset, size }) => offset + size <= section.size)
    .map(({ name, offset, size }) => ({ ...common(section), name, offset, size }))
}

function common({ name }: Section): { section: string; readonly: boolean } {
  return { section: name, readonly: isReadOnly(name) }
}
