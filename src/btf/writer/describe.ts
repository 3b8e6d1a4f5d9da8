// What an object consists of, for people and programs that only want to look.

import type { BtfTypes } from '../btf-types.ts'
import { memoryOf } from '../codec.ts'
import { readElf, type Elf } from '../elf.ts'
import { mapClassOf } from '../map-classes.ts'
import { readObject, type ObjectGlobal, type ObjectMap } from '../object.ts'
import { isRecordStatement } from '../ring-record.ts'
import type { GlobalDescription, MapDescription, ObjectDescription, TypeDescription } from './description.ts'

/** Reads an object and says what is in it. */
export function describe(bytes: Uint8Array): ObjectDescription {
  const { programs, maps, globals, license, btf, fingerprint } = readObject(bytes)
  const valueOf = initialValues(btf, readElf(bytes))
  return {
    license: license ?? null,
    btf: btf !== undefined,
    fingerprint,
    programs: programs.map(({ unsupported, ...program }) => ({ ...program, unsupported: unsupported ?? null })),
    maps: maps.map((map) => describeMap(map, btf)),
    globals: globals
      .filter((global) => !isRecordStatement(btf, global))
      .map((global) => describeGlobal(global, btf, valueOf(global))),
  }
}

function describeMap(map: ObjectMap, btf: BtfTypes | undefined): MapDescription {
  const { name, mapType, keySize, valueSize, maxEntries, mapFlags, mapExtra, pinned, inner } = map
  const type = mapClassOf(mapType).mapType
  const key = keySize === 0 ? null : describeType(keySize, map.keyTypeId, btf)
  // The type of a data section is only a list of its variables.
  const valueTypeId = map.kind === 'data' ? undefined : map.valueTypeId
  const value = valueSize === 0 ? null : describeType(valueSize, valueTypeId, btf)
  const flagNames = mapFlagNames.filter((_, bit) => (mapFlags & (1 << bit)) !== 0)
  const rest = { maxEntries, mapFlags, flagNames, mapExtra, pinned, inner: inner ? describeMap(inner, btf) : null }
  return { name, mapType: type, key, value, ...rest }
}

function describeType(size: number, id: number | undefined, btf: BtfTypes | undefined): TypeDescription {
  return { size, type: id === undefined || btf === undefined ? null : btf.nameOf(id) }
}

function describeGlobal(global: ObjectGlobal, btf: BtfTypes | undefined, value: unknown): GlobalDescription {
  const { name, section, offset, size, typeId, readonly } = global
  const { type } = describeType(size, typeId, btf)
  return { name, section, offset, size, type, readonly, value }
}

/** Longer values are nothing to look at, and `.bss` can claim any size. */
const longest = 4096
/** All values together, in bytes: variables can lie over one another in any number. */
const longestOfAll = 2 ** 21

function initialValues(btf: BtfTypes | undefined, { sections }: Elf): (global: ObjectGlobal) => unknown {
  const byName = new Map(sections.map((section) => [section.name, section]))
  let all = 0
  return ({ section: name, offset, size, typeId }) => {
    const section = byName.get(name)
    if (section === undefined || size > longest) return null
    all += size
    if (all > longestOfAll) return null
    const bytes = section.kind === 'nobits' ? new Uint8Array(size) : section.data.bytes.slice(offset, offset + size)
    return typeId === undefined || btf === undefined ? bytes : (decoded(typeId, bytes, btf) ?? bytes)
  }
}

/** The value of a type that has some, else nothing. */
function decoded(typeId: number, bytes: Uint8Array, btf: BtfTypes): unknown {
  const codec = btf.codecIfAny(typeId)
  return codec?.size === bytes.length ? codec.decode(memoryOf(bytes), 0) : undefined
}

/** By bit, as linux/bpf.h names them. */
const mapFlagNames = [
  'BPF_F_NO_PREALLOC',
  'BPF_F_NO_COMMON_LRU',
  'BPF_F_NUMA_NODE',
  'BPF_F_RDONLY',
  'BPF_F_WRONLY',
  'BPF_F_STACK_BUILD_ID',
  'BPF_F_ZERO_SEED',
  'BPF_F_RDONLY_PROG',
  'BPF_F_WRONLY_PROG',
  'BPF_F_CLONE',
  'BPF_F_MMAPABLE',
  'BPF_F_PRESERVE_ELEMS',
  'BPF_F_INNER_MAP',
  'BPF_F_LINK',
  'BPF_F_PATH_FD',
  'BPF_F_VTYPE_BTF_OBJ_FD',
  'BPF_F_TOKEN_FD',
  'BPF_F_SEGV_ON_FAULT',
  'BPF_F_NO_USER_CONV',
]
