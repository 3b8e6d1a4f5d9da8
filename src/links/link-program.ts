// The arguments of `update`, which all links share.

import { checkObject, checkOptions, notInstance } from '../arguments.ts'
import type { Binding } from '../native.ts'
import type { CgroupSkb } from '../programs/cgroup-skb.ts'

/** Where a program keeps what the addon knows it by. @internal */
export const nativeProgram: unique symbol = Symbol('native')

/** Under which condition a program is replaced. */
export interface UpdateOptions {
  /** Only if this is the attached program still, else `ERR_EBPF_CONFLICT`. Default: whichever is attached. */
  readonly expected?: CgroupSkb | undefined
}

/** The arguments of `update` as the addon takes them. @internal */
export function toNativeUpdate(
  program: unknown,
  options: unknown,
): [program: Binding.CgroupSkb, expected: Binding.CgroupSkb | undefined] {
  const { expected } = checkObject('options', options) as { expected?: unknown }
  checkOptions('options', options as object, ['expected'])
  return [nativeOf('program', program), expected === undefined ? undefined : nativeOf('options.expected', expected)]
}

function nativeOf(name: string, program: unknown): Binding.CgroupSkb {
  if (typeof program !== 'object' || program === null || !(nativeProgram in program)) {
    throw notInstance(name, 'CgroupSkb', program)
  }
  return program[nativeProgram] as Binding.CgroupSkb
}
