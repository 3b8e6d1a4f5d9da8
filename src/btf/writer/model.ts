// What the types of one object consist of, before they are written in one language or the other.

import { mapClassOf } from '../map-classes.ts'
import type { ObjectFile, ObjectGlobal, ObjectMap } from '../object.ts'
import type { ObjectProgram } from '../programs.ts'
import type { PropertyText, TypeText } from './layout.ts'
import { propertyName, TypeNames } from './names.ts'
import { plural, TypeWriter, type Declaration } from './types.ts'

/** The contents of a generated file. */
export interface Model {
  /** The name of the interface and of the constant. */
  readonly name: string
  /** The first line, without comment signs. */
  readonly header: string
  /** What is imported from `ayajs`, sorted. */
  readonly imports: readonly string[]
  readonly declarations: readonly Declaration[]
  readonly programs: readonly PropertyText[]
  readonly maps: readonly PropertyText[]
  readonly globals: readonly PropertyText[]
  readonly fingerprint: string
}

/** What the types of an object consist of. */
export function modelOf(object: ObjectFile, name: string, header: string): Model {
  // First: it throws where names are so many that no text could hold them.
  const { fingerprint } = object
  const names = new TypeNames([...reserved, name])
  const writer = new TypeWriter(object.btf, names)
  const maps = object.maps.filter(({ kind }) => kind !== 'data').map((map) => mapProperty(map, writer))
  const globals = unique(object.globals).flatMap((global) => globalProperty(global, writer))
  const programs = unique(object.programs).map(programProperty)
  const used = [...programs, ...maps].flatMap(({ type }) => namesIn(type))
  const imports = [...new Set([...used, 'ObjectType'])].filter((one) => importable.includes(one)).sort()
  const { declarations } = writer
  return { name, header, imports, declarations, programs, maps, globals, fingerprint }
}

/** Names that `ayajs` exports and that generated files may use. */
const importable: readonly string[] = [...new Set(['CgroupSkb', 'MapBase', 'ObjectType', 'Program', ...classNames()])]

/** Names that no type of an object gets: whoever imports it is likely to import these from `ayajs` as well. */
export const reserved: readonly string[] = [...importable, 'Btf', 'Ebpf', 'EbpfError', 'EbpfLoader', 'KernelVersion']

function classNames(): string[] {
  return Array.from({ length: 64 }, (_, number) => mapClassOf(number).className)
}

function programProperty({ name, section, kind }: ObjectProgram): PropertyText {
  const type = { name: kind === 'CgroupSkb' ? 'CgroupSkb' : 'Program' }
  return { name: propertyName(name), type, comment: `\`SEC("${section}")\`.` }
}

function mapProperty(map: ObjectMap, writer: TypeWriter): PropertyText {
  return { name: propertyName(map.name), type: mapClass(map, writer), comment: aboutMap(map) }
}

/** The class of a map with its types: `HashMap<FlowKey, Flow>`. */
function mapClass(map: ObjectMap, writer: TypeWriter): TypeText {
  const { className, generics } = mapClassOf(map.mapType)
  const parameters = generics.map((generic) => {
    if (generic === 'K') return writer.typeOf(map.keyTypeId, `${map.name}_key`)
    if (generic === 'V') return writer.typeOf(writer.valueOf(map), `${map.name}_value`)
    return map.inner === undefined ? { name: 'MapBase' } : mapClass(map.inner, writer)
  })
  return parameters.length === 0 ? { name: className } : { name: className, parameters }
}

/** As in `Hash`, 8 → 16 bytes, 64 entries. */
function aboutMap({ mapType, keySize, valueSize, maxEntries }: ObjectMap): string {
  const { mapType: name } = mapClassOf(mapType)
  if (keySize === 0 && valueSize === 0) return `\`${name}\`, ${plural(maxEntries, 'byte')}.`
  const sizes = keySize === 0 ? plural(valueSize, 'byte') : `${keySize} → ${plural(valueSize, 'byte')}`
  return `\`${name}\`, ${sizes}, ${maxEntries === 1 ? '1 entry' : `${maxEntries} entries`}.`
}

/** Nothing for a variable that only states the type of records: that type is written, for `ring.as`. */
function globalProperty({ name, section, size, typeId, readonly }: ObjectGlobal, writer: TypeWriter): PropertyText[] {
  const record = writer.statedRecord(name, typeId)
  if (record !== undefined) {
    writer.typeOf(record, name)
    return []
  }
  const comment = `${writer.typeNameOf(typeId)}${plural(size, 'byte')} in \`${section}\`.`
  return [{ name: propertyName(name), type: writer.typeOf(typeId, name), comment, readonly }]
}

/** The first one of each name: static variables of several files may share theirs. */
function unique<T extends { readonly name: string }>(all: readonly T[]): T[] {
  const byName = new Map<string, T>()
  for (const one of all) if (!byName.has(one.name)) byName.set(one.name, one)
  return [...byName.values()]
}

function namesIn({ name, parameters = [] }: TypeText): string[] {
  return [name, ...parameters.flatMap(namesIn)]
}
