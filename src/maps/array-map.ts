// `ArrayMap` and `PerCpuArray`: values under indexes, all of which are always there.

import type { PathLike } from '../arguments.ts'
import { mapKind, type CreateOptions, type ValueShape, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { IndexedMap } from './indexed-map.ts'

/**
 * Values under indexes from 0 on, zero to begin with: aya's `Array` (`BPF_MAP_TYPE_ARRAY`). Walks as arrays of JavaScript do:
 * `for … of` gives the values.
 *
 * @example
 * ```ts no-run
 * const counters = ArrayMap.tryFrom<bigint>(bpf.map('counters'))
 * counters.set(0, 0n)
 * const sum = [...counters].reduce((sum, value) => sum + value, 0n)
 * ```
 */
export class ArrayMap<V = unknown> extends IndexedMap<V> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'Array', keySize: 4 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <V = unknown>(map: MapBase | null) => ArrayMap<V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <V = unknown>(path: PathLike) => ArrayMap<V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <V = unknown>(id: number) => ArrayMap<V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <V = unknown>(fd: number) => ArrayMap<V>
  /** {@link MapBase.create}. */
  declare static create: <V = Uint8Array>(options: CreateOptions<ValueShape, ArrayMap<V>>) => ArrayMap<V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <V = Uint8Array>(options: CreateOptions<ValueShape, ArrayMap<V>>) => Promise<ArrayMap<V>>
}

/**
 * Values under indexes, one for each possible CPU: aya's `PerCpuArray` (`BPF_MAP_TYPE_PERCPU_ARRAY`). `get` returns an array
 * with one value for each possible CPU in order of their numbers; `set` takes as many.
 */
export class PerCpuArray<V = unknown> extends IndexedMap<V[], readonly V[]> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'PerCpuArray', keySize: 4 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <V = unknown>(map: MapBase | null) => PerCpuArray<V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <V = unknown>(path: PathLike) => PerCpuArray<V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <V = unknown>(id: number) => PerCpuArray<V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <V = unknown>(fd: number) => PerCpuArray<V>
  /** {@link MapBase.create}. */
  declare static create: <V = Uint8Array>(options: CreateOptions<ValueShape, PerCpuArray<V>>) => PerCpuArray<V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <V = Uint8Array>(
    options: CreateOptions<ValueShape, PerCpuArray<V>>,
  ) => Promise<PerCpuArray<V>>
}
