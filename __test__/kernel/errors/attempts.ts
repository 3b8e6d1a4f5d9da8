// A program of its own: gives up privileges, then does what a new user would, with a copy of the package that everybody may read.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as Package from 'ayajs'
import type { Ebpf as Opened, EbpfError } from 'ayajs'

/** What came of one attempt. */
export interface Attempt {
  attempt: string
  error?: string
  message?: string
  missing?: readonly string[]
  /** How many errors stand behind it. */
  causes?: number
}

const [folder = '', cgroup = '', drop = ''] = process.argv.slice(2)
if (drop === 'nobody') becomeNobody()

const { CgroupSkb, Ebpf, KernelVersion } = createRequire(join(folder, 'main.js'))('./dist/index.js') as typeof Package
const object = join(folder, 'cgroup_skb.bpf.o')
const withoutMaps = join(folder, 'refused.bpf.o')

const attempts: Record<string, () => unknown> = {
  'read a file of root': () => Ebpf.loadFile(join(folder, 'secret.bpf.o')),
  'ask for the version of the kernel': () => KernelVersion.current().toString(),
  'open an object without maps': () => Ebpf.loadFile(withoutMaps).close(),
  'open an object': () => Ebpf.loadFile(object).close(),
  'open an object on another thread': async () => (await Ebpf.loadFileAsync(object)).close(),
  'load a program': () => load().close(),
  'load a program on another thread': async () => {
    const bpf = Ebpf.loadFile(withoutMaps)
    await bpf.program('fine')?.loadAsync()
    bpf.close()
  },
  'attach a program': () => {
    const bpf = load()
    CgroupSkb.tryFrom(bpf.program('fine')).attach(cgroup, 'Egress')
    bpf.close()
  },
}

const results: Attempt[] = []
for (const [attempt, run] of Object.entries(attempts)) results.push({ attempt, ...(await outcome(run)) })
console.log(JSON.stringify(results))

function load(): Opened {
  const bpf = Ebpf.loadFile(withoutMaps)
  bpf.program('fine')?.load()
  return bpf
}

async function outcome(run: () => unknown): Promise<Omit<Attempt, 'attempt'>> {
  try {
    await run()
    return {}
  } catch (error) {
    const { name, code, syscall, errnoName, message, missingCapabilities } = error as EbpfError
    return {
      error: [name, code, syscall, errnoName].filter((part) => part !== undefined).join(' '),
      message,
      causes: chain(error),
      ...(missingCapabilities && { missing: missingCapabilities }),
    }
  }
}

function chain(error: unknown): number {
  return error instanceof Error && error.cause !== undefined ? 1 + chain(error.cause) : 0
}

function becomeNobody(): void {
  process.setgroups?.([])
  process.setgid?.(65534)
  process.setuid?.(65534)
}
