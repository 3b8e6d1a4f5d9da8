// A load that is slow enough to be caught in the act: what happens while another thread holds an object.
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { CgroupSkb, Ebpf, EbpfError } from 'ayajs'

/** An object with a program that the verifier looks at for about a millisecond, and a quick one. */
export interface SlowObject {
  readonly bpf: Ebpf
  readonly slow: CgroupSkb
  readonly quick: CgroupSkb
}

/** How often it is tried to catch a load in the act: a thread that sleeps at the wrong moment is no failure. */
const attempts = 1000

/** After so many attempts the machine is busy with something else: give it time between two. */
const patience = 100

/** Opens the object until the test ends. */
export function openSlow(t: ExecutionContext): SlowObject {
  const path = fileURLToPath(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o'))
  // Only when it denies a port, the program looks into packets.
  const bpf = Ebpf.loadFile(path, { globals: { denied_port: Uint8Array.of(9, 0) } })
  t.teardown(() => bpf.close())
  const [slow, quick] = ['egress_filter', 'ingress_count'].map((name) => CgroupSkb.tryFrom(bpf.program(name)))
  if (slow === undefined || quick === undefined) throw new Error('the shipped object has other programs now')
  return { bpf, slow, quick }
}

/** Runs `action` while another thread certainly loads `slow`: the object is busy right before it, and still right after. */
export async function whileLoading<T>({ slow }: SlowObject, action: () => T): Promise<T> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const loading = slow.loadAsync()
    const result = isCaught(slow) ? { value: action(), inTime: stateOf(slow) === 'loading' } : undefined
    await loading
    if (stateOf(slow) === 'loading') throw new Error('busy, although nothing is being loaded')
    if (result?.inTime) return result.value
    if (attempt >= patience) await setTimeout(10)
  }
  throw new Error(`no load was caught in the act in ${attempts} attempts`)
}

/** What `call` throws while another thread certainly loads `slow`. Where it came too late and succeeded, `undo` follows. */
export async function refusedWhileLoading(object: SlowObject, call: () => void, undo: () => void): Promise<EbpfError> {
  const error = await whileLoading(object, () => {
    try {
      call()
    } catch (refusal) {
      return refusal
    }
    undo()
    return undefined
  })
  if (!EbpfError.isEbpfError(error)) throw new Error('not refused', { cause: error })
  return error
}

/** Waits, without giving way to the event loop, for the other thread to begin; false when it has finished already. */
export function isCaught(slow: CgroupSkb): boolean {
  let state = stateOf(slow)
  while (state === 'not begun') state = stateOf(slow)
  return state === 'loading'
}

/** Asks by unloading, which is quick and never waits. A program that was loaded is not any more. */
function stateOf(slow: CgroupSkb): 'not begun' | 'loading' | 'loaded' {
  try {
    slow.unload()
    return 'loaded'
  } catch (error) {
    if (!EbpfError.isEbpfError(error)) throw error
    if (error.code === 'ERR_EBPF_BUSY') return 'loading'
    if (error.code === 'ERR_EBPF_NOT_LOADED') return 'not begun'
    throw error
  }
}
