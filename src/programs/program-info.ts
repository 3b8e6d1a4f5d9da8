// What the kernel knows about a loaded program.

import type { Binding } from '../native.ts'

/** What the kernel knows about a loaded program: aya's `ProgramInfo`, `struct bpf_prog_info`. */
export interface ProgramInfo {
  /** The kernel's type, in aya's spelling: `CgroupSkb`, `Xdp`, … */
  readonly programType: string
  /** The program's id in the kernel, as `bpftool prog show id` takes it. */
  readonly id: number
  /** The hash over the instructions, 16 hexadecimal digits as bpftool prints them. */
  readonly tag: string
  /** The name, which the kernel cuts to 15 bytes. */
  readonly name: string
  /** The size of the machine code in bytes; 0 when the program is interpreted. */
  readonly sizeJitted: number
  /** The size of the verified instructions in bytes; `null` when the kernel hides them. */
  readonly sizeTranslated: number | null
  /** When the program was loaded. */
  readonly loadedAt: Date
  /** The user id of who loaded it. */
  readonly createdByUid: number
  /** The ids of the maps that it uses. */
  readonly mapIds: readonly number[]
  /** Whether its licence is compatible with the GPL. */
  readonly gplCompatible: boolean
  /** The id of its BTF; `null` without. */
  readonly btfId: number | null
  /** Nanoseconds spent in the program, counted while statistics are on. */
  readonly runTimeNs: bigint
  /** How often it ran, counted while statistics are on. */
  readonly runCount: bigint
  /** How many instructions the verifier looked at; `null` on kernels that do not say (before 5.16). */
  readonly verifiedInstructionCount: number | null
}

/** The addon's answer in our terms. @internal */
export function toProgramInfo(native: Binding.ProgramInfo): ProgramInfo {
  const { loadedAtMs, sizeTranslated, btfId, verifiedInstructionCount, ...info } = native
  return {
    ...info,
    loadedAt: new Date(loadedAtMs),
    sizeTranslated: sizeTranslated ?? null,
    btfId: btfId ?? null,
    verifiedInstructionCount: verifiedInstructionCount ?? null,
  }
}
