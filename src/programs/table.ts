// The table of program classes: one row per kind that has one.

import { CgroupSkb } from './cgroup-skb.ts'
import { Program, type ProgramHandle } from './program.ts'

/** The kind, as aya names it, and its class. Kinds that are not here come as `Program`. */
const programClasses: Readonly<Record<string, new (handle: ProgramHandle) => Program>> = {
  CgroupSkb,
}

/** The program in the class of its kind. */
export function wrapProgram(handle: ProgramHandle): Program {
  const { kind } = handle.native
  const programClass = Object.hasOwn(programClasses, kind) ? programClasses[kind] : undefined
  return new (programClass ?? Program)(handle)
}
