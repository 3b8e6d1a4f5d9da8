// `CgroupSkbLink` and its id: what holds a program attached to a cgroup.
/// <reference lib="esnext.disposable" preserve="true" />

import { inspect, type InspectOptions } from 'node:util'
import { illegalConstructor, invalidArgType } from '../arguments.ts'
import { native, type Binding } from '../native.ts'
import type { CgroupSkb } from '../programs/cgroup-skb.ts'
import { FdLink } from './fd-link.ts'
import type { CgroupLinkInfo } from './link-info.ts'
import { toNativeUpdate, type UpdateOptions } from './link-program.ts'

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
 * An attachment that was taken from its program: aya's `CgroupSkbLink`.
 *
 * It holds the program attached, whatever becomes of program and object, until {@link detach} or the end of the process
 * or worker. It is not detached by the garbage collector.
 */
export class CgroupSkbLink {
  readonly #native: Binding.CgroupSkbLink
  /** How the program is attached: by a `bpf_link`, or by `BPF_PROG_ATTACH`. */
  readonly kind: 'link' | 'program'

  /** @internal */
  constructor(link: Binding.CgroupSkbLink) {
    if (!(link instanceof native().CgroupSkbLink)) throw illegalConstructor('CgroupSkbLink', 'CgroupSkb.takeLink()')
    this.#native = link
    this.kind = link.kind
  }

  /** Whether {@link detach} or {@link toFdLink} has been called. */
  get closed(): boolean {
    return this.#native.closed
  }

  /** Whether the program is attached still: a removed cgroup, or somebody else, can have ended it. */
  get attached(): boolean {
    return this.#native.attached
  }

  /**
   * Detaches the program from the cgroup.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED` the second time; `ERR_EBPF_NOT_ATTACHED` when an attachment of kind `program`
   *   has ended before: whatever somebody else has attached in its place is left alone.
   */
  detach(): void {
    this.#native.detach()
  }

  /**
   * Puts another program in the place of the attached one, in one step: every packet is judged by the one or the other.
   * The place among the others stays the same.
   *
   * @param program Loaded. It may be closed afterwards: the attachment keeps it.
   * @throws {EbpfError} `ERR_EBPF_CONFLICT`, `ERR_EBPF_ATTACH`, `ERR_EBPF_NOT_ATTACHED`, `ERR_EBPF_NOT_LOADED`,
   *   `ERR_EBPF_CLOSED`.
   */
  update(program: CgroupSkb, options: UpdateOptions = {}): void {
    this.#native.update(...toNativeUpdate(program, options))
  }

  /**
   * The file descriptor. It belongs to the link: do not close it.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED` after `detach()`; `ERR_EBPF_UNSUPPORTED` for kind `program`, which has none.
   */
  fd(): number {
    return this.#native.fd()
  }

  /**
   * What is known about the attachment. Requires Linux 5.8.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED` after `detach()`.
   */
  info(): CgroupLinkInfo {
    const { id, ...info } = this.#native.info()
    return { id: id ?? null, ...info }
  }

  /**
   * This link as {@link FdLink}, which can be pinned: aya's `TryFrom<CgroupSkbLink> for FdLink`. This object is closed
   * then.
   *
   * @throws {EbpfError} `ERR_EBPF_UNSUPPORTED` for kind `program`; `ERR_EBPF_CLOSED`.
   */
  toFdLink(): FdLink {
    return new FdLink(this.#native.toFdLink())
  }

  /** {@link detach}, for `using`; twice does nothing. */
  [Symbol.dispose](): void {
    if (!this.closed) this.detach()
  }

  /** What `console.log` shows. @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { kind, closed } = this
    return `CgroupSkbLink ${inspect(closed ? { kind, state: 'closed' } : { kind, ...this.info() }, options)}`
  }
}
