// `ProgramArray`: programs that others go on with (tail calls).

import { notInstance, type PathLike } from '../arguments.ts'
import { Program } from '../programs/program.ts'
import { indexCodec } from './codecs.ts'
import { mapKind, type CreateOptions, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { SlotArray, type SlotShape } from './slot-array.ts'

/**
 * Slots with programs, for tail calls: aya's `ProgramArray` (`BPF_MAP_TYPE_PROG_ARRAY`). The kernel empties it when the last
 * descriptor and pin of it are gone, though programs still use it: keep it open, or pin it. Nothing should open it by its id
 * while that goes on, which `loadedMaps()` and `bpftool map show` do as well: Linux 6.18 then keeps it, empty, for ever.
 */
export class ProgramArray extends SlotArray {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'ProgramArray', keySize: 4, valueSize: 4 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: (map: MapBase | null) => ProgramArray
  /** {@link MapBase.fromPin}. */
  declare static fromPin: (path: PathLike) => ProgramArray
  /** {@link MapBase.fromId}. */
  declare static fromId: (id: number) => ProgramArray
  /** {@link MapBase.fromFd}. */
  declare static fromFd: (fd: number) => ProgramArray
  /** {@link MapBase.create}. */
  declare static create: (options: CreateOptions<SlotShape, ProgramArray>) => ProgramArray
  /** {@link MapBase.createAsync}. */
  declare static createAsync: (options: CreateOptions<SlotShape, ProgramArray>) => Promise<ProgramArray>

  /**
   * Puts a loaded program into a slot, which holds it loaded.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for an index behind the end; {TypeError} for what is no program.
   * @throws {EbpfError} `ERR_EBPF_MAP`: `errnoName` is `EINVAL` when the program is of another kind than those that use the array;
   *   `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_CLOSED`.
   */
  set(index: number, program: Program): this {
    if (!((program as unknown) instanceof Program)) throw notInstance('program', 'Program', program)
    return this.fill(index, program.fd())
  }

  /**
   * The id of the program in a slot, see `loadedPrograms()`; `undefined` when it is empty, and behind the end.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for what is no index: negative, broken, 2^32 or more.
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  programId(index: number): number | undefined {
    const { elements } = this.raw
    indexCodec.encode(index, elements.key, 0, 'index')
    return elements.lookup() ? indexCodec.decode(elements.value, 0) : undefined
  }

  /**
   * Whether there is a program in the slot.
   *
   * @throws As {@link programId}.
   */
  has(index: number): boolean {
    return this.programId(index) !== undefined
  }

  /** The indexes of the slots with a program: aya's `indices`. */
  *keys(): Generator<number, void, undefined> {
    for (let index = 0; index < this.length; index++) if (this.has(index)) yield index
  }
}
