// `FdLink` and `PinnedLink`: links that can outlive the process.

import { inspect, type InspectOptions } from 'node:util'
import { checkPath, illegalConstructor, type PathLike } from '../arguments.ts'
import { native, type Binding } from '../native.ts'
import type { CgroupSkb } from '../programs/cgroup-skb.ts'
import type { LinkInfo } from './link-info.ts'
import { toNativeUpdate, type UpdateOptions } from './link-program.ts'

/**
 * A link by its descriptor, of whatever kind of program: aya's `FdLink`. Get one from `link.toFdLink()` or
 * {@link PinnedLink.unpin}. It holds the program attached until {@link detach} or the end of the process or worker.
 */
export class FdLink {
  readonly #native: Binding.FdLink

  /** @internal */
  constructor(link: Binding.FdLink) {
    if (!(link instanceof native().FdLink)) throw illegalConstructor('FdLink', 'toFdLink() or PinnedLink.unpin()')
    this.#native = link
  }

  /** Whether {@link detach} or {@link pin} has been called. */
  get closed(): boolean {
    return this.#native.closed
  }

  /** Whether the program is attached still: a removed cgroup can have ended it. False when {@link closed}. */
  get attached(): boolean {
    return this.#native.attached
  }

  /**
   * Pins the link to a file of a bpf file system: it then stays attached after the process. This object is closed
   * then. When pinning fails, nothing has changed: aya loses the link in that case.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN`, `ERR_EBPF_PERMISSION`, `ERR_EBPF_CLOSED`.
   */
  pin(path: PathLike): PinnedLink {
    return new PinnedLink(this.#native.pin(checkPath('path', path)))
  }

  /**
   * Puts another program in the place of the attached one, in one step: every packet is judged by the one or the other.
   * The place among the others stays the same.
   *
   * @param program Loaded, and of the link's kind. It may be closed afterwards: the link keeps it.
   * @throws {EbpfError} `ERR_EBPF_CONFLICT`, `ERR_EBPF_ATTACH`, `ERR_EBPF_NOT_ATTACHED`, `ERR_EBPF_NOT_LOADED`,
   *   `ERR_EBPF_CLOSED`.
   */
  update(program: CgroupSkb, options: UpdateOptions = {}): void {
    this.#native.update(...toNativeUpdate(program, options))
  }

  /**
   * What the kernel knows about the link.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  info(): LinkInfo {
    return toLinkInfo(this.#native.info())
  }

  /**
   * The file descriptor. It belongs to the link: do not close it.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  fd(): number {
    return this.#native.fd()
  }

  /**
   * Closes the link: the program is detached, unless the link is pinned as well.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED` the second time.
   */
  detach(): void {
    this.#native.detach()
  }

  /** {@link detach}, for `using`; twice does nothing. */
  [Symbol.dispose](): void {
    if (!this.closed) this.detach()
  }

  /** What `console.log` shows. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `FdLink ${inspect(this.closed ? { state: 'closed' } : this.info(), options)}`
  }
}

/**
 * A link that is pinned to a file of a bpf file system: aya's `PinnedLink`. The file keeps the program attached, also
 * after {@link close} and after the process, until it is removed.
 */
export class PinnedLink {
  readonly #native: Binding.PinnedLink
  /** The path of the file. */
  readonly path: string

  /** @internal */
  constructor(link: Binding.PinnedLink) {
    if (!(link instanceof native().PinnedLink))
      throw illegalConstructor('PinnedLink', 'PinnedLink.fromPin() or FdLink.pin()')
    this.#native = link
    this.path = link.path
  }

  /**
   * Opens the link that is pinned at `path`.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN` when there is none, or something else; `ERR_EBPF_PERMISSION`.
   */
  static fromPin(path: PathLike): PinnedLink {
    return new PinnedLink(native().PinnedLink.fromPin(checkPath('path', path)))
  }

  /** Whether {@link close} or {@link unpin} has been called. */
  get closed(): boolean {
    return this.#native.closed
  }

  /** Whether the program is attached still: a removed cgroup can have ended it. False when {@link closed}. */
  get attached(): boolean {
    return this.#native.attached
  }

  /**
   * Removes the file, and gives the link back: it then lives as long as this process wants. A file at the path that
   * is not this link's any more is left alone.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN`, `ERR_EBPF_CLOSED`.
   */
  unpin(): FdLink {
    return new FdLink(this.#native.unpin())
  }

  /**
   * Puts another program in the place of the attached one, in one step: every packet is judged by the one or the other.
   * The place among the others stays the same.
   *
   * @param program Loaded, and of the link's kind. It may be closed afterwards: the link keeps it.
   * @throws {EbpfError} `ERR_EBPF_CONFLICT`, `ERR_EBPF_ATTACH`, `ERR_EBPF_NOT_ATTACHED`, `ERR_EBPF_NOT_LOADED`,
   *   `ERR_EBPF_CLOSED`.
   */
  update(program: CgroupSkb, options: UpdateOptions = {}): void {
    this.#native.update(...toNativeUpdate(program, options))
  }

  /**
   * What the kernel knows about the link.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  info(): LinkInfo {
    return toLinkInfo(this.#native.info())
  }

  /**
   * The file descriptor. It belongs to the link: do not close it.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`.
   */
  fd(): number {
    return this.#native.fd()
  }

  /** Closes the descriptor. The program stays attached, as long as the file is there. Twice does nothing. */
  close(): void {
    this.#native.close()
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** What `console.log` shows. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { path } = this
    return `PinnedLink ${inspect(this.closed ? { path, state: 'closed' } : { path, ...this.info() }, options)}`
  }
}

function toLinkInfo({ cgroupId, attachType, ...info }: Binding.LinkInfo): LinkInfo {
  return { ...info, ...(cgroupId !== undefined && { cgroupId }), ...(attachType !== undefined && { attachType }) }
}
