// The peer of this package that drains a ring buffer, in one of three ways: `node ours-ring.mjs bytes|objects|each PINS OBJECT`.

import { Ebpf, RingBuf } from 'ayajs'
import { lastEvent, measureLive, now } from './ring-live.mjs'
import { serve } from './serve.mjs'

const [way, pins, object] = process.argv.slice(2)
const bpf = Ebpf.loadFile(object, { defaultMapPinDirectory: pins })
const ring = RingBuf.tryFrom(bpf.map('ring'))
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Each drains as many records as were asked for, and adds up their numbers. */
const drains = {
  async bytes(_, iterations) {
    let [sum, left] = [0, iterations]
    for await (const batch of ring.batches({ reuse: true })) {
      sum += addNumbers(batch)
      left -= batch.count
      if (left <= 0) break
    }
    return sum
  },

  async objects(typed, iterations) {
    let [sum, left] = [0, iterations]
    for await (const batch of typed.batches({ reuse: true })) {
      sum += addDecoded(batch)
      left -= batch.count
      if (left <= 0) break
    }
    return sum
  },

  async each(typed, iterations) {
    let [sum, left] = [0, iterations]
    for await (const { number } of typed) {
      sum += number
      if (--left === 0) break
    }
    return sum
  },
}

/** Each reads until the last record. */
const lives = {
  async bytes(_, notes) {
    for await (const batch of ring.batches({ reuse: true })) {
      if (noteBytes(batch, notes, now())) return
    }
  },

  async objects(typed, notes) {
    for await (const batch of typed.batches({ reuse: true })) {
      if (noteDecoded(batch, notes, now())) return
    }
  },

  async each(typed, notes) {
    for await (const { time_ns, number } of typed) {
      if (number === lastEvent) return
      notes.add(Number(time_ns), now())
    }
  },
}

const drain = (size) => async (iterations, watch) => {
  const typed = ring.as(`event_${size}`)
  // Opens the reader. Others have read since: it has to be a new one.
  ring.stats()
  watch.start()
  const sum = await drains[way](typed, iterations)
  watch.stop()
  ring.close()
  return sum
}

serve(
  '',
  { 'ring-16': drain(16), 'ring-64': drain(64), 'ring-512': drain(512) },
  {
    async live() {
      try {
        ring.stats()
        return await measureLive((notes) => lives[way](ring.as('event_64'), notes))
      } finally {
        ring.close()
      }
    },
  },
)

// Loops of their own: in an async function V8 takes twice as long for the same loop.

function addNumbers(batch) {
  const { count, view } = batch
  let sum = 0
  for (let index = 0; index < count; index++) sum += view.getUint32(batch.offset(index) + 8, littleEndian)
  return sum
}

/** What was decoded last: a variable that lives on, or else V8 would leave the decoding out. */
export let decoded

function addDecoded(batch) {
  let sum = 0
  for (const event of batch) {
    decoded = event
    sum += event.number
  }
  return sum
}

/** True when it has come to the last record. */
function noteBytes(batch, notes, time) {
  const { count, view } = batch
  for (let index = 0; index < count; index++) {
    const at = batch.offset(index)
    if (view.getUint32(at + 8, littleEndian) === lastEvent) return true
    notes.add(nanoseconds(view, at), time)
  }
  return false
}

/** As {@link noteBytes}. */
function noteDecoded(batch, notes, time) {
  for (const event of batch) {
    decoded = event
    if (event.number === lastEvent) return true
    notes.add(Number(event.time_ns), time)
  }
  return false
}

/** A 64-bit number that is small enough, without a bigint. */
function nanoseconds(view, at) {
  const [low, high] = littleEndian ? [at, at + 4] : [at + 4, at]
  return view.getUint32(high, littleEndian) * 2 ** 32 + view.getUint32(low, littleEndian)
}
