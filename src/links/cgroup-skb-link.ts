// `CgroupSkbLink` and its id: what holds a program attached to a cgroup.
/// <reference lib="esnext.disposable" preserve="true" />

import { inspect, type InspectOptions } from 'node:util'
import { illegalConstructor, invalidArgType } from '../arguments.ts'
import { native, type Binding } from '../native.ts'

/** What the kernel knows about a link of a cgroup: `struct bpf_link_info`. */
export interface CgroupLinkInfo {
  /** The link's id in the kernel, as `bpftool link show id` takes it. */
  readonly id: number
  /** The id of the attached program. */
  readonly programId: number
  /** The cgroup's id: the inode number of its directory; 0 when the cgroup has gone. */
  readonly cgroupId: bigint
  /** The direction. */
  readonly attachType: 'Ingress' | 'Egress'
}

/** The addon's id in ours; set by the class, which alone can look inside. @internal */
export let nativeLinkId: (id: CgroupSkbLinkId) => Binding.CgroupSkbLinkId

/**
 * Names a link that a program owns: aya's `CgroupSkbLinkId`. It can be used once, with the program that returned it.
 *
 * It is no number: it can never come to name another link.
 */
export class CgroupSkbLinkId {
  readonly #native: Binding.CgroupSkbLinkId

  /** @internal */
  constructor(id: Binding.CgroupSkbLinkId) {
    if (!(id instanceof native().CgroupSkbLinkId)) throw illegalConstructor('CgroupSkbLinkId', 'CgroupSkb.attach()')
    this.#native = id
  }

  static {
    nativeLinkId = (id) => {
      if (typeof id !== 'object' || id === null || !(#native in id)) {
        throw invalidArgType('linkId', 'an instance of CgroupSkbLinkId', id)
      }
      return id.#native
    }
  }
}

/**
 * A link that was taken from its program: aya's `CgroupSkbLink`.
 *
 * It holds the program attached, whatever becomes of program and object, until {@link detach} or the end of the process
 * or worker. It is not detached by the garbage collector.
 */
export class CgroupSkbLink {
  readonly #native: Binding.CgroupSkbLink

  /** @internal */
  constructor(link: Binding.CgroupSkbLink) {
    if (!(link instanceof native().CgroupSkbLink)) throw illegalConstructor('CgroupSkbLink', 'CgroupSkb.takeLink()')
    this.#native = link
  }

  /** How the program is attached. */
  get kind(): 'link' {
    return 'link'
  }

  /** Whether {@link detach} has been called. */
  get closed(): boolean {
    return this.#native.closed
  }

  /**
   * Detaches the program from the cgroup.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED` the second time.
   */
  detach(): void {
    this.#native.detach()
  }

  /**
   * The file descriptor. It belongs to the link: do not close it.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED` after `detach()`.
   */
  fd(): number {
    return this.#native.fd()
  }

  /**
   * What the kernel knows about the link. Requires Linux 5.8.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED` after `detach()`.
   */
  info(): CgroupLinkInfo {
    return this.#native.info()
  }

  /** {@link detach}, for `using`; twice does nothing. */
  [Symbol.dispose](): void {
    if (!this.closed) this.detach()
  }

  /** What `console.log` shows. @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const state = this.closed ? { state: 'detached' } : { state: 'attached', ...this.info() }
    return `CgroupSkbLink ${inspect(state, options)}`
  }
}
