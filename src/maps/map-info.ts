// What the kernel tells about a map.

/** What the kernel knows about a map: aya's `MapInfo`, `struct bpf_map_info`. */
export interface MapInfo {
  /** The type, in aya's spelling: `Hash`, `Array`, `PerCpuArray`, `RingBuf`, … */
  readonly mapType: string
  /** The map's id in the kernel, as `bpftool map show id` takes it. */
  readonly id: number
  /** The name, which the kernel cuts to 15 bytes. */
  readonly name: string
  /** The size of a key in bytes. */
  readonly keySize: number
  /** The size of a value in bytes; of one CPU's value where the map is per CPU. */
  readonly valueSize: number
  /** How many entries fit; for a ring buffer its size in bytes. */
  readonly maxEntries: number
  /** The flags it was created with (`BPF_F_…`). */
  readonly mapFlags: number
  /** What the flags do not say, per type. */
  readonly mapExtra: bigint
  /** The id of the BTF that it was made with, as `bpftool btf show id` takes it; 0 when it has none. */
  readonly btfId: number
  /** The id of the key's type in that BTF; 0 when it has none. */
  readonly btfKeyTypeId: number
  /** The id of the value's type in that BTF; 0 when it has none. */
  readonly btfValueTypeId: number
  /** Whether user space may change it no more, see `MapBase.freeze`. */
  readonly frozen: boolean
}
