// `BloomFilter`: values of which it is known whether they may have been added.

import type { PathLike } from '../arguments.ts'
import { mapKind, type CreateOptions, type ValueShape, type MapKind } from './create.ts'
import { MapBase } from './map-base.ts'
import { elementCodecs } from './codecs.ts'
import { placeValue, type ElementAccess } from './place.ts'

/** Bloom filters. */
export interface BloomFilterShape extends ValueShape {
  /** How many hash functions, 1 to 15, as the lowest bits. Default: 5 (the kernel's). */
  readonly extra?: bigint | undefined
}

/**
 * A set that says "perhaps" or "no": aya's `BloomFilter` (`BPF_MAP_TYPE_BLOOM_FILTER`). Requires Linux 5.16. Values can neither be
 * removed nor listed.
 */
export class BloomFilter<V = unknown> extends MapBase {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'BloomFilter', keySize: 0, extra: true }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: <V = unknown>(map: MapBase | null) => BloomFilter<V>
  /** {@link MapBase.fromPin}. */
  declare static fromPin: <V = unknown>(path: PathLike) => BloomFilter<V>
  /** {@link MapBase.fromId}. */
  declare static fromId: <V = unknown>(id: number) => BloomFilter<V>
  /** {@link MapBase.fromFd}. */
  declare static fromFd: <V = unknown>(fd: number) => BloomFilter<V>
  /** {@link MapBase.create}. */
  declare static create: <V = Uint8Array>(options: CreateOptions<BloomFilterShape, BloomFilter<V>>) => BloomFilter<V>
  /** {@link MapBase.createAsync}. */
  declare static createAsync: <V = Uint8Array>(
    options: CreateOptions<BloomFilterShape, BloomFilter<V>>,
  ) => Promise<BloomFilter<V>>

  #access: ElementAccess<undefined, V> | undefined

  /**
   * Adds a value.
   *
   * @throws {TypeError} and {RangeError} for a value that does not fit.
   * @throws {EbpfError} `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  add(value: V): this {
    const { elements } = this.raw
    this.#encode(value)
    elements.update()
    return this
  }

  /**
   * `false` when the value was never added; `true` when it was, or, seldom, when others were that look like it.
   *
   * @throws As {@link add}.
   */
  has(value: V): boolean {
    this.#encode(value)
    return this.raw.elements.lookup()
  }

  #encode(value: V): void {
    this.#access ??= { ...elementCodecs<undefined, V>(this.raw, this.types), elements: this.raw.elements }
    placeValue(this.#access, value)
  }
}
