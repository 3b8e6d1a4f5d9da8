// `SlotArray`: arrays whose slots hold something else of the kernel, named by a descriptor.

import { checkBelow, indexCodec, indexPath } from './codecs.ts'
import { MapBase } from './map-base.ts'

/** Arrays of slots. */
export interface SlotShape {
  /** How many slots it has. */
  readonly maxEntries: number
}

/** What arrays of programs and of cgroups have in common. */
export abstract class SlotArray extends MapBase {
  /** How many slots it has. */
  get length(): number {
    return this.raw.maxEntries
  }

  /**
   * Empties the slot; whether there was something in it.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for an index behind the end.
   * @throws {EbpfError} `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  delete(index: number): boolean {
    this.slot(index)
    return this.raw.elements.delete()
  }

  /** Puts what a descriptor is open at into a slot. @internal */
  protected fill(index: number, fd: number): this {
    this.slot(index)
    const { elements } = this.raw
    indexCodec.encode(fd, elements.value, 0, 'fd')
    elements.update()
    return this
  }

  /** Makes `index` the key of the next call. @internal */
  protected slot(index: number): void {
    const path = indexPath(this.raw)
    checkBelow(path, index, this.length)
    indexCodec.encode(index, this.raw.elements.key, 0, path)
  }
}
