// `Queue` and `Stack`: values in order, without keys.

import type { PathLike } from '../arguments.ts'
import { mapKind, type CreateOptions, type ValueShape, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { OrderedMap } from './ordered-map.ts'

/** Values that come out in the order in which they went in: aya's `Queue` (`BPF_MAP_TYPE_QUEUE`). */
export class Queue<V = unknown> extends OrderedMap<V> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'Queue', keySize: 0 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <V = unknown>(map: MapBase | null) => Queue<V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <V = unknown>(path: PathLike) => Queue<V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <V = unknown>(id: number) => Queue<V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <V = unknown>(fd: number) => Queue<V>
  /** {@link MapBase.create}. */
  declare static create: <V = Uint8Array>(options: CreateOptions<ValueShape, Queue<V>>) => Queue<V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <V = Uint8Array>(options: CreateOptions<ValueShape, Queue<V>>) => Promise<Queue<V>>
}

/** Values of which the last one comes out first: aya's `Stack` (`BPF_MAP_TYPE_STACK`). */
export class Stack<V = unknown> extends OrderedMap<V> {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'Stack', keySize: 0 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <V = unknown>(map: MapBase | null) => Stack<V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <V = unknown>(path: PathLike) => Stack<V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <V = unknown>(id: number) => Stack<V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <V = unknown>(fd: number) => Stack<V>
  /** {@link MapBase.create}. */
  declare static create: <V = Uint8Array>(options: CreateOptions<ValueShape, Stack<V>>) => Stack<V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <V = Uint8Array>(options: CreateOptions<ValueShape, Stack<V>>) => Promise<Stack<V>>
}
