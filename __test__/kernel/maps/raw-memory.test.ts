// The memory that elements are read and written through: nothing that is done to it, or to its functions, does harm.
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import * as native from 'ayajs/native'
import { commandOf, startChild } from '../../helpers/children.ts'
import { control, elementCalls, functions, run } from '../../helpers/element-calls.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { makeRawMap } from '../../helpers/raw-maps.ts'

leaveNothingBehind(test)

const shared = (size: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(size))

const refused: readonly { what: string; memory: unknown; code: string }[] = [
  { what: 'nothing', memory: undefined, code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a number', memory: 7, code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a SharedArrayBuffer itself', memory: new SharedArrayBuffer(64), code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'memory that can be detached', memory: new Uint8Array(64), code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a Buffer of the pool', memory: Buffer.alloc(64), code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'words', memory: new Uint32Array(new SharedArrayBuffer(64)), code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a DataView', memory: new DataView(new SharedArrayBuffer(64)), code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'memory at an odd place', memory: shared(72).subarray(1), code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a proxy', memory: new Proxy(shared(64), {}), code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'one byte too few', memory: shared(23), code: 'ERR_OUT_OF_RANGE' },
  { what: 'an end too near', memory: shared(64).subarray(48), code: 'ERR_OUT_OF_RANGE' },
]

for (const { what, memory, code } of refused) {
  test(`MapData.element refuses ${what} as memory with ${code}`, (t) => {
    const { native: map } = makeRawMap(t)
    t.is(map.elementLayout().size, 24)
    t.throws(() => map.element(memory as Uint8Array), { code })
  })
}

for (const { what, memory, code } of refused.filter((row) => row.what !== 'one byte too few')) {
  test(`elementFunctions refuses ${what} as control with ${code}`, (t) => {
    const words = code === 'ERR_OUT_OF_RANGE' ? (memory as Uint8Array).subarray(8) : memory
    t.throws(() => native.elementFunctions(words as Uint8Array), { code })
  })
}

test('MapData.element takes larger memory, from any multiple of 8 on', (t) => {
  const { native: map } = makeRawMap(t)
  const memory = shared(4096).subarray(8)
  const call = elementCalls(map, memory)
  memory.set([1, 2, 3, 4], map.elementLayout().key)
  memory.set([9], map.elementLayout().value)
  t.is(call.update(), 0)
  t.is(call.firstKey(), 0)
  t.deepEqual([...memory.subarray(map.elementLayout().nextKey).subarray(0, 4)], [1, 2, 3, 4])
})

test('the memory of elements is bounded by its layout, key, value and next key apart', (t) => {
  const { native: map } = makeRawMap(t, { mapType: 'PerCpuHash', keySize: 5, valueSize: 3 })
  const { key, value, nextKey, size } = map.elementLayout()
  const { valueBytes } = map.shape()
  t.deepEqual([key, value, nextKey, size], [0, 8, 8 + valueBytes, 16 + valueBytes])
  const memory = shared(size + 64).fill(0xaa)
  const call = elementCalls(map, memory)
  t.is(call.update(), 0)
  t.is(call.lookup(), 0)
  t.is(call.firstKey(), 0)
  t.true(memory.subarray(size).every((byte) => byte === 0xaa))
})

test('functions of elements ignore arguments and receiver, and return nothing', (t) => {
  const { native: map } = makeRawMap(t)
  control[0] = map.element(shared(64)).index
  for (const one of Object.values(functions)) {
    const odd = one as (this: unknown, ...args: unknown[]) => unknown
    for (const receiver of [undefined, null, 7, map, functions, {}])
      t.is(odd.call(receiver, 1, Symbol('x'), {}), undefined)
    t.is(typeof Reflect.construct(odd, []), 'object')
  }
})

test('functions of elements give -1 where no element has the index, whatever it is', (t) => {
  const { native: map } = makeRawMap(t)
  const element = map.element(shared(64))
  t.is(run('update', element.index), 0)
  for (const index of [-1, 2 ** 31 - 1, -(2 ** 31), 1_000_000]) {
    for (const command of Object.keys(functions) as (keyof typeof functions)[]) t.is(run(command, index), -1)
  }
})

test('functions of elements pass all 64 bits of the flags on', (t) => {
  const { native: map } = makeRawMap(t)
  const element = map.element(shared(64))
  const update = (low: number, high: number): number => {
    control.set([element.index, 0, low, high])
    functions.update()
    return control[1] ?? NaN
  }
  t.is(update(1, 0), 0)
  t.is(update(1, 0), constants.errno.EEXIST)
  t.is(update(0, 1), constants.errno.EINVAL)
})

test('each set of functions has its own control, and all find the same elements', (t) => {
  const { native: map } = makeRawMap(t)
  const element = map.element(shared(64))
  const words = new Int32Array(new SharedArrayBuffer(16))
  const others = native.elementFunctions(new Uint8Array(words.buffer))
  control.fill(0)
  words.set([element.index, 7, 0, 0])
  others.update()
  t.deepEqual([...words], [element.index, 0, 0, 0])
  t.deepEqual([...control], [0, 0, 0, 0])
})

test('functions of elements give -1 after the map is closed, and explain throws ERR_EBPF_CLOSED', (t) => {
  const { native: map } = makeRawMap(t)
  const call = elementCalls(map, shared(64))
  map.close()
  for (const one of Object.values(call)) t.is((one as () => number)(), -1)
  t.throws(() => map.explain('BPF_MAP_LOOKUP_ELEM', -1, 0), { code: 'ERR_EBPF_CLOSED' })
  t.throws(() => elementCalls(map, shared(64)), { code: 'ERR_EBPF_CLOSED' })
  t.throws(() => map.elementLayout(), { code: 'ERR_EBPF_CLOSED' })
})

test('functions of elements give -1 after the object of the map is closed', (t) => {
  const ebpf = new native.EbpfLoader().load(readFileSync(new URL('../../fixtures/maps.bpf.o', import.meta.url)))
  const map = ebpf.map('hash')
  const call = map === null ? undefined : elementCalls(map, shared(64))
  t.is(call?.update(), 0)
  ebpf.close()
  t.is(call?.update(), -1)
})

const unexplained: readonly { command: string; errno: number; code: string }[] = [
  { command: 'BPF_PROG_LOAD', errno: 1, code: 'ERR_INVALID_ARG_VALUE' },
  { command: '', errno: 1, code: 'ERR_INVALID_ARG_VALUE' },
  { command: 'BPF_MAP_LOOKUP_ELEM', errno: 0, code: 'ERR_OUT_OF_RANGE' },
  { command: 'BPF_MAP_LOOKUP_ELEM', errno: -1, code: 'ERR_OUT_OF_RANGE' },
  { command: 'BPF_MAP_LOOKUP_ELEM', errno: 4096, code: 'ERR_OUT_OF_RANGE' },
  { command: 'BPF_MAP_LOOKUP_ELEM', errno: NaN, code: 'ERR_OUT_OF_RANGE' },
  { command: 'BPF_MAP_LOOKUP_ELEM', errno: 4095, code: 'ERR_EBPF_MAP' },
]

for (const { command, errno, code } of unexplained) {
  test(`MapData.explain throws ${code} for ${errno} of "${command}"`, (t) => {
    const { native: map } = makeRawMap(t)
    t.throws(() => map.explain(command, errno, 0), { code })
  })
}

/** A worker that writes into `memory` until it ends. */
async function scribbler(memory: Uint8Array): Promise<{ readonly ended: Promise<unknown> }> {
  const code = `
    const { workerData, parentPort } = require('node:worker_threads')
    parentPort.postMessage('ready')
    for (let i = 0; i < 3e6; i++) workerData[i % workerData.length] = i
  `
  const worker = new Worker(code, { eval: true, execArgv: [], workerData: memory })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  await new Promise((resolve) => worker.once('message', resolve))
  return { ended }
}

test('memory of elements that another thread writes to does no harm', async (t) => {
  const { native: map } = makeRawMap(t, { maxEntries: 16 })
  const memory = shared(64)
  const call = elementCalls(map, memory)
  const { ended } = await scribbler(memory)
  const allowed = new Set([0, 2, 7, 17, 22])
  for (let round = 0; round < 20_000; round++) {
    for (const one of [call.update, call.lookup, call.delete, call.nextKey]) {
      if (!allowed.has(one())) t.fail(`errno ${one()}`)
    }
  }
  await ended
  t.pass()
})

test('control of elements that another thread writes to does no harm', async (t) => {
  const { native: map } = makeRawMap(t, { maxEntries: 16 })
  const elements = Array.from({ length: 256 }, () => map.element(shared(24)))
  const memory = shared(16)
  const { update, lookup, nextKey } = native.elementFunctions(memory)
  const { ended } = await scribbler(memory)
  for (let round = 0; round < 20_000; round++) for (const one of [update, lookup, nextKey]) one()
  await ended
  t.is(new Set(elements.map(({ index }) => index)).size, 256)
})

test('functions and memory of elements survive each other in whatever order they are collected', async (t) => {
  const child = startChild(t, commandOf('./elements-churn.ts'))
  t.deepEqual(await child.next(), { collected: true, wrong: 0 })
  t.deepEqual(await child.ended, { code: 0, signal: null, stderr: '' })
})
