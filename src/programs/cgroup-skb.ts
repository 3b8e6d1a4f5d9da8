// `CgroupSkb`: a program that inspects or filters the network traffic of a cgroup.

import {
  checkBytes,
  checkInteger,
  checkName,
  checkObject,
  checkOneOf,
  checkOptions,
  checkPath,
  outOfRange,
  type PathLike,
} from '../arguments.ts'
import { withCgroup, type Cgroup } from '../links/cgroup.ts'
import { CgroupSkbLink, CgroupSkbLinkId, nativeLinkId } from '../links/cgroup-skb-link.ts'
import { nativeProgram } from '../links/link-program.ts'
import { native, type Binding } from '../native.ts'
import { Queue } from '../promises.ts'
import { withAdvice } from './attach-advice.ts'
import { toNativeOptions, type AttachOptions } from './attach-options.ts'
import type { ProgramInfo } from './program-info.ts'
import { Program, ProgramHandle } from './program.ts'

/** Which way the packets go that a program sees: aya's `CgroupSkbAttachType`. */
export const CgroupSkbAttachType = Object.freeze({
  /** Packets that a socket of the cgroup receives (`BPF_CGROUP_INET_INGRESS`). */
  Ingress: 'Ingress',
  /** Packets that a socket of the cgroup sends (`BPF_CGROUP_INET_EGRESS`). */
  Egress: 'Egress',
} as const)

/** Which way the packets go that a program sees: aya's `CgroupSkbAttachType`. */
export type CgroupSkbAttachType = (typeof CgroupSkbAttachType)[keyof typeof CgroupSkbAttachType]

/** What to run a program on. */
export interface TestRunOptions {
  /** The packet, from its IPv4 or IPv6 header on. */
  readonly packet: Uint8Array
  /** How often it is run, from 1 to 1,000,000. Default: 1. The run holds the event loop. */
  readonly repeat?: number | undefined
}

/** What a test run gave back: aya's `TestRunResult`. */
export interface TestRunResult {
  /** What the program returned: 0 drops the packet, 1 lets it pass. */
  readonly returnValue: number
  /** How long one run took on average, in nanoseconds. */
  readonly durationNs: number
  /** The packet as the program left it, from its IP header on. */
  readonly data: Uint8Array
}

/**
 * A program that inspects or filters the network traffic of a cgroup, ingress or egress: aya's `CgroupSkb`
 * (`BPF_PROG_TYPE_CGROUP_SKB`). Requires Linux 5.7 for links.
 *
 * @example
 * ```ts
 * const bpf = Ebpf.loadFile('filter.bpf.o')
 * const egress = CgroupSkb.tryFrom(bpf.program('egress_filter'))
 * egress.load()
 * const linkId = egress.attach('/sys/fs/cgroup/app', CgroupSkbAttachType.Egress)
 * ```
 */
export class CgroupSkb extends Program {
  /** The kernel's type: aya's `PROGRAM_TYPE`. */
  static readonly programType = 'CgroupSkb'

  readonly #program: Binding.Program
  #cgroupSkb: Binding.CgroupSkb | undefined

  constructor(handle: ProgramHandle) {
    super(handle)
    this.#program = handle.native
  }

  /**
   * Opens the program that is pinned at `path`. It is loaded, and cannot be loaded again; `unload()` closes it.
   *
   * @param attachType What it expects: the kernel does not tell.
   * @throws {EbpfError} `ERR_EBPF_PIN`, `ERR_EBPF_UNEXPECTED_PROGRAM_TYPE`, `ERR_EBPF_PERMISSION`.
   */
  static fromPin(path: PathLike, attachType: CgroupSkbAttachType): CgroupSkb {
    checkAttachType(attachType)
    return fromKernel(native().CgroupSkb.fromPin(checkPath('path', path), attachType))
  }

  /**
   * Opens a loaded program, see `loadedPrograms()`. It cannot be loaded again; `unload()` closes it.
   *
   * @param name What to call it. @param attachType What it expects, if known.
   * @throws {EbpfError} `ERR_EBPF_NOT_FOUND` when it has ended, `ERR_EBPF_UNEXPECTED_PROGRAM_TYPE`,
   *   `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
   */
  static fromProgramInfo(info: Pick<ProgramInfo, 'id'>, name: string, attachType?: CgroupSkbAttachType): CgroupSkb {
    const id = checkInteger('info.id', (checkObject('info', info) as { id: unknown }).id, 1, 2 ** 32 - 1)
    if (attachType !== undefined) checkAttachType(attachType)
    return fromKernel(native().CgroupSkb.fromProgramId(id, checkName('name', name), attachType))
  }

  /** @internal */
  get [nativeProgram](): Binding.CgroupSkb {
    return this.#native
  }

  /** The direction that the section's name states; `null` for `cgroup/skb`, which states none. */
  expectedAttachType(): CgroupSkbAttachType | null {
    return this.#native.expectedAttachType()
  }

  /**
   * Attaches the program to a cgroup and all its descendants: by a link, beside others that are attached there, or as
   * the third argument says.
   *
   * The program stays attached until `detach`, `unload`, `close` of the object, or the end of the process or worker.
   * Attachments do not keep the process alive. Only sockets that are made *in* the cgroup are seen: move a process
   * before it opens them.
   *
   * @param cgroup The directory of a cgroup v2, or an open descriptor of it.
   * @param options Order, preorder and revision of a link; or a `CgroupAttachMode`, alone or with options of its own.
   *   What was asked for is what happens, or nothing.
   * @returns The id of the attachment, for {@link detach} or {@link takeLink}.
   * @throws {EbpfError} `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_NOT_CGROUP`, `ERR_EBPF_ATTACH`, `ERR_EBPF_CONFLICT`,
   *   `ERR_EBPF_PERMISSION`, `ERR_EBPF_UNSUPPORTED` for what the kernel lacks; `ERR_EBPF_FILE` when the directory cannot
   *   be opened.
   */
  attach(cgroup: Cgroup, attachType: CgroupSkbAttachType, options: AttachOptions = {}): CgroupSkbLinkId {
    checkAttachType(attachType)
    this.fd() // Not loaded is the first thing to say, before the cgroup is opened.
    const checked = toNativeOptions(options)
    return withCgroup(cgroup, (fd) => {
      return new CgroupSkbLinkId(withAdvice(fd, attachType, () => this.#native.attach(fd, attachType, checked)))
    })
  }

  /** {@link attach} and {@link takeLink} in one. */
  attachLink(cgroup: Cgroup, attachType: CgroupSkbAttachType, options: AttachOptions = {}): CgroupSkbLink {
    return this.takeLink(this.attach(cgroup, attachType, options))
  }

  /**
   * Detaches a link that this program owns.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_ATTACHED` for an id that was used, or that is of another program; and when an
   *   attachment with a `CgroupAttachMode` has ended before: what somebody else has attached there is left alone.
   */
  detach(linkId: CgroupSkbLinkId): void {
    this.#native.detach(nativeLinkId(linkId))
  }

  /**
   * Takes a link out of the program: `unload` and `close` do not detach it any more.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_ATTACHED` for an id that was used, or that is of another program.
   */
  takeLink(linkId: CgroupSkbLinkId): CgroupSkbLink {
    return new CgroupSkbLink(this.#native.takeLink(nativeLinkId(linkId)))
  }

  /**
   * Runs the loaded program on a packet (`BPF_PROG_TEST_RUN`), without any network.
   *
   * The kernel wants an Ethernet header and takes it off again: it is added here, by the IP version of the packet.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_TEST_RUN`.
   */
  testRun(options: TestRunOptions): TestRunResult {
    checkOptions('options', checkObject('options', options), ['packet', 'repeat'])
    const packet = checkBytes('options.packet', options.packet)
    const repeat = checkInteger('options.repeat', options.repeat ?? 1, 1, 1_000_000)
    const frame = new Uint8Array(ethernetHeaderSize + packet.length)
    frame.set(etherType(packet), ethernetHeaderSize - 2)
    frame.set(packet, ethernetHeaderSize)
    const { data, ...result } = this.#native.testRun(frame, repeat)
    return { ...result, data: data.slice(ethernetHeaderSize) }
  }

  protected override describe(): object {
    try {
      const expectedAttachType = this.#native.expectedAttachType()
      return { ...super.describe(), expectedAttachType, links: this.#native.linkCount() }
    } catch {
      return super.describe() // Closed, which it says.
    }
  }

  /** Made when something is asked of it: most programs of an object are only loaded. */
  get #native(): Binding.CgroupSkb {
    this.#cgroupSkb ??= native().CgroupSkb.tryFrom(this.#program)
    return this.#cgroupSkb
  }
}

const ethernetHeaderSize = 14

/** The last two bytes of an Ethernet header. */
function etherType(packet: Uint8Array): readonly [number, number] {
  const version = (packet[0] ?? 0) >> 4
  if (version === 4) return [0x08, 0x00]
  if (version === 6) return [0x86, 0xdd]
  throw outOfRange('options.packet', 'an IPv4 or IPv6 packet, whose first four bits are 4 or 6', packet[0])
}

function checkAttachType(attachType: unknown): void {
  checkOneOf('attachType', attachType, Object.values(CgroupSkbAttachType))
}

function fromKernel(program: Binding.CgroupSkb): CgroupSkb {
  return new CgroupSkb(new ProgramHandle(program.asProgram(), new Queue()))
}
