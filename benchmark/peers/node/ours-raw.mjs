// The peer of this package with keys and values as bytes: `node ours-raw.mjs PINS`.

import { join } from 'node:path'
import { BytesMap } from 'ayajs'
import {
  chunk,
  cpuEntries,
  entries,
  keySize,
  makeSamples,
  packKeys,
  packValues,
  pieces,
  readBoth,
  readPackets,
  readProtocol,
  samples,
  totals,
  valueSize,
  writeIndex,
} from './data.mjs'
import { serve } from './serve.mjs'

const [pins] = process.argv.slice(2)
const open = (name) => BytesMap.fromPin(join(pins, name))
const flows = open('flows')
const doomed = open('doomed')
const cpuFlows = open('cpu_flows')
const sums = open('totals')

const [packedKeys, packedValues] = [packKeys(entries), packValues(entries)]
const [keys, values] = [pieces(packedKeys, keySize), pieces(packedValues, valueSize)]
const sampleKeys = makeSamples((number) => keys[number].slice())
const sampleValues = makeSamples((number) => values[number].slice())
const cpuSampleKeys = makeSamples((number) => keys[number].slice(), cpuEntries)

serve('', {
  fill() {
    flows.setBatch(packedKeys, packedValues)
    for (let number = 0; number < cpuEntries; number++) cpuFlows.set(keys[number], eachCpu(values[number]))
    for (let index = 0; index < totals; index++)
      sums.set(new Uint32Array([index]).buffer, new BigUint64Array([BigInt(index + 1)]).buffer)
    return 0
  },

  lookup(iterations) {
    const [value, view] = memory(valueSize)
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      flows.getInto(sampleKeys[i % samples], value)
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
    const [key, index] = memory(4)
    const [value, view] = memory(8)
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      writeIndex(index, i % totals)
      sums.getInto(key, value)
      sum += readPackets(view, 0)
    }
    return sum
  },

  'per-cpu-lookup'(iterations) {
    const [value, view] = memory(cpuFlows.valueBytes)
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      cpuFlows.getInto(cpuSampleKeys[i % samples], value)
      for (let at = 0; at < value.length; at += valueSize) sum += readPackets(view, at)
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

  'batch-update'(iterations) {
    let sum = 0
    for (let done = 0; done < iterations; done += chunk) {
      const [from, to] = [done % entries, (done % entries) + chunk]
      flows.setBatch(
        packedKeys.subarray(from * keySize, to * keySize),
        packedValues.subarray(from * valueSize, to * valueSize),
      )
      sum += chunk
    }
    return sum
  },

  'batch-lookup'(iterations) {
    const [keyMemory, keyView] = memory(chunk * keySize)
    const [valueMemory, valueView] = memory(chunk * valueSize)
    const into = { keys: keyMemory, values: valueMemory }
    let sum = 0
    for (let done = 0; done < iterations; done += entries) {
      for (const { count } of flows.batches({ into })) {
        for (let index = 0; index < count; index++)
          sum += readPackets(valueView, index * valueSize) + readProtocol(keyView, index * keySize)
      }
    }
    return sum
  },
})

function eachCpu(value) {
  const bytes = new Uint8Array(cpuFlows.valueBytes)
  for (let at = 0; at < bytes.length; at += valueSize) bytes.set(value, at)
  return bytes
}

function memory(size) {
  const bytes = new Uint8Array(size)
  return [bytes, viewOf(bytes)]
}

function viewOf({ buffer, byteOffset, byteLength }) {
  return new DataView(buffer, byteOffset, byteLength)
}
