// `HashMap` and `PerCpuHashMap`: entries under keys of any kind, one value each or one for each CPU.

import type { PathLike } from '../arguments.ts'
import { mapKind, type CreateOptions, type HashShape, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { KeyedMap } from './keyed-map.ts'
import { getFlags, type GetOptions } from './options.ts'
import { placeKey } from './place.ts'

/**
 * Entries under keys: aya's `HashMap` (`BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_LRU_HASH`). Without types of its own, keys and values
 * are `Uint8Array`.
 *
 * @example
 * ```ts no-run
 * const flows = HashMap.tryFrom<FlowKey, Flow>(bpf.map('flows'))
 * flows.set({ daddr: 0x0a000001, dport: 443 }, { packets: 0n, bytes: 0n }, { noExist: true })
 * for (const [key, flow] of flows) console.log(key, flow)
 * ```
 */
export class HashMap<K = unknown, V = unknown> extends KeyedMap<K, V> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'Hash', lruType: 'LruHash' }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <K = unknown, V = unknown>(map: MapBase | null) => HashMap<K, V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <K = unknown, V = unknown>(path: PathLike) => HashMap<K, V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <K = unknown, V = unknown>(id: number) => HashMap<K, V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <K = unknown, V = unknown>(fd: number) => HashMap<K, V>
  /** {@link MapBase.create}. */
  declare static create: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<HashShape, HashMap<K, V>>,
  ) => HashMap<K, V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<HashShape, HashMap<K, V>>,
  ) => Promise<HashMap<K, V>>

  /**
   * Deletes the entry of `key` and returns its value, in one step; `undefined` when there was none. Requires Linux 5.14.
   *
   * @throws As {@link delete}; `ERR_EBPF_UNSUPPORTED` where the kernel cannot do it with hashes.
   */
  lookupAndDelete(key: K, options?: GetOptions): V | undefined {
    const access = this.access()
    const flags = options === undefined ? 0 : getFlags(options)
    placeKey(access, key)
    return access.elements.lookupAndDelete(flags) ? access.value.decode(access.elements.value, 0) : undefined
  }
}

/**
 * Entries under keys, with a value for each possible CPU: aya's `PerCpuHashMap` (`BPF_MAP_TYPE_PERCPU_HASH`,
 * `BPF_MAP_TYPE_LRU_PERCPU_HASH`). `get` returns an array, with one value for each possible CPU in order of their numbers; `set`
 * takes as many.
 */
export class PerCpuHashMap<K = unknown, V = unknown> extends KeyedMap<K, V[], readonly V[]> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'PerCpuHash', lruType: 'LruPerCpuHash' }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <K = unknown, V = unknown>(map: MapBase | null) => PerCpuHashMap<K, V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <K = unknown, V = unknown>(path: PathLike) => PerCpuHashMap<K, V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <K = unknown, V = unknown>(id: number) => PerCpuHashMap<K, V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <K = unknown, V = unknown>(fd: number) => PerCpuHashMap<K, V>
  /** {@link MapBase.create}. */
  declare static create: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<HashShape, PerCpuHashMap<K, V>>,
  ) => PerCpuHashMap<K, V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<HashShape, PerCpuHashMap<K, V>>,
  ) => Promise<PerCpuHashMap<K, V>>

  /** {@link HashMap.lookupAndDelete}, with the values of all CPUs. Requires Linux 5.14. */
  lookupAndDelete(key: K, options?: GetOptions): V[] | undefined {
    const access = this.access()
    const flags = options === undefined ? 0 : getFlags(options)
    placeKey(access, key)
    return access.elements.lookupAndDelete(flags) ? access.value.decode(access.elements.value, 0) : undefined
  }
}
