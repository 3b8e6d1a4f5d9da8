// Maps declared as structs in `.maps`, whose BTF is the declaration: `__uint`, `__type`, `__array`, as libbpf reads them.
// https://github.com/libbpf/libbpf/blob/v1.5.0/src/libbpf.c, parse_btf_map_def

import type { EbpfError } from '../errors.ts'
import type { BtfTypes } from './btf-types.ts'
import type { ObjectMap, Opened } from './object.ts'
import { badType } from './resolve.ts'
import type { Member, StructType } from './types.ts'

const LIBBPF_PIN_BY_NAME = 1

/** The maps of `.maps`, in the order of the file. */
export function btfMaps({ elf, btf, dataSections }: Opened): ObjectMap[] {
  if (!elf.sections.some(({ name }) => name === '.maps')) return []
  const id = dataSections.get('.maps')
  const type = id === undefined ? undefined : btf?.type(id)
  if (btf === undefined || type?.kind !== 'datasec') {
    throw badType('The object has maps in the section ".maps", but no types for them: compile it with -g')
  }
  const read = new Map<number, ObjectMap>()
  return type.variables.map(({ type: variableId }) => {
    const variable = btf.type(variableId)
    if (variable.kind !== 'var') throw badType(`Type ${variableId} in the section ".maps" is no variable`)
    const { id: structId, type: definition } = btf.resolve(variable.type)
    if (definition.kind !== 'struct') throw badMap(variable.name, `is a ${definition.kind}, not a struct`)
    // Any number of maps can be declared by one struct.
    const map = read.get(structId) ?? new Definition(btf, variable.name, definition).map()
    read.set(structId, map)
    return named(map, variable.name)
  })
}

function named(map: ObjectMap, name: string): ObjectMap {
  return { ...map, name, ...(map.inner === undefined ? {} : { inner: { ...map.inner, name: innerName(name) } }) }
}

function innerName(name: string): string {
  return `${name}.inner`
}

/** The declaration of one map. */
class Definition {
  readonly #btf: BtfTypes
  readonly #name: string
  readonly #members: ReadonlyMap<string, Member>

  constructor(btf: BtfTypes, name: string, { members }: StructType) {
    this.#btf = btf
    this.#name = name
    this.#members = membersOf(members)
  }

  map(isInner = false): ObjectMap {
    const type = this.#u32('type')
    if (type === 0) throw badMap(this.#name, 'has no type')
    const key = this.#sized('key', 'key_size')
    const value = this.#sized('value', 'value_size')
    const inner = this.#inner(isInner)
    const only = onlySizes.get(type)
    return {
      name: this.#name,
      kind: 'btf',
      mapType: type,
      keySize: key.size || (only?.key ?? 0),
      valueSize: value.size || (only?.value ?? 0),
      maxEntries: this.#u32('max_entries'),
      mapFlags: this.#u32('map_flags'),
      mapExtra: this.#number('map_extra'),
      pinned: this.#u32('pinning') === LIBBPF_PIN_BY_NAME,
      ...(key.typeId === undefined ? {} : { keyTypeId: key.typeId }),
      ...(value.typeId === undefined ? {} : { valueTypeId: value.typeId }),
      ...(inner === undefined ? {} : { inner }),
    }
  }

  #u32(member: string): number {
    const value = this.#number(member)
    if (value > 0xffffffffn) throw badMap(this.#name, `has a ${member} of ${value}`)
    return Number(value)
  }

  /** `__uint(name, n)` is a pointer to an array of n; `__ulong(name, n)` an enum whose only value is n. */
  #number(name: string): bigint {
    const member = this.#members.get(name)
    if (member === undefined) return 0n
    const { type } = this.#btf.resolve(member.type)
    if ((type.kind === 'enum' || type.kind === 'enum64') && type.constants.length === 1) return type.constants[0]!.value
    const target = type.kind === 'ptr' ? this.#btf.resolve(type.type).type : undefined
    if (target?.kind !== 'array') throw badMap(this.#name, `has a member ${name} that is not declared with __uint()`)
    return BigInt(target.length)
  }

  /** `__type(key, t)` is a pointer to t; `__uint(key_size, n)` states the size only. */
  #sized(typeName: string, sizeName: string): { size: number; typeId?: number } {
    const stated = this.#members.has(sizeName) ? this.#u32(sizeName) : undefined
    const member = this.#members.get(typeName)
    if (member === undefined) return { size: stated ?? 0 }
    const { type } = this.#btf.resolve(member.type)
    if (type.kind !== 'ptr') throw badMap(this.#name, `has a member ${typeName} that is not declared with __type()`)
    const size = this.#btf.sizeOf(type.type)
    // aya-ebpf's ring buffers: the kernel wants no value, and the type is that of the records.
    if (stated === 0) return { size: 0, typeId: type.type }
    if (stated !== undefined && stated !== size) {
      throw badMap(this.#name, `has a ${sizeName} of ${stated}, but a ${typeName} of ${size} bytes`)
    }
    return { size, typeId: type.type }
  }

  /** `__array(values, t)` is an array of pointers to t: maps, or programs, which have no declaration. */
  #inner(isInner: boolean): ObjectMap | undefined {
    const member = this.#members.get('values')
    if (member === undefined) return undefined
    const { type } = this.#btf.resolve(member.type)
    const element = type.kind === 'array' ? this.#btf.resolve(type.type).type : undefined
    const target = element?.kind === 'ptr' ? this.#btf.resolve(element.type).type : undefined
    if (target?.kind === 'func_proto') return undefined
    if (target?.kind !== 'struct') throw badMap(this.#name, 'has values that are neither maps nor programs')
    if (isInner) throw badMap(this.#name, 'is a map of maps in a map of maps')
    return new Definition(this.#btf, innerName(this.#name), target).map(true)
  }
}

/**
 * Sizes that are the only ones that the kernel takes for a type of map (linux/bpf.h): whoever states none, means them. The
 * addon makes the maps so (`only_sizes` of its `correct.rs`).
 */
const onlySizes: ReadonlyMap<number, OnlySizes> = new Map<number, OnlySizes>([
  // Descriptors of programs, perf events, cgroups, maps and AF_XDP sockets.
  ...[3, 4, 8, 12, 17].map((type): [number, OnlySizes] => [type, { key: 4, value: 4 }]),
  // Arrays, stack traces, devices, sockets, CPUs.
  ...[2, 6, 7, 14, 15, 16, 20].map((type): [number, OnlySizes] => [type, { key: 4, value: 0 }]),
  [13, { key: 0, value: 4 }],
])

interface OnlySizes {
  readonly key: number
  readonly value: number
}

/** By name; once for each struct, of which a section can have any number of variables. */
function membersOf(members: readonly Member[]): ReadonlyMap<string, Member> {
  let byName = known.get(members)
  if (byName === undefined) known.set(members, (byName = new Map(members.map((member) => [member.name, member]))))
  return byName
}

const known = new WeakMap<readonly Member[], ReadonlyMap<string, Member>>()

function badMap(name: string, problem: string): EbpfError {
  return badType(`The map ${JSON.stringify(name)} ${problem}`)
}
