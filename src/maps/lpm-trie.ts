// `LpmTrie`: entries under prefixes, such as networks.

import type { PathLike } from '../arguments.ts'
import { mapKind, type CreateOptions, type EntryShape, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { KeyedMap } from './keyed-map.ts'

/** A trie cannot have its memory in advance: the kernel insists on `BPF_F_NO_PREALLOC`. */
const noPrealloc = 1

/**
 * Entries under prefixes: aya's `LpmTrie` (`BPF_MAP_TYPE_LPM_TRIE`). A key begins with the length of its prefix in bits, 32 bits
 * in this machine's byte order; the bits of the prefix follow, most significant first.
 *
 * `get` and `has` find the longest prefix that the key matches; `set` and `delete` mean exactly the key.
 */
export class LpmTrie<K = unknown, V = unknown> extends KeyedMap<K, V> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'LpmTrie', flags: noPrealloc }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <K = unknown, V = unknown>(map: MapBase | null) => LpmTrie<K, V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <K = unknown, V = unknown>(path: PathLike) => LpmTrie<K, V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <K = unknown, V = unknown>(id: number) => LpmTrie<K, V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <K = unknown, V = unknown>(fd: number) => LpmTrie<K, V>
  /** {@link MapBase.create}. */
  declare static create: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<EntryShape, LpmTrie<K, V>>,
  ) => LpmTrie<K, V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<EntryShape, LpmTrie<K, V>>,
  ) => Promise<LpmTrie<K, V>>
}
