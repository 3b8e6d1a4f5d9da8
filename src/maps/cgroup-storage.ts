// `CgroupStorage` and `PerCpuCgroupStorage`: values that the kernel keeps for each cgroup that a program is attached to.

import type { PathLike } from '../arguments.ts'
import { mapKind, type CreateOptions, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { ElementMap } from './element-map.ts'

/** Storages of cgroups. Their keys have 16 bytes, a cgroup and an attach type; or 8, the cgroup alone. */
export interface CgroupStorageShape {
  /** The size of a key: 16, or 8 (Linux 5.9). Default: 16. */
  readonly keySize?: number | undefined
  /** The size of a value in bytes; of one CPU's value where the map is per CPU. */
  readonly valueSize: number
}

/**
 * A value for each cgroup that a program is attached to: aya's `CgroupStorage` (`BPF_MAP_TYPE_CGROUP_STORAGE`). The key is
 * `struct bpf_cgroup_storage_key`, or the id of the cgroup alone. The kernel makes entries when a program is attached, and
 * deletes them; `set` changes one that is there.
 */
export class CgroupStorage<K = unknown, V = unknown> extends ElementMap<K, V> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'CgroupStorage', maxEntries: 0, usualKeySize: 16 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <K = unknown, V = unknown>(map: MapBase | null) => CgroupStorage<K, V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <K = unknown, V = unknown>(path: PathLike) => CgroupStorage<K, V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <K = unknown, V = unknown>(id: number) => CgroupStorage<K, V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <K = unknown, V = unknown>(fd: number) => CgroupStorage<K, V>
  /** {@link MapBase.create}. */
  declare static create: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<CgroupStorageShape, CgroupStorage<K, V>>,
  ) => CgroupStorage<K, V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<CgroupStorageShape, CgroupStorage<K, V>>,
  ) => Promise<CgroupStorage<K, V>>;

  /** {@link entries}. */
  [Symbol.iterator](): Generator<[key: K, value: V], void, undefined> {
    return this.entries()
  }
}

/** {@link CgroupStorage} with a value for each possible CPU: aya's `PerCpuCgroupStorage`. */
export class PerCpuCgroupStorage<K = unknown, V = unknown> extends ElementMap<K, V[], readonly V[]> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'PerCpuCgroupStorage', maxEntries: 0, usualKeySize: 16 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <K = unknown, V = unknown>(map: MapBase | null) => PerCpuCgroupStorage<K, V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <K = unknown, V = unknown>(path: PathLike) => PerCpuCgroupStorage<K, V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <K = unknown, V = unknown>(id: number) => PerCpuCgroupStorage<K, V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <K = unknown, V = unknown>(fd: number) => PerCpuCgroupStorage<K, V>
  /** {@link MapBase.create}. */
  declare static create: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<CgroupStorageShape, PerCpuCgroupStorage<K, V>>,
  ) => PerCpuCgroupStorage<K, V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <K = Uint8Array, V = Uint8Array>(
    options: CreateOptions<CgroupStorageShape, PerCpuCgroupStorage<K, V>>,
  ) => Promise<PerCpuCgroupStorage<K, V>>;

  /** {@link entries}. */
  [Symbol.iterator](): Generator<[key: K, value: V[]], void, undefined> {
    return this.entries()
  }
}
