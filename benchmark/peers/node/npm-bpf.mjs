// The peer of the package `bpf` on npm: `node npm-bpf.mjs PINS FOLDER`, where it is installed in the folder.

import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import {
  chunk,
  entries,
  keySize,
  makeSamples,
  packKeys,
  packValues,
  pieces,
  readBoth,
  readPackets,
  samples,
  totals,
  valueSize,
  writeIndex,
} from './data.mjs'
import { serve } from './serve.mjs'

const [pins, folder] = process.argv.slice(2)
const require = createRequire(resolve(folder, 'package.json'))
const { createMapRef, objGet, RawMap } = require('bpf')

const open = (name) => new RawMap(createMapRef(objGet(join(pins, name)), { transfer: true }))
const flows = open('flows')
const doomed = open('doomed')
const sums = open('totals')

const keys = pieces(packKeys(entries), keySize).map((bytes) => Buffer.from(bytes.buffer))
const values = pieces(packValues(entries), valueSize).map((bytes) => Buffer.from(bytes.buffer))
const sampleKeys = makeSamples((number) => Buffer.from(keys[number]))
const sampleValues = makeSamples((number) => Buffer.from(values[number]))
const pairs = keys.map((key, index) => [key, values[index]])
const chunks = Array.from({ length: entries / chunk }, (_, index) => pairs.slice(index * chunk, (index + 1) * chunk))

// Its maps do not know that values of per-CPU maps are larger: the kernel would write behind the buffer.
serve(require('bpf/package.json').version, {
  lookup(iterations) {
    const [out, view] = buffer(valueSize)
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      flows.get(sampleKeys[i % samples], 0, out)
      sum += readPackets(view, 0)
    }
    return sum
  },

  update(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      const sample = i % samples
      flows.set(sampleKeys[sample], sampleValues[sample])
      sum++
    }
    return sum
  },

  delete(iterations, watch) {
    for (let i = 0; i < iterations; i++) doomed.set(sampleKeys[i], sampleValues[i])
    watch.start()
    let sum = 0
    for (let i = 0; i < iterations; i++) if (doomed.delete(sampleKeys[i])) sum++
    return sum
  },

  'array-lookup'(iterations) {
    const [key, index] = buffer(4)
    const [out, view] = buffer(8)
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      writeIndex(index, i % totals)
      sums.get(key, 0, out)
      sum += readPackets(view, 0)
    }
    return sum
  },

  iterate(iterations) {
    let sum = 0
    for (let done = 0; done < iterations; done += entries) {
      for (const [key, value] of flows) sum += readBoth(key, value)
    }
    return sum
  },

  'batch-lookup'(iterations) {
    let sum = 0
    for (let done = 0; done < iterations; done += entries) {
      for (const batch of flows.getBatch(chunk)) for (const [key, value] of batch) sum += readBoth(key, value)
    }
    return sum
  },

  'batch-update'(iterations) {
    let sum = 0
    for (let done = 0; done < iterations; done += chunk) {
      const batch = chunks[(done % entries) / chunk]
      flows.setBatch(batch)
      sum += batch.length
    }
    return sum
  },
})

function buffer(size) {
  const bytes = Buffer.alloc(size)
  return [bytes, viewOf(bytes)]
}

function viewOf({ buffer: memory, byteOffset, byteLength }) {
  return new DataView(memory, byteOffset, byteLength)
}
