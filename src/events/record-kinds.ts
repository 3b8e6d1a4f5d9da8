// Records of several kinds on one ring buffer, told apart by a tag.

import { checkInteger, checkObject, checkOptions, invalidArgType, invalidArgValue, outOfRange } from '../arguments.ts'
import type { Codec } from '../btf/codec.ts'
import { EbpfError } from '../errors.ts'
import type { MapTypes } from '../maps/types.ts'
import { checkCodec, findType, tooShort, type RecordType } from './record-type.ts'

/** Where the tag of a record is: an unsigned number that says of which kind it is. */
export interface RecordTag {
  /** From the start of the record, in bytes. */
  readonly offset: number
  /** 1, 2 or 4 bytes. */
  readonly size: 1 | 2 | 4
}

/** One kind of record on a ring that has several. */
export interface RecordKind<T = unknown> {
  /** The value of the tag. */
  readonly tag: number
  /** The type of the whole record, tag included: a codec, or the name of a struct of the object. */
  readonly type: Codec<T> | string
}

/** Kinds of records by the names that they get. */
export type RecordKindsByName = Readonly<Record<string, RecordKind>>

/** Several kinds of records on one ring, told apart by a tag. */
export interface RecordKinds<K extends RecordKindsByName = RecordKindsByName> {
  /** Where each record has its tag; or the name of the member that it is in all of the structs, as in `header.kind`. */
  readonly tag: RecordTag | string
  /** The kinds by the names that they get. */
  readonly kinds: K
}

/** A record of one of several kinds: `kind` tells which, and so the type of `event`. */
export type TaggedRecord<K extends RecordKindsByName> = {
  [N in keyof K & string]: { readonly kind: N; readonly event: K[N]['type'] extends Codec<infer T> ? T : unknown }
}[keyof K & string]

/** Records of several kinds. */
export function taggedType(ring: string, kinds: RecordKinds, types: MapTypes): RecordType<unknown> {
  const { tag, byTag } = checkKinds(kinds, types)
  const read = readers[tag.size]
  const least = tag.offset + tag.size
  return {
    decode(memory, offset, length) {
      if (length < least) throw tooShort(ring, 'its tag', least, length)
      const value = read(memory.view, offset + tag.offset)
      const found = byTag.get(value)
      if (found === undefined) throw unknownTag(ring, value, byTag)
      const { kind, type } = found
      if (length < type.size) throw tooShort(ring, `"${kind}"`, type.size, length)
      return { kind, event: type.decode(memory, offset) }
    },
  }
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

const readers: Record<RecordTag['size'], (view: DataView, at: number) => number> = {
  1: (view, at) => view.getUint8(at),
  2: (view, at) => view.getUint16(at, isLittleEndian),
  4: (view, at) => view.getUint32(at, isLittleEndian),
}

type ByTag = Map<number, { kind: string; type: Codec }>

function checkKinds(kinds: RecordKinds, types: MapTypes): { tag: RecordTag; byTag: ByTag } {
  checkOptions('type', checkObject('type', kinds), ['tag', 'kinds'])
  const entries = Object.entries(checkObject('type.kinds', kinds.kinds) as RecordKindsByName)
  const tag = typeof kinds.tag === 'string' ? commonMember(kinds.tag, entries, types) : checkTag(kinds.tag)
  const byTag: ByTag = new Map()
  for (const [kind, entry] of entries) {
    const path = `type.kinds.${kind}`
    checkOptions(path, checkObject(path, entry), ['tag', 'type'])
    const value = checkInteger(`${path}.tag`, entry.tag, 0, 2 ** (8 * tag.size) - 1)
    const other = byTag.get(value)
    if (other !== undefined) throw outOfRange(`${path}.tag`, `another one than that of "${other.kind}"`, value)
    const type = checkCodec(`${path}.type`, entry.type, types)
    if (type.size < tag.offset + tag.size) throw outOfRange(`${path}.type`, 'large enough to hold the tag', type.size)
    byTag.set(value, { kind, type })
  }
  return { tag, byTag }
}

function checkTag(value: unknown): RecordTag {
  const tag = checkObject('type.tag', value) as RecordTag
  checkOptions('type.tag', tag, ['offset', 'size'])
  checkInteger('type.tag.offset', tag.offset, 0, 2 ** 20)
  return { offset: tag.offset, size: checkSize('type.tag.size', tag.size) }
}

/** All structs must have the member, and at the same place: which one a record is, only that tells. */
function commonMember(path: string, entries: readonly [string, RecordKind][], types: MapTypes): RecordTag {
  let common: RecordTag | undefined
  for (const [kind, { type }] of entries) {
    if (typeof type !== 'string') throw invalidArgType(`type.kinds.${kind}.type`, 'the name of a struct', type)
    const member = findType(type, types).member(path)
    if (member === undefined) throw invalidArgValue('type.tag', `must be a member of "${type}"`, path)
    const { offset } = member
    const size = checkSize(`sizeof ${type}.${path}`, member.size)
    if (common !== undefined && (common.offset !== offset || common.size !== size)) {
      throw invalidArgValue('type.tag', 'must be at the same place in all structs', path)
    }
    common = { offset, size }
  }
  if (common === undefined) throw invalidArgValue('type.kinds', 'must not be empty', {})
  return common
}

function checkSize(name: string, size: unknown): RecordTag['size'] {
  if (size === 1 || size === 2 || size === 4) return size
  throw outOfRange(name, '1, 2 or 4', size)
}

function unknownTag(ring: string, value: number, byTag: ByTag): EbpfError {
  const known = [...byTag].map(([tag, { kind }]) => `${tag} (${kind})`).join(', ')
  const message = `A record of ring buffer "${ring}" has the tag ${value}. Known are: ${known}.`
  return new EbpfError('ERR_EBPF_RECORD', message, { map: ring })
}
