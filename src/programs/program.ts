// `Program`: what programs of every kind have in common.

import { inspect, type InspectOptions } from 'node:util'
import { checkPath, illegalConstructor, notInstance, type PathLike } from '../arguments.ts'
import { EbpfError, errorCodes } from '../errors.ts'
import type { Binding } from '../native.ts'
import { withStackOf, type Queue } from '../promises.ts'
import { takeMiss } from './miss.ts'
import { toProgramInfo, type ProgramInfo } from './program-info.ts'

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
      throw takeMiss('program') ?? new EbpfError('ERR_EBPF_NOT_FOUND', 'There is no such program: it is null.')
    if (!((program as unknown) instanceof Program)) throw notInstance('program', 'Program', program, ' or null')
    throw unexpectedType(this.name, program)
  }

  /**
   * Loads the program into the kernel. The verifier runs on this thread: for microseconds to seconds.
   *
   * What a program of kind `BtfTracePoint`, `FEntry`, `FExit`, `Iter`, `Lsm` or `LsmCgroup` is for, the name of its section
   * tells (`fentry/do_unlinkat`), and the BTF of the running kernel must have it.
   *
   * @throws {EbpfError} `ERR_EBPF_ALREADY_LOADED`; `ERR_EBPF_LOAD` with `verifierLog`; `ERR_EBPF_PERMISSION`;
   *   `ERR_EBPF_BUSY` while a `loadAsync` of the same object runs; `ERR_EBPF_UNSUPPORTED` for kinds that this
   *   kernel or aya lacks, for extensions (`freplace`), and where the section does not name what the program is for.
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
   * keeps the program for them; pins stay too. It can be loaded again, unless it came from a pin or an id: then this
   * closes it.
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
    return toProgramInfo(this.#handle.native.info())
  }

  /**
   * Pins the program to a file of a bpf file system: it then stays loaded after the process.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN`, `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_PERMISSION`.
   */
  pin(path: PathLike): void {
    this.#handle.native.pin(checkPath('path', path))
  }

  /**
   * Removes the file that the program was pinned to, or opened from. A file at that path that is not this program's any
   * more is left alone.
   *
   * @throws {EbpfError} `ERR_EBPF_PIN` also when the program is not pinned; `ERR_EBPF_NOT_LOADED`.
   */
  unpin(): void {
    this.#handle.native.unpin()
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
