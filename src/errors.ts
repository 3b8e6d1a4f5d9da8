// Errors: one table of codes, and the class that carries them.

/** What a code means, and what to do about it. `docs/errors.md` is made from this table. */
export interface ErrorCode {
  /** The situation in which it is thrown. */
  readonly means: string
  /** What helps; ends the message where nothing more exact is known. */
  readonly remedy: string
}

/** Every code of an {@link EbpfError}. */
export const errorCodes = {
  ERR_EBPF_ALREADY_LOADED: {
    means: 'The program is loaded already, or came loaded (from a pin) and cannot be loaded.',
    remedy: 'Load a program once; call unload() before you load it again.',
  },
  ERR_EBPF_ATTACH: {
    means: 'The kernel refused to attach the program.',
    remedy: 'Look at `errnoName`, and at what is attached already: bpftool cgroup tree.',
  },
  ERR_EBPF_BTF: {
    means: 'The type information (BTF) of the object or of the kernel is missing or malformed, or does not fit.',
    remedy:
      'Compile the object with clang -g, in Rust with debug = 2 and bpf-linker --btf; check that the kernel has /sys/kernel/btf/vmlinux.',
  },
  ERR_EBPF_BUSY: {
    means:
      'An asynchronous load of the same object is running, or the ring buffer has another reader; nothing waits for them on the event loop.',
    remedy:
      'Await the promise of loadAsync() first; or read with the object that reads already, or close() that: leaving its loop does not end the reader.',
  },
  ERR_EBPF_CLOSED: {
    means: 'The handle, or the object that it came from, has been closed, detached or unloaded.',
    remedy: 'It can be used no more: keep it open for as long as it is needed.',
  },
  ERR_EBPF_CONFLICT: {
    means: 'What is attached is not what was expected: another revision, or another program. Nothing was changed.',
    remedy: 'Ask for the present state (queryCgroup, link.info) and decide anew.',
  },
  ERR_EBPF_FILE: {
    means: 'A file or directory cannot be opened or read.',
    remedy: 'Check `path`: does it exist, is it of the right kind, and may this process open it?',
  },
  ERR_EBPF_INTERNAL: {
    means: 'A defect of ayajs or of aya: a panic that was caught before it could end the process.',
    remedy: 'Close the object, and please report the message together with the object.',
  },
  ERR_EBPF_LOAD: {
    means: 'The kernel refused to load the program. `verifierLog` holds all that the verifier said.',
    remedy: 'Read `verifierLog`: its last lines tell the reason.',
  },
  ERR_EBPF_MAP: {
    means: 'A map cannot be created or used, or what is pinned under its name has another shape.',
    remedy: 'Compare with what is there: bpftool map show.',
  },
  ERR_EBPF_NOT_ATTACHED: {
    means: 'The link id is not one of this program (used, taken, of another program), or the attachment has ended.',
    remedy: 'Use each id once, with the program whose attach() returned it.',
  },
  ERR_EBPF_NOT_CGROUP: {
    means: 'What was given as a cgroup is not a directory of the cgroup v2 hierarchy.',
    remedy: 'Give a directory below the mount point of cgroup v2.',
  },
  ERR_EBPF_NOT_FOUND: {
    means: 'The object has no program, map or variable of this name.',
    remedy: 'Compare with the names that the message lists.',
  },
  ERR_EBPF_NOT_LOADED: {
    means: 'The program has to be loaded first.',
    remedy: 'Call load() or await loadAsync() first.',
  },
  ERR_EBPF_PARSE: {
    means:
      'The object is not an eBPF object that can be read: not ELF, truncated, for another machine, malformed, or with references to what it does not have; `section` and `offset` say where.',
    remedy: 'Compile it with clang -O2 -g -target bpf -c.',
  },
  ERR_EBPF_PERMISSION: {
    means: 'The kernel refused the operation and the process lacks capabilities, named in `missingCapabilities`.',
    remedy: 'Run the process as root, or give it the capabilities.',
  },
  ERR_EBPF_PIN: {
    means: 'An object cannot be pinned, or what is pinned at a path is missing or something else.',
    remedy:
      'Pin below a mounted bpf file system (mount -t bpf bpf /sys/fs/bpf), in a directory that exists, at a free name.',
  },
  ERR_EBPF_READONLY: {
    means: 'The global variable is in `.rodata`: the verifier has taken its value for granted.',
    remedy: 'Set it when the object is opened: Ebpf.load(data, { globals }).',
  },
  ERR_EBPF_RECORD: {
    means: 'A record of a ring buffer does not fit its type: too short, or of a kind that nobody has named.',
    remedy: 'Compare the type with the struct that the program writes; the loop can be started again after it.',
  },
  ERR_EBPF_RELOCATION: {
    means: 'A function or map that the code refers to cannot be resolved.',
    remedy: 'Define the function or map in the same object.',
  },
  ERR_EBPF_SYSCALL: {
    means: 'A system call failed that has no code of its own.',
    remedy: 'Look at `syscall` and `errnoName`.',
  },
  ERR_EBPF_TEST_RUN: {
    means: 'The kernel refused to run the program on the packet.',
    remedy: 'The packet must be a whole IP header at least, and fit into one page of memory with 14 bytes before it.',
  },
  ERR_EBPF_TYPES_STALE: {
    means: 'The types that were given for the object were generated from another version of it.',
    remedy: 'Generate them again: npx ayajs types OBJECT.',
  },
  ERR_EBPF_UNEXPECTED_MAP_TYPE: {
    means: 'The map is of another type than the class that it was given to, or opened as.',
    remedy: 'Look at `map.mapType`; asBytes() reads and writes maps of every type.',
  },
  ERR_EBPF_UNEXPECTED_PROGRAM_TYPE: {
    means: 'The program is of another kind than the class that it was given to.',
    remedy: 'Look at `program.kind`, and at the section of the function: SEC("cgroup_skb/egress") makes a CgroupSkb.',
  },
  ERR_EBPF_UNSUPPORTED: {
    means: 'The kernel, aya or ayajs does not support this; `feature` names it.',
    remedy: 'Do without it: what does not need it works all the same.',
  },
  ERR_EBPF_UNSUPPORTED_PLATFORM: {
    means: 'There is no native binding for this platform, or its package is not installed.',
    remedy: 'Run on Linux, x64 or arm64, with optional dependencies installed.',
  },
} as const

/** The code of an {@link EbpfError}. */
export type EbpfErrorCode = keyof typeof errorCodes

/** Everything that an {@link EbpfError} can tell beside its message. */
export interface EbpfErrorDetails {
  /** The system call that failed: `open`, or a command of bpf(2) such as `BPF_PROG_LOAD`. */
  readonly syscall?: string
  /** The error number, negative as Node's own: -1 is EPERM. */
  readonly errno?: number
  /** The name of `errno`, such as `EPERM`; also those of the kernel's private ones, such as `ENOTSUPP` (524). */
  readonly errnoName?: string
  /** Everything that the kernel said about a program that it refused, or about types (`ERR_EBPF_BTF`). */
  readonly verifierLog?: string
  /**
   * Why the kernel refused it, in its words: the line of `verifierLog` that tells; or which CO-RE relocation of the program
   * cannot be resolved, and why.
   */
  readonly reason?: string
  /**
   * The line of C that the verifier was at: `filter.bpf.c:12: return data[0];`, or without file and number before Linux 6.8.
   * For objects that were compiled with `-g`.
   */
  readonly sourceLine?: string
  /** The file or directory. */
  readonly path?: string
  /** The program's name. */
  readonly program?: string
  /** The map's name. */
  readonly map?: string
  /** The section of the object. */
  readonly section?: string
  /** Where in that section, in bytes; in the file, when there is no section. */
  readonly offset?: number
  /** What is not supported, or what of the kernel is missing: `struct sk_buff::no_such_field`. */
  readonly feature?: string
  /** The kind that was wanted, where another one was given. */
  readonly expected?: string
  /** The kind that was given. */
  readonly actual?: string
  /** How many entries were done before the one that failed, where an operation has many. */
  readonly completed?: number
  /** The capabilities that the process lacks, such as `CAP_BPF`. */
  readonly missingCapabilities?: readonly string[]
}

const brand: unique symbol = Symbol.for('ayajs.EbpfError')

/**
 * What goes wrong in ayajs, except for misused arguments: those are `TypeError` and `RangeError` with Node's codes.
 *
 * Compare `code`, not the message: codes are stable.
 */
export class EbpfError extends Error implements EbpfErrorDetails {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'EbpfError', configurable: true, writable: true })
    Object.defineProperty(this.prototype, brand, { value: true })
  }

  /** What went wrong. */
  readonly code: EbpfErrorCode
  declare readonly syscall?: string
  declare readonly errno?: number
  declare readonly errnoName?: string
  declare readonly verifierLog?: string
  declare readonly reason?: string
  declare readonly sourceLine?: string
  declare readonly path?: string
  declare readonly program?: string
  declare readonly map?: string
  declare readonly section?: string
  declare readonly offset?: number
  declare readonly feature?: string
  declare readonly expected?: string
  declare readonly actual?: string
  declare readonly completed?: number
  declare readonly missingCapabilities?: readonly string[]

  constructor(code: EbpfErrorCode, message: string, details: EbpfErrorDetails & { readonly cause?: unknown } = {}) {
    const { cause, ...facts } = details
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    for (const [name, value] of Object.entries(facts)) {
      // A whole verifier log would bury the message wherever the error is printed.
      const enumerable = name !== 'verifierLog'
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable, configurable: true })
    }
  }

  /** Whether `error` is an `EbpfError`, also one of another copy of this package. */
  static isEbpfError(error: unknown): error is EbpfError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
