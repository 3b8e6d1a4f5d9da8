// A worker that runs a pinned program over and over, until it is ended.
import { parentPort, workerData } from 'node:worker_threads'
import { setImmediate as turn } from 'node:timers/promises'
import { CgroupSkb } from 'ayajs'
import { packet } from './globals.ts'

const program = CgroupSkb.fromPin(workerData as string, 'Egress')
const end = new AbortController()
parentPort?.once('message', () => end.abort())
while (!end.signal.aborted) {
  program.testRun({ packet, repeat: 2000 })
  parentPort?.postMessage('ran')
  await turn()
}
program.unload()
