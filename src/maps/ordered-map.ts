// `OrderedMap`: what queues and stacks have in common.

import { checkBoolean, checkObject, checkOptions } from '../arguments.ts'
import { elementCodecs } from './codecs.ts'
import { MapBase } from './map-base.ts'
import { placeValue, type ElementAccess } from './place.ts'
import { elementFlags } from './raw/elements.ts'

/** How a value is pushed. */
export interface PushOptions {
  /** Drops the oldest value when there is no room (`BPF_EXIST`), instead of failing with `E2BIG`. Default: `false`. */
  readonly overwrite?: boolean | undefined
}

/** Maps without keys. */
export abstract class OrderedMap<V> extends MapBase {
  #access: ElementAccess<undefined, V> | undefined

  /** How many values it has room for. */
  get capacity(): number {
    return this.raw.maxEntries
  }

  /**
   * Adds a value.
   *
   * @throws {TypeError} and {RangeError} for a value that does not fit.
   * @throws {EbpfError} `ERR_EBPF_MAP`: `errnoName` is `E2BIG` when there is no room; `ERR_EBPF_CLOSED`.
   */
  push(value: V, options?: PushOptions): this {
    const access = this.#values()
    const flags = options === undefined ? 0 : pushFlags(options)
    placeValue(access, value)
    access.elements.update(flags)
    return this
  }

  /**
   * Takes the next value out; `undefined` when there is none.
   *
   * @throws {EbpfError} `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  pop(): V | undefined {
    const { elements, value } = this.#values()
    return elements.lookupAndDelete() ? value.decode(elements.value, 0) : undefined
  }

  /**
   * The next value, which stays; `undefined` when there is none.
   *
   * @throws As {@link pop}.
   */
  peek(): V | undefined {
    const { elements, value } = this.#values()
    return elements.lookup() ? value.decode(elements.value, 0) : undefined
  }

  /**
   * Takes the values out until there is none: what a loop that is left has not seen stays.
   *
   * @throws As {@link pop}.
   */
  *drain(): Generator<V, void, undefined> {
    const { elements, value } = this.#values()
    while (elements.lookupAndDelete()) yield value.decode(elements.value, 0)
  }

  #values(): ElementAccess<undefined, V> {
    this.#access ??= { ...elementCodecs<undefined, V>(this.raw, this.types), elements: this.raw.elements }
    return this.#access
  }
}

function pushFlags(options: PushOptions): number {
  checkOptions('options', checkObject('options', options), ['overwrite'])
  const { overwrite } = options
  return overwrite !== undefined && checkBoolean('options.overwrite', overwrite) ? elementFlags.exist : 0
}
