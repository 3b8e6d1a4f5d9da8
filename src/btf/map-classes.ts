// The kinds of maps of linux/bpf.h: what aya calls them, and the class that each has here. The only such table.

/** One kind of map. */
export interface MapClass {
  /** `BPF_MAP_TYPE_…`. */
  readonly number: number
  /** The name in aya's `MapType`, as `MapInfo.mapType` has it. */
  readonly mapType: string
  /** The class; `BytesMap` for kinds that have none of their own. */
  readonly className: string
  /** What the class is generic in: `K` the key, `V` the value, `M` the class of the inner maps. */
  readonly generics: readonly ('K' | 'V' | 'M')[]
  /** One value for each CPU. */
  readonly perCpu: boolean
}

const rows: readonly [number: number, mapType: string, className?: string, ...generics: MapClass['generics']][] = [
  [0, 'Unspecified'],
  [1, 'Hash', 'HashMap', 'K', 'V'],
  [2, 'Array', 'ArrayMap', 'V'],
  [3, 'ProgramArray', 'ProgramArray'],
  [4, 'PerfEventArray', 'PerfEventArray', 'V'],
  [5, 'PerCpuHash', 'PerCpuHashMap', 'K', 'V'],
  [6, 'PerCpuArray', 'PerCpuArray', 'V'],
  [7, 'StackTrace'],
  [8, 'CgroupArray', 'CgroupArray'],
  [9, 'LruHash', 'HashMap', 'K', 'V'],
  [10, 'LruPerCpuHash', 'PerCpuHashMap', 'K', 'V'],
  [11, 'LpmTrie', 'LpmTrie', 'K', 'V'],
  [12, 'ArrayOfMaps', 'ArrayOfMaps', 'M'],
  [13, 'HashOfMaps', 'HashOfMaps', 'K', 'M'],
  [14, 'DevMap'],
  [15, 'SockMap'],
  [16, 'CpuMap'],
  [17, 'XskMap'],
  [18, 'SockHash'],
  [19, 'CgroupStorage', 'CgroupStorage', 'K', 'V'],
  [20, 'ReuseportSockArray'],
  [21, 'PerCpuCgroupStorage', 'PerCpuCgroupStorage', 'K', 'V'],
  [22, 'Queue', 'Queue', 'V'],
  [23, 'Stack', 'Stack', 'V'],
  [24, 'SkStorage'],
  [25, 'DevMapHash'],
  [26, 'StructOps'],
  [27, 'RingBuf', 'RingBuf', 'V'],
  [28, 'InodeStorage'],
  [29, 'TaskStorage'],
  [30, 'BloomFilter', 'BloomFilter', 'V'],
  [31, 'UserRingBuf'],
  [32, 'CgrpStorage'],
  [33, 'Arena'],
  [34, 'InsnArray'],
]

/** By number. */
export const mapClasses: readonly MapClass[] = rows.map(([number, mapType, className = 'BytesMap', ...generics]) => {
  const perCpu = /PerCpu/.test(mapType)
  return { number, mapType, className, generics, perCpu }
})

/** That of a number; where this table is older than the kernel, what every map can do. */
export function mapClassOf(number: number): MapClass {
  return (
    mapClasses[number] ?? { number, mapType: `Unknown(${number})`, className: 'BytesMap', generics: [], perCpu: false }
  )
}
