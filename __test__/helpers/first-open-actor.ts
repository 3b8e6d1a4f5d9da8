// A child that opens an object for the first time in its life while something is in the way, and again afterwards.
import { closeSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ebpf, type EbpfError } from 'ayajs'

/** What is in the way of the first attempt. */
export type Hindrance = 'signals' | 'privileges' | 'descriptors'

// The verifier looks at its program for a millisecond, when the port is not 0.
const object = readFileSync(fileURLToPath(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o')))
attempt({ absent: 1 }) // Refused before the kernel is asked; it loads what there may be no descriptor for later.

const hindrances: Readonly<Record<Hindrance, () => string | Promise<string>>> = {
  async signals() {
    process.on('SIGUSR2', () => {})
    await new Promise((resolve) => {
      process.once('message', resolve)
      process.send?.('ready')
    })
    return attempt()
  },
  privileges() {
    process.seteuid?.(65534)
    const outcome = attempt()
    process.seteuid?.(0)
    return outcome
  },
  descriptors() {
    const files: number[] = []
    try {
      for (;;) files.push(openSync('/dev/null', 'r'))
    } catch {
      return attempt()
    } finally {
      for (const fd of files) closeSync(fd)
    }
  },
}

const first = await hindrances[process.argv[2] as Hindrance]()
process.send?.([first, attempt()], () => process.disconnect())

/** What came of opening and loading: `loaded`, or the error in short. */
function attempt(globals: Record<string, number> = { denied_port: 9 }): string {
  try {
    const bpf = Ebpf.load(object, { globals })
    try {
      bpf.program('egress_filter')?.load()
      return bpf.globals['denied_port'] === 9 ? 'loaded' : 'loaded without its globals'
    } finally {
      bpf.close()
    }
  } catch (error) {
    const { code, syscall, errnoName } = error as EbpfError
    return [code, syscall, errnoName].filter((part) => part !== undefined).join(' ')
  }
}
