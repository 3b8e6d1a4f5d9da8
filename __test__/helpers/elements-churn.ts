// A child that makes elements by the thousand, drops them in every order, here and in workers that are ended.
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import * as native from 'ayajs/native'
import { elementCalls, type ElementCalls } from './element-calls.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const map = native.MapData.create({ mapType: 'Hash', keySize: 4, valueSize: 8, maxEntries: 4096, name: 'churn' })
const layout = map.elementLayout()

/** One handle: its commands, and the memory that they work on. */
function make(index: number): { call: ElementCalls; memory: Uint8Array } {
  const memory = new Uint8Array(new SharedArrayBuffer(layout.size))
  memory[layout.key] = index & 255
  memory[layout.value] = index & 255
  return { call: elementCalls(map, memory), memory }
}

let wrong = 0
const kept: (() => number)[] = []
const collected = new Set<number>()
const gone = new FinalizationRegistry<number>((round) => collected.add(round))

for (let round = 0; round < 20; round++) {
  for (let index = 0; index < 500; index++) {
    const { call, memory } = make(index)
    gone.register(memory.buffer, round)
    if (call.update() !== 0 || call.lookup() !== 0 || memory[layout.value] !== (index & 255)) wrong++
    // Of some, one command outlives the memory's last name; of some, the memory outlives the element.
    if (index % 50 === 0) kept.push(call.lookup)
  }
  collect()
  await new Promise((resolve) => setImmediate(resolve))
  for (const lookup of kept) if (lookup() !== 0) wrong++
}

const code = `
  const native = require(${JSON.stringify(new URL('../../index.js', import.meta.url).pathname)})
  const map = native.MapData.fromId(${map.info().id})
  const memory = new Uint8Array(new SharedArrayBuffer(64))
  const words = new Int32Array(new SharedArrayBuffer(16))
  const call = native.elementFunctions(new Uint8Array(words.buffer))
  const element = map.element(memory)
  words[0] = element.index
  process.on('exit', () => call.lookup())
  require('node:worker_threads').parentPort.postMessage(memory)
  const run = () => { for (let i = 0; i < 1000; i++) call.lookup(); setImmediate(run) }
  run()
`
for (let round = 0; round < 10; round++) {
  const worker = new Worker(code, { eval: true, execArgv: [] })
  const [memory] = (await once(worker, 'message')) as [Uint8Array]
  await worker.terminate()
  memory.fill(round) // Its other owner is no more.
}

for (let wait = 0; wait < 200 && collected.size === 0; wait++) {
  collect()
  await new Promise((resolve) => setImmediate(resolve))
}
map.close()
for (const lookup of kept) if (lookup() !== -1) wrong++
process.send?.({ collected: collected.size > 0, wrong }, () => process.disconnect())
