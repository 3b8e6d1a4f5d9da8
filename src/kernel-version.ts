// The kernel's version, for information: what a kernel can do is found by trying.

import { checkInteger } from './arguments.ts'
import { native } from './native.ts'

/**
 * A kernel version: aya's `KernelVersion`.
 *
 * Do not infer features from it: distributions backport. Try, and look at `ERR_EBPF_UNSUPPORTED`.
 */
export class KernelVersion {
  /** The first number: 6 of 6.1.128. */
  readonly major: number
  /** The second number: 1 of 6.1.128. */
  readonly minor: number
  /** The third number: 128 of 6.1.128. */
  readonly patch: number

  /** @throws {RangeError} `ERR_OUT_OF_RANGE` for what is not a whole number from 0 to 65,535 (major and minor: 255). */
  constructor(major: number, minor: number, patch: number) {
    this.major = checkInteger('major', major, 0, 255)
    this.minor = checkInteger('minor', minor, 0, 255)
    this.patch = checkInteger('patch', patch, 0, 65_535)
  }

  /**
   * The running kernel's; Debian's and Ubuntu's own numbering is seen through.
   *
   * @throws {EbpfError} `ERR_EBPF_SYSCALL`, `ERR_EBPF_UNSUPPORTED_PLATFORM`.
   */
  static current(): KernelVersion {
    const [major = 0, minor = 0, patch = 0] = native().currentKernelVersion().text.split('.').map(Number)
    return new KernelVersion(major, minor, patch)
  }

  /** The number that `LINUX_VERSION_CODE` has for it; the patch counts up to 255. */
  code(): number {
    return (this.major << 16) + (this.minor << 8) + Math.min(this.patch, 255)
  }

  /** Negative, 0 or positive: how this version is ordered to another, for `sort`. */
  compare(other: KernelVersion): number {
    return this.major - other.major || this.minor - other.minor || this.patch - other.patch
  }

  /** As in `6.1.128`. */
  toString(): string {
    return `${this.major}.${this.minor}.${this.patch}`
  }
}
