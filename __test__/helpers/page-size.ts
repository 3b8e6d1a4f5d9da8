// The size of a page of memory, which is what ring buffers consist of: 4 KiB on x86_64, also 16 or 64 KiB on arm64.
import { readFileSync } from 'node:fs'

/** The key of the size in the auxiliary vector that the kernel gives each process (getauxval(3)). */
const AT_PAGESZ = 6n

export const pageSize: number = fromVector(readFileSync('/proc/self/auxv'))

function fromVector(bytes: Buffer): number {
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    if (bytes.readBigUInt64LE(at) === AT_PAGESZ) return Number(bytes.readBigUInt64LE(at + 8))
  }
  throw new Error('the kernel does not tell the size of a page')
}
