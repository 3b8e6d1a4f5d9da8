// `Program`: what programs of every kind have in common.

import { inspect, type InspectOptions } from 'node:util'
import { illegalConstructor, invalidArgType } from '../arguments.ts'
import { EbpfError, errorCodes } from '../errors.ts'
import type { Binding } from '../native.ts'
import { withStackOf, type Queue } from '../promises.ts'
import { takeMiss } from './miss.ts'

/** What a program class is made from. Only ayajs makes one. */
export class ProgramHandle {
  /** @internal */
  readonly native: Binding.Program
  /** @internal */
  readonly loads: Queue

  /** @internal */
  constructor(native: Binding.Program, loads: Queue) {
    this.native = native
    this.loads = loads
  }
}

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

/**
 * A program of an open object: aya's `Program`. Get one from {@link Ebpf.program}.
 *
 * The object owns it: nothing is unloaded because a `Program` is garbage collected, and after `close()` of the object
 * every method throws `ERR_EBPF_CLOSED`.
 */
export class Program {
  readonly #handle: ProgramHandle
  /** The function's name in the object. */
  readonly name: string
  /** The kind, as aya names it: `CgroupSkb`, `Xdp`, `FEntry`, … Several kinds can share one `programType`. */
  readonly kind: string
  /** The kernel's type, as aya names it: `CgroupSkb`, `Xdp`, `Tracing`, … */
  readonly programType: string

  constructor(handle: ProgramHandle) {
    if (!(handle instanceof ProgramHandle)) throw illegalConstructor(new.target.name, 'Ebpf.program()')
    this.#handle = handle
    this.name = handle.native.name
    this.kind = handle.native.kind
    this.programType = handle.native.programType
  }

  /**
   * `program` as this class, as aya's `TryFrom<&mut Program>`.
   *
   * @throws {EbpfError} `ERR_EBPF_UNEXPECTED_PROGRAM_TYPE` for a program of another kind, `ERR_EBPF_NOT_FOUND` for
   *   `null`, which is what {@link Ebpf.program} returns for a name that the object does not have.
   */
  static tryFrom<C extends new (handle: never) => Program>(this: C, program: Program | null): InstanceType<C> {
    if (program instanceof this) return program as InstanceType<C>
    if (program === null)
      throw takeMiss() ?? new EbpfError('ERR_EBPF_NOT_FOUND', 'There is no such program: it is null.')
    if (!((program as unknown) instanceof Program))
      throw invalidArgType('program', 'an instance of Program or null', program)
    throw unexpectedType(this.name, program)
  }

  /**
   * Loads the program into the kernel. The verifier runs on this thread: for microseconds to seconds.
   *
   * @throws {EbpfError} `ERR_EBPF_ALREADY_LOADED`; `ERR_EBPF_LOAD` with `verifierLog`; `ERR_EBPF_PERMISSION`;
   *   `ERR_EBPF_BUSY` while a `loadAsync` of the same object runs; `ERR_EBPF_UNSUPPORTED` for kinds that cannot be
   *   loaded without an argument (`FEntry`, `Lsm`, …).
   */
  load(): void {
    this.#handle.native.load()
  }

  /**
   * Loads the program on another thread, with the capabilities that libuv's threads were born with. Several loads of
   * one object run one after the other.
   *
   * @throws {EbpfError} As {@link load}; `ERR_EBPF_CLOSED` when the object was closed meanwhile.
   */
  async loadAsync(): Promise<void> {
    const { loads, native } = this.#handle
    await withStackOf(
      this.loadAsync,
      loads.run(() => native.loadAsync()),
    )
  }

  /**
   * Detaches the links that the program owns, then unloads it. Links that were taken stay attached, and the kernel
   * keeps the program for them. It can be loaded again.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_LOADED`; `ERR_EBPF_BUSY` while a `loadAsync` of the same object runs.
   */
  unload(): void {
    this.#handle.native.unload()
  }

  /**
   * The file descriptor. It belongs to the program: do not close it, and do not use it after `unload()` or `close()`.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_LOADED`.
   */
  fd(): number {
    return this.#handle.native.fd()
  }

  /** The file descriptor, as {@link fd}, or `null` when the program is not loaded. */
  asRawFd(): number | null {
    return this.#handle.native.asRawFd()
  }

  /**
   * What the kernel knows about the loaded program.
   *
   * @throws {EbpfError} `ERR_EBPF_NOT_LOADED`.
   */
  info(): ProgramInfo {
    const { loadedAtMs, sizeTranslated, btfId, verifiedInstructionCount, ...info } = this.#handle.native.info()
    return {
      ...info,
      loadedAt: new Date(loadedAtMs),
      sizeTranslated: sizeTranslated ?? null,
      btfId: btfId ?? null,
      verifiedInstructionCount: verifiedInstructionCount ?? null,
    }
  }

  /** As in `CgroupSkb(egress_filter)`. */
  toString(): string {
    return `${this.kind}(${this.name})`
  }

  /** What `console.log` shows; never the bytecode. @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `${this.constructor.name} ${inspect(this.describe(), options)}`
  }

  /** What {@link inspect} shows of it. */
  protected describe(): object {
    return { name: this.name, kind: this.kind, state: this.#state() }
  }

  #state(): 'loaded' | 'not loaded' | 'closed' {
    try {
      return this.#handle.native.asRawFd() === null ? 'not loaded' : 'loaded'
    } catch {
      return 'closed' // The only way for asRawFd to fail.
    }
  }
}

function unexpectedType(expected: string, { name, kind: actual }: Program): EbpfError {
  const message = `Program "${name}" is of kind ${actual}, not ${expected}. ${errorCodes.ERR_EBPF_UNEXPECTED_PROGRAM_TYPE.remedy}`
  return new EbpfError('ERR_EBPF_UNEXPECTED_PROGRAM_TYPE', message, { program: name, expected, actual })
}
