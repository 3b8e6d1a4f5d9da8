// A child process or a worker that attaches in every way, says so, and comes to an end in a stated way, without closing anything.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Ebpf, type AttachOptions } from 'ayajs'
import { holdings, type Part } from './attach-holdings.ts'
import { fixturePath, loaded } from './fixtures.ts'

const part = (isMainThread ? JSON.parse(process.argv[2] ?? '') : workerData) as Part

if (part.ending === 'worker then exit') await exitWithWorker(part)
else await play(part)

async function play({ ending }: Part): Promise<void> {
  const handles = attachAll(part)
  if (ending === 'collect') await collected(handles)
  await tell('attached')
  if (ending === 'throw') throw new Error('on purpose')
  if (ending === 'reject') void Promise.reject(new Error('on purpose'))
  if (ending === 'exit') process.exit(7)
  if (ending === 'abort') process.abort()
  if (ending === 'spin') for (;;);
  if (ending !== 'end') await sleep(2 ** 31 - 1)
}

/** Nobody keeps a handle when this has returned. */
function attachAll({ cgroup, pins }: Part): WeakRef<object>[] {
  const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
  const program = loaded(bpf, 'count_egress')
  const handles = Object.entries(holdings).flatMap(([name, how]): object[] => {
    const mode = /(?:Single|Allow\w+)$/.exec(name)?.[0] as AttachOptions | undefined
    const linkId = program.attach(`${cgroup}/${name}`, 'Egress', mode)
    if (how === 'owned') return [linkId]
    const link = program.takeLink(linkId)
    if (how === 'taken') return [linkId, link]
    const fdLink = link.toFdLink()
    if (how === 'fd') return [link, fdLink]
    const pinned = fdLink.pin(`${pins}/${name}`)
    if (name === 'pinned-closed') pinned.close()
    return [fdLink, pinned]
  })
  return [bpf, program, ...handles].map((handle) => new WeakRef(handle))
}

async function collected(handles: readonly WeakRef<object>[]): Promise<void> {
  do {
    // A handle that was looked at lives until the end of the turn.
    await turn()
    globalThis.gc?.()
  } while (handles.some((handle) => handle.deref() !== undefined))
}

/** The main thread ends the process while a worker, which waits, is what holds everything. */
async function exitWithWorker(whole: Part): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...whole, ending: 'wait' } })
  await new Promise((resolve) => worker.once('message', resolve))
  await tell('attached')
  process.exit(7)
}

/** Resolves when the message is on its way: `process.exit()` drops what is not. */
async function tell(what: string): Promise<void> {
  if (parentPort === null) await new Promise((resolve) => process.send?.(what, undefined, undefined, resolve))
  else parentPort.postMessage(what)
}
