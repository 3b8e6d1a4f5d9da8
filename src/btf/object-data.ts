// The data sections of an object, as the maps that loaders make of them.

import type { ObjectMap, Opened } from './object.ts'
import { isDataSection } from './sections.ts'

const BPF_MAP_TYPE_ARRAY = 2
const BPF_F_RDONLY_PROG = 1 << 7

/** One array of one entry for each section, called like the section. */
export function dataMaps({ elf, dataSections }: Opened): ObjectMap[] {
  return elf.sections.filter(isDataSection).map(({ name, size }) => {
    const valueTypeId = dataSections.get(name)
    return {
      name,
      kind: 'data',
      mapType: BPF_MAP_TYPE_ARRAY,
      keySize: 4,
      valueSize: size,
      maxEntries: 1,
      mapFlags: isReadOnly(name) ? BPF_F_RDONLY_PROG : 0,
      mapExtra: 0n,
      pinned: false,
      ...(valueTypeId === undefined ? {} : { valueTypeId }),
    }
  })
}

/** Whether programs can only read the section. */
export function isReadOnly(name: string): boolean {
  return name.startsWith('.rodata')
}
