// Live measurements: what is made of what a contender has seen, with a contender and a writer that do nothing.
import test from 'ava'
import { contenders } from '../../../benchmark/contenders.ts'
import type { EventWriter } from '../../../benchmark/events.ts'
import { figures, measureLive } from '../../../benchmark/live.ts'
import type { LiveMeasurement, Peer } from '../../../benchmark/peer.ts'
import { floodRows, pacedRows, type Traffic } from '../../../benchmark/ring-rows.ts'

const seen: LiveMeasurement = {
  records: 500,
  elapsedNs: 1_000_000,
  cpuNs: 50_000,
  switches: 2,
  p50Ns: 3_000,
  p99Ns: 9_000,
}

test('figures are for each record that was received', (t) => {
  const found = figures('flood', 1000, { ...seen, stallNs: 2_500_000 })
  t.deepEqual(Object.fromEntries(found), {
    'flood-time': 2_000,
    'flood-cpu': 100,
    'flood-lost': 50,
    'flood-wake-ups': 4,
    'flood-stall': 2_500_000,
  })
})

test('figures are those of the rows that there are', (t) => {
  t.deepEqual([...figures('paced', 500, seen).keys()].toSorted(), pacedRows.map(({ name }) => name).toSorted())
  t.false(figures('flood', 500, seen).has('flood-stall'))
})

const traffic: Traffic = { name: 'flood', records: 1000, burst: 300, everyMs: 0 }
const everyone = contenders.filter(({ name }) => name === 'c' || name === 'go')

/** A peer that has seen the same each time. */
function peer(name: string, live: Peer['live']): Peer {
  return { contender: everyone.find((one) => one.name === name), rows: ['live'], live } as unknown as Peer
}

/** A writer that notes what it was asked for. */
function writer(written: string[]): EventWriter {
  return {
    begin: () => void written.push('begin'),
    write: (size: number, count: number) => void written.push(`${count} of ${size}`),
    end: async () => void written.push('end'),
  } as unknown as EventWriter
}

const plan = { rounds: 2, warmUps: 1, progress: () => {} }

test('each round writes all records in bursts, and the last one', async (t) => {
  const written: string[] = []
  const peers = [peer('c', async (write) => (await write(), seen))]
  await measureLive(traffic, everyone, peers, writer(written), { ...plan, rounds: 1, warmUps: 0 })
  t.deepEqual(written, ['begin', '300 of 64', '300 of 64', '300 of 64', '100 of 64', 'end'])
})

test('all rows of the traffic have the rounds that count', async (t) => {
  const results = await measureLive(traffic, everyone, [peer('c', async () => seen)], writer([]), plan)
  t.deepEqual(
    results.map(({ name }) => name),
    floodRows.map(({ name }) => name),
  )
  t.deepEqual(results[0]?.series, [
    { contender: 'c', samples: [2_000, 2_000] },
    { contender: 'go', samples: [], missing: 'not measured' },
  ])
})

test('a contender that fails is out, with the reason', async (t) => {
  let calls = 0
  const failing = peer('go', async () => {
    if (++calls === 3) throw new Error('Go: live: error full')
    return seen
  })
  const results = await measureLive(traffic, everyone, [failing], writer([]), plan)
  t.deepEqual(results[0]?.series[1], { contender: 'go', samples: [], missing: 'failed: Go: live: error full' })
})
