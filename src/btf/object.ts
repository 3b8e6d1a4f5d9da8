// What an object file holds: programs, maps, global variables, types. No kernel is asked.

import { EbpfError } from '../errors.ts'
import { BtfTypes } from './btf-types.ts'
import { readElf, type Elf, type Section } from './elf.ts'
import { fingerprintOf } from './fingerprint.ts'
import { dataMaps } from './object-data.ts'
import { globalsOf } from './object-globals.ts'
import { legacyMaps } from './object-legacy.ts'
import { btfMaps } from './object-maps.ts'
import { typeSource } from './parse.ts'
import { programsOf, type ObjectProgram } from './programs.ts'
import { dataSectionsOf, placeVariables } from './sections.ts'

/** An object file, read. */
export interface ObjectFile {
  /** In the order of the file. */
  readonly programs: readonly ObjectProgram[]
  /** Those of `.maps`, those of legacy `maps` sections, and the data sections, in this order. */
  readonly maps: readonly ObjectMap[]
  /** Global variables, in the order of their sections. */
  readonly globals: readonly ObjectGlobal[]
  /** What the `license` section says. */
  readonly license: string | undefined
  /** The object's types; `undefined` when it was compiled without `-g`. */
  readonly btf: BtfTypes | undefined
  /** Stands for the names and layouts of programs, maps and globals: another one, other generated types. */
  readonly fingerprint: string
}

export interface ObjectMap {
  readonly name: string
  /** How it is declared: a struct in `.maps`, a `struct bpf_map_def`, or a section of global variables. */
  readonly kind: 'btf' | 'legacy' | 'data'
  /** `BPF_MAP_TYPE_…`, see {@link mapClassOf}. */
  readonly mapType: number
  /** In bytes. */
  readonly keySize: number
  /** In bytes; of one CPU. */
  readonly valueSize: number
  /** As declared: 0 is possible, and loaders round the size of ring buffers up. */
  readonly maxEntries: number
  /** `BPF_F_…`, as declared. */
  readonly mapFlags: number
  /** What the flags do not say, per kind. */
  readonly mapExtra: bigint
  /** Pinned by name (`LIBBPF_PIN_BY_NAME`). */
  readonly pinned: boolean
  readonly keyTypeId?: number
  readonly valueTypeId?: number
  /** What a map of maps holds. */
  readonly inner?: ObjectMap
}

export interface ObjectGlobal {
  readonly name: string
  /** `.bss`, `.data`, `.rodata`, `.data.x`: the name of its map. */
  readonly section: string
  /** In bytes. */
  readonly size: number
  /** From the beginning of the section, in bytes. */
  readonly offset: number
  /** Absent when the object has no type for it. */
  readonly typeId?: number
  /** It is in a `.rodata` section: its value can be set before the object is loaded only. */
  readonly readonly: boolean
}

/**
 * Reads an object file.
 *
 * @throws {EbpfError} `ERR_EBPF_PARSE` where the file cannot be read, with section and offset; `ERR_EBPF_BTF` where its types cannot.
 */
export function readObject(bytes: Uint8Array): ObjectFile {
  const opened = open(bytes)
  const { elf, btf } = opened
  const maps = [...btfMaps(opened), ...legacyMaps(opened), ...dataMaps(opened)]
  unique(maps)
  const file = { programs: programsOf(elf), maps, globals: globalsOf(opened), license: licenseOf(elf), btf }
  let fingerprint: string | undefined
  return {
    ...file,
    get fingerprint() {
      return (fingerprint ??= fingerprintOf(file))
    },
  }
}

/** An object on the way: what its parts are read from. */
export interface Opened {
  readonly elf: Elf
  readonly btf: BtfTypes | undefined
  /** The ids of the data sections that BTF describes, by name. */
  readonly dataSections: ReadonlyMap<string, number>
}

function open(bytes: Uint8Array): Opened {
  const elf = readElf(bytes)
  const section = elf.sections.find(({ name }) => name === '.BTF')
  if (section === undefined) return { elf, btf: undefined, dataSections: new Map() }
  // A copy, which stays: the rest of the file, debugging information above all, can go.
  const source = typeSource(new Uint8Array(section.data.bytes))
  if (source.littleEndian !== elf.littleEndian) {
    throw new EbpfError('ERR_EBPF_BTF', 'The BTF of the object has another byte order than the object.')
  }
  const placed = placeVariables(elf, source)
  return { elf, btf: new BtfTypes(placed), dataSections: dataSectionsOf(placed) }
}

function licenseOf({ sections }: Elf): string | undefined {
  const section: Section | undefined = sections.find(({ name }) => name === 'license')
  if (section === undefined || section.data.size === 0) return undefined
  return section.data.text(0)
}

function unique(maps: readonly ObjectMap[]): void {
  const names = new Set<string>()
  for (const { name } of maps) {
    if (names.has(name))
      throw new EbpfError('ERR_EBPF_PARSE', `The object has two maps called ${JSON.stringify(name)}.`)
    names.add(name)
  }
}
