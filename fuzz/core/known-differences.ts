// What ayajs does otherwise than libbpf, and means to.
import { shortName, type Canonical, type Difference } from './canonical.ts'
import type { MapDefinition } from './record.ts'

export interface Known<T extends readonly unknown[]> {
  readonly reason: string
  readonly isIt: (...what: T) => boolean
}

/** Of an instruction; and of the one that differs before it. */
export const knownInstructions: readonly Known<[Difference, Difference | undefined]>[] = [
  {
    reason:
      'libbpf answers -64 to who asks for the shifts of a field that has 128 bits in the kernel; ayajs has no answer',
    isIt: ({ libbpf, ours }) => libbpf?.[4] === -64 && ours?.[4] === 'spoiled',
  },
  {
    reason: 'options of the kernel are constants in .rodata.kconfig, and not in .kconfig',
    isIt: isKconfig,
  },
  {
    reason: 'the kernel does not look at the attach type of a program for sockets of a map while it loads it',
    isIt: ({ at, libbpf, ours }) =>
      at === 0 && ours?.join(' ') === head(skSkb, 0) && [4, 5].some((type) => libbpf?.join(' ') === head(skSkb, type)),
  },
  {
    reason: 'they lie there in another order',
    isIt: ({ at }, before) => before?.at === at - 1 && isKconfig(before),
  },
]

/** Of a map, by what libbpf has made and what ayajs has. */
export const knownMaps: readonly Known<[MapDefinition, MapDefinition]>[] = [
  {
    reason:
      'a perf event array has no more entries than there are CPUs, and its keys and values have 4 bytes, or no kernel takes it',
    isIt: (libbpf, ours) =>
      ours.type === perfEventArray &&
      ours.maxEntries <= libbpf.maxEntries &&
      ours.keySize === 4 &&
      ours.valueSize === 4,
  },
  {
    reason: 'values of maps of devices and CPUs have 8 bytes, of which a program is in the second half',
    isIt: (libbpf, ours) =>
      redirecting.includes(ours.type) &&
      sameBut(libbpf, ours, 'valueSize') &&
      libbpf.valueSize === 4 &&
      ours.valueSize === 8,
  },
  {
    reason:
      'a ring buffer has neither keys nor values, or no kernel takes it; libbpf passes on that the object says of its records',
    isIt: (libbpf, ours) =>
      ringBuffers.includes(ours.type) && sameBut(libbpf, ours, 'valueSize') && ours.valueSize === 0,
  },
  {
    reason: 'options of the kernel lie in .rodata.kconfig, in another order; as many bytes as they need',
    isIt: (libbpf, ours) => shortName(libbpf.map) === '.kconfig' && shortName(ours.map) === '.rodata.kconfig',
  },
]

/** The numbers of `enum bpf_map_type`. */
const perfEventArray = 4
const [deviceMap, cpuMap, deviceHash] = [14, 16, 25] as const
const redirecting: readonly number[] = [deviceMap, cpuMap, deviceHash]
const ringBuffers: readonly number[] = [27, 31]

function sameBut(one: MapDefinition, other: MapDefinition, name: keyof MapDefinition): boolean {
  const rest = ['type', 'keySize', 'valueSize', 'maxEntries', 'flags', 'extra'] as const
  return rest.every((part) => part === name || one[part] === other[part])
}

/** `BPF_PROG_TYPE_SK_SKB`. */
const skSkb = 14

/** The line before the instructions. */
function head(type: number, attachType: number): string {
  return `type ${type} attach type ${attachType} flags 0`
}

function isKconfig({ libbpf, ours }: Difference): boolean {
  return mapOf(libbpf) === '.kconfig' && mapOf(ours) === '.rodata.kconfig'
}

function mapOf(instruction: Canonical | undefined): string {
  return String(instruction?.[4])
}
