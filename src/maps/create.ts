// Options of making a map: what each class leaves open, checked, then given to the addon.

import {
  checkBigInt,
  checkBoolean,
  checkInteger,
  checkName,
  checkObject,
  checkOptions,
  invalidArgValue,
} from '../arguments.ts'
import { mapClasses } from '../btf/map-classes.ts'
import { nearest } from '../nearest.ts'
import type { Binding } from '../native.ts'
import type { MapBase } from './map-base.ts'
import type { MapInfo } from './map-info.ts'
import { noTypes, type MapTypes } from './types.ts'

/** Options of `MapBase.create`. The classes of single types have those of them that they leave open. */
export interface MapOptions {
  /** The type, in aya's spelling: `Hash`, `LpmTrie`, `SockHash`, … Only where the class is for many types. */
  readonly mapType?: string | undefined
  /** The size of a key in bytes. */
  readonly keySize?: number | undefined
  /** The size of a value in bytes; of one CPU's value where the map is per CPU. */
  readonly valueSize?: number | undefined
  /** How many entries it has room for. */
  readonly maxEntries?: number | undefined
  /** `BPF_F_…`, added up: 8 for instance forbids user space to write (`BPF_F_RDONLY`). Default: 0. */
  readonly flags?: number | undefined
  /** The name, of which the kernel keeps 15 bytes: letters, digits, `_` and `.`. Default: none. */
  readonly name?: string | undefined
  /** What the flags do not say, per type (`map_extra`). Default: 0. Requires Linux 5.16. */
  readonly extra?: bigint | undefined
  /** Makes room by removing what was not used for long (`BPF_MAP_TYPE_LRU_HASH`). Default: `false`. */
  readonly lru?: boolean | undefined
  /** A map like those that a map of maps will hold. It is looked at, not kept. */
  readonly inner?: MapBase | undefined
  /** A map to take after: its type, sizes, flags and types of keys and values are used where nothing else is said. */
  readonly like?: MapBase | undefined
}

/** What can be said of every map. */
export interface CommonMapOptions {
  /** `BPF_F_…`, added up: 8 for instance forbids user space to write (`BPF_F_RDONLY`). Default: 0. */
  readonly flags?: number | undefined
  /** The name, of which the kernel keeps 15 bytes: letters, digits, `_` and `.`. Default: none. */
  readonly name?: string | undefined
}

/** Options of `create` of one class: `Shape`, or a map to take after. */
export type CreateOptions<Shape, Like extends MapBase> = CommonMapOptions &
  ((Shape & { readonly like?: undefined }) | (Partial<Shape> & { readonly like: Like }))

/** Maps with values of one size. */
export interface ValueShape {
  /** The size of a value in bytes; of one CPU's value where the map is per CPU. */
  readonly valueSize: number
  /** How many entries it has room for. */
  readonly maxEntries: number
}

/** Maps with keys. */
export interface EntryShape extends ValueShape {
  /** The size of a key in bytes. */
  readonly keySize: number
}

/** Hashes. */
export interface HashShape extends EntryShape {
  /** Makes room by removing what was not used for long (`BPF_MAP_TYPE_LRU_HASH`). Default: `false`. */
  readonly lru?: boolean | undefined
}

/** How the maps of one class are made. */
export interface MapKind {
  readonly mapType: string
  /** The type with `lru: true`. */
  readonly lruType?: string
  /** What cannot be chosen. */
  readonly keySize?: number
  readonly valueSize?: number
  readonly maxEntries?: number
  /** The size of a key where nobody says. */
  readonly usualKeySize?: number
  /** Flags that the type cannot do without. */
  readonly flags?: number
  /** Whether it holds maps. */
  readonly ofMaps?: boolean
  /** Whether `extra` means something. */
  readonly extra?: boolean
}

/** Where a class has its {@link MapKind}. @internal */
export const mapKind: unique symbol = Symbol('mapKind')

/** What the addon makes a map of, and the types that it will have. */
export interface Creation {
  readonly settings: Binding.MapSettings
  readonly types: MapTypes
}

/** `BPF_F_NUMA_NODE` means something only with the number of a node. */
const numaNode = 4

const unsigned32 = 2 ** 32 - 1

/** Checks the options of `create` of a class. `typesOf` knows the types of a map. */
export function creation(
  kind: MapKind | undefined,
  options: MapOptions,
  typesOf: (map: MapBase) => MapTypes,
): Creation {
  checkOptions('options', checkObject('options', options), optionsOf(kind))
  const { like, flags, name, extra, inner } = options
  const model = like?.info()
  const usual: Partial<MapInfo> = model ?? (kind?.usualKeySize === undefined ? {} : { keySize: kind.usualKeySize })
  const number = (option: 'keySize' | 'valueSize' | 'maxEntries'): number =>
    kind?.[option] ?? checkInteger(`options.${option}`, options[option] ?? usual[option], 0, unsigned32)
  const given = flags ?? (model?.mapFlags ?? 0) & ~numaNode
  return {
    types: like === undefined ? noTypes : typesOf(like),
    settings: {
      mapType: mapTypeOf(kind, options, model?.mapType),
      keySize: number('keySize'),
      valueSize: number('valueSize'),
      maxEntries: number('maxEntries'),
      mapFlags: (checkInteger('options.flags', given, 0, unsigned32) | (kind?.flags ?? 0)) >>> 0,
      mapExtra: checkBigInt('options.extra', extra ?? model?.mapExtra ?? 0n, 0n, 2n ** 64n - 1n),
      ...(inner !== undefined && { innerFd: inner.fd() }),
      ...(name !== undefined && { name: checkMapName(name) }),
    },
  }
}

/** The options that mean something for a kind. */
function optionsOf(kind: MapKind | undefined): readonly string[] {
  const open = ['keySize', 'valueSize', 'maxEntries'].filter((name) => kind?.[name as 'keySize'] === undefined)
  const rest = ['flags', 'name', 'like']
  if (kind === undefined) return ['mapType', ...open, 'extra', 'inner', ...rest]
  return [
    ...open,
    ...(kind.lruType === undefined ? [] : ['lru']),
    ...(kind.ofMaps ? ['inner'] : []),
    ...(kind.extra ? ['extra'] : []),
    ...rest,
  ]
}

function mapTypeOf(kind: MapKind | undefined, options: MapOptions, like: string | undefined): string {
  if (kind === undefined) return checkMapType(options.mapType ?? like)
  if (kind.lruType === undefined) return kind.mapType
  const lru = options.lru === undefined ? like === kind.lruType : checkBoolean('options.lru', options.lru)
  return lru ? kind.lruType : kind.mapType
}

function checkMapType(value: unknown): string {
  const mapType = checkName('options.mapType', value)
  const known = mapClasses.filter(({ number }) => number > 0).map((one) => one.mapType)
  if (known.includes(mapType)) return mapType
  const such = nearest(mapType, known) ?? 'LpmTrie'
  throw invalidArgValue('options.mapType', `must be a type of map in aya's spelling, as "${such}" is`, mapType)
}

/** The characters that the kernel allows (`bpf_obj_name_cpy` of kernel/bpf/syscall.c). */
function checkMapName(value: unknown): string {
  const name = checkName('options.name', value)
  if (!/^[\w.]*$/.test(name)) throw invalidArgValue('options.name', "must be of letters, digits, '_' and '.'", name)
  return name
}
