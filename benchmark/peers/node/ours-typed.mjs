// The peer of this package with the types of the maps' BTF, and the row about loading: `node ours-typed.mjs PINS OBJECT`.

import { dirname, join } from 'node:path'
import { ArrayMap, Ebpf, HashMap, PerCpuHashMap } from 'ayajs'
import { chunk, cpuEntries, entries, makeFlow, makeKey, makeSamples, samples, totals } from './data.mjs'
import { serve } from './serve.mjs'

const [pins, object] = process.argv.slice(2)
const flows = HashMap.fromPin(join(pins, 'flows'))
const doomed = HashMap.fromPin(join(pins, 'doomed'))
const cpuFlows = PerCpuHashMap.fromPin(join(pins, 'cpu_flows'))
const sums = ArrayMap.fromPin(join(pins, 'totals'))
const events = Ebpf.loadFile(join(dirname(object), 'events.bpf.o'), { defaultMapPinDirectory: pins })
const { globals } = events

const keys = Array.from({ length: entries }, (_, number) => makeKey(number))
const pairs = keys.map((key, number) => [key, makeFlow(number)])
const chunks = Array.from({ length: entries / chunk }, (_, index) => pairs.slice(index * chunk, (index + 1) * chunk))
const sampleKeys = makeSamples(makeKey)
const sampleFlows = makeSamples(makeFlow)
const cpuSampleKeys = makeSamples(makeKey, cpuEntries)

serve('', {
  lookup(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) sum += Number(flows.get(sampleKeys[i % samples]).packets)
    return sum
  },

  update(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      const sample = i % samples
      flows.set(sampleKeys[sample], sampleFlows[sample])
      sum++
    }
    return sum
  },

  delete(iterations, watch) {
    for (let i = 0; i < iterations; i++) doomed.set(sampleKeys[i], sampleFlows[i])
    watch.start()
    let sum = 0
    for (let i = 0; i < iterations; i++) if (doomed.delete(sampleKeys[i])) sum++
    return sum
  },

  'array-lookup'(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) sum += Number(sums.get(i % totals))
    return sum
  },

  'per-cpu-lookup'(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      for (const { packets } of cpuFlows.get(cpuSampleKeys[i % samples])) sum += Number(packets)
    }
    return sum
  },

  'global-read'(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) sum += globals.measured_global
    return sum
  },

  'global-write'(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      globals.measured_global = 1
      sum++
    }
    return sum
  },

  iterate(iterations) {
    return walk(iterations)
  },

  'batch-update'(iterations) {
    let sum = 0
    for (let done = 0; done < iterations; done += chunk) {
      flows.setAll(chunks[(done % entries) / chunk])
      sum += chunk
    }
    return sum
  },

  // The typed way to read in batches is to iterate.
  'batch-lookup'(iterations) {
    return walk(iterations)
  },

  load(iterations) {
    let sum = 0
    for (let i = 0; i < iterations; i++) {
      const bpf = Ebpf.loadFile(object)
      for (const [, program] of bpf.programs()) program.load()
      bpf.close()
      sum++
    }
    return sum
  },
})

function walk(iterations) {
  let sum = 0
  for (let done = 0; done < iterations; done += entries) {
    for (const [key, flow] of flows) sum += Number(flow.packets) + key.protocol
  }
  return sum
}
