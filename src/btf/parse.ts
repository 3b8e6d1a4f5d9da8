// Parses BTF: finds where each type is at once, reads each type when it is asked for.
// Format: https://docs.kernel.org/bpf/btf.html

import { EbpfError } from '../errors.ts'
import { BtfTypes } from './btf-types.ts'
import { Bytes } from './bytes.ts'
import { maxTypes } from './limits.ts'
import { kindOf, readType, typeSize, type Blob } from './parse-type.ts'
import type { TypeSource } from './resolve.ts'
import type { BtfType } from './types.ts'

/**
 * The types in a blob of BTF: that of an object's `.BTF` section, or one from the kernel.
 *
 * @throws {EbpfError} `ERR_EBPF_BTF`
 */
export function parseBtf(bytes: Uint8Array): BtfTypes {
  return new BtfTypes(typeSource(bytes))
}

/** The same without the face. @throws {EbpfError} `ERR_EBPF_BTF` */
export function typeSource(bytes: Uint8Array): TypeSource {
  const blob = openBlob(bytes)
  const starts = findTypes(blob)
  const read: (BtfType | undefined)[] = []
  return {
    count: starts.length,
    littleEndian: blob.types.littleEndian,
    type: (id) => (read[id] ??= readType(blob, starts[id - 1]!)),
    kind: (id) => kindOf(blob, starts[id - 1]!),
    resolved: new Map(),
  }
}

const magic = 0xeb9f
const headerSize = 24

function openBlob(bytes: Uint8Array): Blob {
  const littleEndian = bytes[0] === (magic & 0xff)
  const file = new Bytes(bytes, littleEndian, 'The BTF header', 'ERR_EBPF_BTF')
  if (bytes.length < headerSize || file.u16(0) !== magic) {
    throw new EbpfError('ERR_EBPF_BTF', 'These bytes are not BTF: its magic number 0xeb9f is missing.')
  }
  const version = file.u8(2)
  if (version !== 1) throw file.error(2, `version ${version} is unknown`)
  const header = file.u32(4)
  if (header < headerSize) throw file.error(4, `a header has ${headerSize} bytes or more, not ${header}`)
  file.need(0, header)
  const [typeOffset, typeLength, nameOffset, nameLength] = [file.u32(8), file.u32(12), file.u32(16), file.u32(20)]
  if (typeOffset % 4 !== 0) throw file.error(8, 'types do not begin at a multiple of 4')
  const types = file.part(header + typeOffset, typeLength, 'The types of the BTF')
  const names = file.part(header + nameOffset, nameLength, 'The names of the BTF')
  if (nameLength === 0 || names.u8(0) !== 0 || names.u8(nameLength - 1) !== 0) {
    throw file.error(20, 'names must begin and end with a null byte')
  }
  return { types, names, known: new Map() }
}

/** Where each type begins. */
function findTypes(blob: Blob): number[] {
  const starts: number[] = []
  let at = 0
  while (at < blob.types.size) {
    if (starts.length === maxTypes) throw blob.types.error(at, `there are more than ${maxTypes} types`)
    starts.push(at)
    const size = typeSize(blob, at)
    blob.types.need(at, size)
    at += size
  }
  return starts
}
