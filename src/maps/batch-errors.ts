// What the errors of batches mean for a walk.

import { EbpfError } from '../errors.ts'

/** Whether the kernel has no such batches for this type of map. */
export function lacksBatches(error: unknown): boolean {
  return EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_UNSUPPORTED'
}
