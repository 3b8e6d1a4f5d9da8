// The soak `events`: another process floods a ring buffer, which is read in every way in turn; what is produced is delivered or counted.

import { Ebpf } from 'ayajs'
import { commandOf, startChild, type Child } from '../__test__/helpers/children.ts'
import { fixturePath } from '../__test__/helpers/fixtures.ts'
import { makePinDirectory } from '../__test__/helpers/pins.ts'
import { ringOptions, withRing, type RingOptions } from '../__test__/helpers/rings.ts'
import type { Flood, Written } from './events-writer.ts'
import { manners } from './manners.ts'
import { pace } from './pace.ts'
import type { Running, Soak } from './soak.ts'
import type { Stage } from './stage.ts'

export const events: Soak = {
  name: 'events',
  summary: 'floods of a ring buffer, read in every way; produced = delivered + counted as lost',
  limit: { minutes: 30 },
  bounds: () => ({ descriptors: 0, objects: 0, rssBytes: 48 * 2 ** 20 }),
  warmUp: () => 4 * manners.length,
  start,
}

const flood: Flood = { runs: 50, times: 2_000 }
/** Small enough that a reader which pauses loses records. */
const ringSize = 2 ** 18

async function start(stage: Stage): Promise<Running> {
  const options: RingOptions = { size: ringSize, pin: `${makePinDirectory(stage)}/events` }
  const bpf = Ebpf.loadFile(fixturePath('ring'), ringOptions(options))
  stage.teardown(() => bpf.close())
  const { ring } = withRing(bpf)
  const writer = startChild(stage, commandOf('../../soak/events-writer.ts', JSON.stringify(options)))
  let written: Written = await writer.ask(noFlood)
  let delivered = 0
  return {
    async cycle(index) {
      const manner = manners[index % manners.length]
      const end = new AbortController()
      const flooded = floodOf(writer).finally(() => end.abort(over))
      const reading = manner?.({ ring, options, signal: end.signal }) ?? 0
      delivered += await settled(reading, flooded)
      written = await flooded
      delivered += ring.drain().count
      const accounted = delivered + written.lost
      if (accounted !== written.produced) {
        const figures = `${written.produced} produced, ${delivered} delivered, ${written.lost} lost`
        throw new Error(`${figures}, after reading by ${manner?.name}`)
      }
      await ownRing()
    },
    counts: () => ({ produced: written.produced, delivered, lost: written.lost }),
  }
}

const noFlood: Flood = { runs: 0, times: 0 }
const over = new Error('the flood is over')

async function floodOf(writer: Child): Promise<Written> {
  return writer.ask<Written>(flood)
}

/** What a reading gives; should it fail, the flood is waited for all the same. */
async function settled(reading: Promise<number> | number, flooded: Promise<unknown>): Promise<number> {
  const [read, wrote] = await Promise.allSettled([reading, flooded])
  if (read.status === 'rejected') throw read.reason
  if (wrote.status === 'rejected') throw wrote.reason
  return read.value
}

/** A ring that is opened, written to and closed within one cycle, now and then while a loop waits for it. */
async function ownRing(): Promise<void> {
  await pace()
  const bpf = Ebpf.loadFile(fixturePath('ring'), ringOptions({}))
  try {
    const { ring, write } = withRing(bpf)
    const waiting = ring.events().next()
    write(20)
    const { done } = await waiting
    const count = ring.stats().pendingBytes
    if (done === true || count === 0) throw new Error('a ring of its own was not read')
  } finally {
    bpf.close()
  }
}
