// What to do next. EPERM, EINVAL and ENOENT mean many things: say which of them are left.

import { errorCodes, type EbpfErrorCode, type EbpfErrorDetails } from './errors.ts'

/** What ends the message of an error: the first row that fits, else the remedy of the code. */
export function adviceFor(code: EbpfErrorCode, details: EbpfErrorDetails): string {
  if (code === 'ERR_EBPF_PERMISSION') {
    const missing = details.missingCapabilities?.join(' and ') ?? 'capabilities'
    return `This process lacks ${missing}: run it as root, or give it the capabilities.`
  }
  const limit = descriptorAdvice(details)
  if (limit !== undefined) return limit
  const row = table.find((advice) => fits(advice, code, details))
  return row?.text ?? errorCodes[code].remedy
}

/** What to do where there may be no more descriptors, whatever was about to have one. */
export function descriptorAdvice({ errnoName = '' }: EbpfErrorDetails): string | undefined {
  return descriptorLimits[errnoName]
}

const descriptorLimits: Readonly<Record<string, string>> = {
  EMFILE:
    'The process has as many descriptors as it may have: close what is not needed any more, or raise the limit (ulimit -n).',
  ENFILE:
    'The system has as many open files as it may have: close what is not needed any more, or raise the limit (sysctl fs.file-max).',
}

interface Advice {
  readonly code: EbpfErrorCode
  /** The error numbers that it is for; all if none. */
  readonly errnos?: readonly string[]
  readonly when?: (details: EbpfErrorDetails) => boolean
  readonly text: string
}

function fits({ code: wanted, errnos, when }: Advice, code: EbpfErrorCode, details: EbpfErrorDetails): boolean {
  if (wanted !== code) return false
  if (errnos !== undefined && !errnos.includes(details.errnoName ?? '')) return false
  return when?.(details) ?? true
}

const table: readonly Advice[] = [
  {
    code: 'ERR_EBPF_BUSY',
    when: ({ map }) => map === undefined,
    text: 'Await the promise of loadAsync() first.',
  },
  {
    code: 'ERR_EBPF_BUSY',
    text: 'Read with the object that reads already, or close() that: it stays the reader when its loop has been left.',
  },
  {
    code: 'ERR_EBPF_ATTACH',
    errnos: ['EPERM'],
    text: 'The process has the capabilities: what is attached to this cgroup, or above it, forbids it (single programs forbid all others below; links and AllowMultiple exclude the other modes). See: bpftool cgroup tree.',
  },
  {
    code: 'ERR_EBPF_ATTACH',
    errnos: ['EINVAL'],
    text: 'Known reasons: a program that may return more than 0 and 1 attached as Ingress; the same program attached twice in one mode; an anchor of the other kind, or not attached here; preorder beside an anchor without it.',
  },
  {
    code: 'ERR_EBPF_ATTACH',
    errnos: ['E2BIG'],
    text: 'A cgroup takes at most 64 programs for one direction.',
  },
  {
    code: 'ERR_EBPF_ATTACH',
    errnos: ['ENOENT', 'ENODEV'],
    text: 'The cgroup has been removed.',
  },
  {
    code: 'ERR_EBPF_MAP',
    errnos: ['E2BIG', 'ENOSPC'],
    when: ({ syscall }) => syscall?.startsWith('BPF_MAP_UPDATE') ?? false,
    text: 'How much fits is decided when a map is made: maxEntries of create(), the option mapMaxEntries, or max_entries in the object.',
  },
  {
    code: 'ERR_EBPF_MAP',
    errnos: ['EINVAL'],
    when: ({ syscall }) => syscall === 'BPF_MAP_CREATE',
    text: 'The kernel does not say what it dislikes: it may lack the type, and each type has its own rules for sizes and flags, see docs.kernel.org/bpf/maps.html.',
  },
  {
    code: 'ERR_EBPF_NOT_FOUND',
    when: ({ syscall }) => syscall !== undefined,
    text: 'There is none, or not any more: bpftool map show, bpftool prog show and bpftool link show list what there is.',
  },
  {
    code: 'ERR_EBPF_NOT_ATTACHED',
    when: ({ syscall }) => syscall !== undefined,
    text: 'If it is wanted still, attach the program again.',
  },
  {
    code: 'ERR_EBPF_UNSUPPORTED',
    when: ({ feature }) => feature?.includes(' without a') ?? false,
    text: 'Name it there, after a slash, as in SEC("fentry/do_unlinkat").',
  },
  {
    code: 'ERR_EBPF_UNSUPPORTED',
    when: ({ feature }) => feature?.startsWith('bpf_link ') ?? false,
    text: 'Attach it without a mode, and it has one.',
  },
  {
    code: 'ERR_EBPF_PIN',
    when: ({ syscall }) => syscall === undefined,
    text: 'Compare with what is pinned: bpftool prog show, bpftool link show, with --bpffs.',
  },
  {
    code: 'ERR_EBPF_PIN',
    errnos: ['ENOENT'],
    when: ({ syscall }) => syscall === 'BPF_OBJ_GET',
    text: 'Nothing is pinned there.',
  },
  {
    code: 'ERR_EBPF_PIN',
    when: ({ syscall }) => syscall === 'BPF_OBJ_GET',
    text: 'Only files of a mounted bpf file system can be opened so, by whoever may read them.',
  },
  {
    code: 'ERR_EBPF_PIN',
    errnos: ['EACCES'],
    when: ({ syscall }) => syscall === 'BPF_OBJ_PIN',
    text: 'Whoever pins must be allowed to write to the directory.',
  },
  {
    code: 'ERR_EBPF_LOAD',
    errnos: ['EPERM'],
    when: ({ verifierLog }) => !verifierLog,
    text: 'The process has the capabilities: the kernel itself forbids this kind of program here (how it was built, lockdown, an LSM, or a user namespace).',
  },
  {
    code: 'ERR_EBPF_LOAD',
    errnos: ['ENOSPC'],
    text: 'Its log did not fit into 16 MB, which hides the real error number, and takes long: the option verifierLogLevel: 4 leaves out all but the reason.',
  },
  {
    code: 'ERR_EBPF_LOAD',
    when: ({ verifierLog }) => !verifierLog,
    text: 'There is no verifier log: with verifierLogLevel 0 the kernel gives no reason, and EINVAL for whatever it is.',
  },
  {
    code: 'ERR_EBPF_BTF',
    when: ({ syscall }) => syscall === 'BPF_BTF_LOAD',
    text: 'The last line of `verifierLog` tells which type: change it, or compile without -g where nothing needs the types.',
  },
]
