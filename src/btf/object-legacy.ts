// Maps declared as `struct bpf_map_def` in sections called `maps`: the way before BTF, which aya still loads.

import type { BtfTypes } from './btf-types.ts'
import type { Elf, Section, Symbol } from './elf.ts'
import type { ObjectMap, Opened } from './object.ts'
import type { StructType } from './types.ts'

/** type, key_size, value_size, max_entries, map_flags; longer ones have id and pinning behind. */
const leastSize = 20
const pinningOffset = 24

/** The maps of all sections whose name begins with `maps`. */
export function legacyMaps({ elf, btf }: Opened): ObjectMap[] {
  const sections = elf.sections.filter(
    ({ name, kind, executable }) => kind === 'progbits' && !executable && name.startsWith('maps'),
  )
  const annotations = sections.length > 0 && btf !== undefined ? annotationsIn(btf) : undefined
  return sections.flatMap((section) => mapsIn(elf, section).map((map) => ({ ...map, ...annotations?.(map) })))
}

function mapsIn(elf: Elf, section: Section): ObjectMap[] {
  const symbols = elf
    .symbolsIn(section)
    .filter(({ name, kind }) => name !== '' && kind !== 'section' && kind !== 'other')
    .sort((a, b) => b.offset - a.offset)
  // Old LLVM wrote no sizes: then a definition ends where the next one begins.
  let end = section.size
  let last = section.size
  const maps = symbols.map((symbol) => {
    if (symbol.offset < last) [end, last] = [last, symbol.offset]
    return mapAt(section, symbol, symbol.size || end - symbol.offset)
  })
  return maps.reverse()
}

function mapAt({ data }: Section, { name, offset }: Symbol, size: number): ObjectMap {
  if (size < leastSize) throw data.error(offset, `the map ${JSON.stringify(name)} has ${size} bytes, not ${leastSize}`)
  data.need(offset, size)
  const [mapType, keySize, valueSize, maxEntries, mapFlags] = [0, 4, 8, 12, 16].map((at) => data.u32(offset + at))
  return {
    name,
    kind: 'legacy',
    mapType: mapType!,
    keySize: keySize!,
    valueSize: valueSize!,
    maxEntries: maxEntries!,
    mapFlags: mapFlags!,
    mapExtra: 0n,
    pinned: size >= pinningOffset + 4 && data.u32(offset + pinningOffset) === 1,
  }
}

type Annotation = Pick<ObjectMap, 'keyTypeId' | 'valueTypeId'>

/** The types that `BPF_ANNOTATE_KV_PAIR` states, where they fit. */
function annotationsIn(btf: BtfTypes): (map: ObjectMap) => Annotation {
  const prefix = '____btf_map_'
  const stated = new Map<string, Pair>()
  for (const id of btf.ids('struct')) {
    const type = btf.type(id)
    if (type.kind === 'struct' && type.name.startsWith(prefix)) stated.set(type.name, pairOf(type))
  }
  return ({ name, keySize, valueSize }) => {
    const { key, value } = stated.get(prefix + name) ?? {}
    if (key === undefined || value === undefined) return {}
    const fits = btf.sizeOf(key) === keySize && btf.sizeOf(value) === valueSize
    return fits ? { keyTypeId: key, valueTypeId: value } : {}
  }
}

interface Pair {
  readonly key?: number | undefined
  readonly value?: number | undefined
}

function pairOf({ members }: StructType): Pair {
  const typeOf = (member: string): number | undefined => members.find((one) => one.name === member)?.type
  return { key: typeOf('key'), value: typeOf('value') }
}
