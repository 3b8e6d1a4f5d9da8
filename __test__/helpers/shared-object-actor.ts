// A child that opens an object in shared memory while a worker changes the size of its `.bss`, and tells how often it could.
import { readFileSync } from 'node:fs'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { Ebpf } from 'ayajs'
import { fixturePath } from './fixtures.ts'

/** Where the size of a section is in the file: `sh_size` of its header. */
function placeOfSize(object: Buffer, section: string): number {
  const headers = Number(object.readBigUInt64LE(40))
  const header = (index: number): number => headers + 64 * index
  const names = Number(object.readBigUInt64LE(header(object.readUInt16LE(62)) + 24))
  for (let index = 0; index < object.readUInt16LE(60); index++) {
    const name = names + object.readUInt32LE(header(index))
    if (object.toString('latin1', name, name + section.length + 1) === `${section}\0`) return header(index) + 32
  }
  throw new Error(`there is no section ${section}`)
}

if (isMainThread) {
  const object = readFileSync(fixturePath('maps'))
  const shared = new Uint8Array(new SharedArrayBuffer(object.length))
  shared.set(object)
  const done = new Int32Array(new SharedArrayBuffer(4))
  const data = { shared, at: placeOfSize(object, '.bss'), done }
  const worker = new Worker(new URL(import.meta.url), { workerData: data })
  await new Promise((resolve) => worker.once('message', resolve))
  let opened = 0
  for (let turn = 0; turn < 300; turn++) {
    try {
      Ebpf.load(shared).close()
      opened++
    } catch (error) {
      if (!('code' in (error as Error))) throw error
    }
  }
  Atomics.store(done, 0, 1)
  process.send?.({ opened })
  process.disconnect()
} else {
  const { shared, at, done } = workerData as { shared: Uint8Array; at: number; done: Int32Array }
  const view = new DataView(shared.buffer)
  const size = view.getBigUint64(at, true)
  parentPort?.postMessage('ready')
  while (Atomics.load(done, 0) === 0) {
    view.setBigUint64(at, 1n << 45n, true)
    view.setBigUint64(at, size, true)
    for (let rest = 0; rest < 3000; rest++);
  }
}
