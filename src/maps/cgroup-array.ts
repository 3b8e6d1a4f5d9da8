// `CgroupArray`: cgroups that programs compare with.

import type { PathLike } from '../arguments.ts'
import { withCgroup, type Cgroup } from '../links/cgroup.ts'
import { mapKind, type CreateOptions, type MapKind } from './create.ts'
import type { MapBase } from './map-base.ts'
import { SlotArray, type SlotShape } from './slot-array.ts'

/**
 * Slots with cgroups, for `bpf_skb_under_cgroup` and `bpf_current_task_under_cgroup`: aya's `CgroupArray`
 * (`BPF_MAP_TYPE_CGROUP_ARRAY`). The kernel does not tell what is in a slot.
 */
export class CgroupArray extends SlotArray {
  /** @internal */
  static override readonly [mapKind]: MapKind = { mapType: 'CgroupArray', keySize: 4, valueSize: 4 }

  /** {@link MapBase.tryFrom}. */
  declare static tryFrom: (map: MapBase | null) => CgroupArray
  /** {@link MapBase.fromPin}. */
  declare static fromPin: (path: PathLike) => CgroupArray
  /** {@link MapBase.fromId}. */
  declare static fromId: (id: number) => CgroupArray
  /** {@link MapBase.fromFd}. */
  declare static fromFd: (fd: number) => CgroupArray
  /** {@link MapBase.create}. */
  declare static create: (options: CreateOptions<SlotShape, CgroupArray>) => CgroupArray
  /** {@link MapBase.createAsync}. */
  declare static createAsync: (options: CreateOptions<SlotShape, CgroupArray>) => Promise<CgroupArray>

  /**
   * Puts a cgroup into a slot, which holds it: a removed cgroup stays in memory until it is out of there.
   *
   * @param cgroup The directory of a cgroup v2, or an open descriptor of it.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for an index behind the end; {TypeError} for what is no cgroup.
   * @throws {EbpfError} `ERR_EBPF_NOT_CGROUP`, `ERR_EBPF_FILE`, `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
   */
  set(index: number, cgroup: Cgroup): this {
    return withCgroup(cgroup, (fd) => this.fill(index, fd))
  }
}
