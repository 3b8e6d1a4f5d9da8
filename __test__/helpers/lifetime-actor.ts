// A child process or a worker that attaches, reports what it holds, and comes to an end in a stated way, without closing anything.
import { fileURLToPath } from 'node:url'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { CgroupSkb, CgroupSkbAttachType, Ebpf } from 'ayajs'
import { fixturePath, loaded } from './fixtures.ts'
import { heldBy, type Held } from './held.ts'

/** How it ends. `collect` waits until the garbage collector has taken every handle; `wait` waits to be ended. */
export type Ending = 'end' | 'exit' | 'throw' | 'wait' | 'collect' | 'exit while loading' | 'wait while loading'

export interface Part {
  readonly cgroup: string
  readonly ending: Ending
}

const { Egress, Ingress } = CgroupSkbAttachType

const part = (parentPort === null ? JSON.parse(process.argv[2] ?? '') : workerData) as Part

await play(part)

async function play({ cgroup, ending }: Part): Promise<void> {
  const { held, handles } = attach(cgroup)
  if (ending === 'collect') await collected(handles)
  await tell(held)
  if (ending.endsWith('while loading')) await loadForAWhile()
  if (ending === 'throw') throw new Error('on purpose')
  if (ending.startsWith('exit')) process.exit(7)
  if (ending !== 'end') await sleep(2 ** 31 - 1)
}

/** Nobody keeps a handle when this has returned. */
function attach(cgroup: string): { held: Held; handles: WeakRef<object>[] } {
  const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
  const program = loaded(bpf, 'count_any')
  const linkId = program.attach(cgroup, Egress)
  const link = program.attachLink(cgroup, Ingress)
  const held = heldBy(bpf, 2)
  const taken = bpf.takeMap('packets')
  const map = bpf.map('.rodata')
  const handles = [bpf, program, linkId, link, taken, map].filter((handle) => handle !== null)
  return { held, handles: handles.map((handle) => new WeakRef(handle)) }
}

async function collected(handles: readonly WeakRef<object>[]): Promise<void> {
  for (let turns = 0; handles.some((handle) => handle.deref() !== undefined); turns++) {
    if (turns > 10_000) throw new Error('some handle is never collected')
    // A handle that was looked at lives until the end of the turn.
    await turn()
    globalThis.gc?.()
  }
}

/** Keeps the thread pool busy, with loads and with the opening of objects, longer than it takes to end. */
async function loadForAWhile(): Promise<void> {
  const path = fileURLToPath(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o'))
  for (let count = 0; count < 10; count++) {
    // With a port to deny, the verifier has about a millisecond to do.
    const bpf = Ebpf.loadFile(path, { globals: { denied_port: Uint8Array.of(9, 0) } })
    for (const [, program] of bpf.programs()) void CgroupSkb.tryFrom(program).loadAsync()
    void Ebpf.loadFileAsync(path)
  }
  if (part.ending === 'wait while loading') await tell('loading')
}

/** Resolves when the message is on its way: `process.exit()` drops what is not. */
async function tell(held: Held | string): Promise<void> {
  if (parentPort === null) await new Promise((resolve) => process.send?.(held, undefined, undefined, resolve))
  else parentPort.postMessage(held)
}
