// The soak `lifecycle`: load, attach, traffic, detach, close, and every tenth time a load that fails; alone, or in workers too.

import { Ebpf } from 'ayajs'
import { makeCgroup } from '../__test__/helpers/cgroup.ts'
import { fixturePath, mapOf } from '../__test__/helpers/fixtures.ts'
import { makePinDirectory } from '../__test__/helpers/pins.ts'
import { startTraffic } from '../__test__/helpers/traffic.ts'
import { pace } from './pace.ts'
import type { Running, Soak } from './soak.ts'
import type { Stage } from './stage.ts'
import { cycle, type Place } from './ways.ts'
import { Crew } from './workers.ts'

export const lifecycle: Soak = {
  name: 'lifecycle',
  summary: 'load, attach, traffic, detach, close; every tenth a load that fails',
  limit: { cycles: 110_000 },
  // Memory that threads have used and freed is partly kept by malloc.
  bounds: (workers) => ({ descriptors: 0, objects: 0, rssBytes: (32 + 4 * workers) * 2 ** 20 }),
  warmUp: (workers) => 400 + 50 * workers,
  start: (stage, workers) => (workers === 0 ? alone(stage) : inWorkers(stage, workers)),
}

/** How many programs at most a few cycles leave to be freed: some load two. */
const cyclesPerPace = 10

function alone(stage: Stage): Running {
  const place = makePlace(stage)
  const counts = { 'failing loads': 0 }
  return {
    async cycle(index) {
      if (index % cyclesPerPace === 0) await pace()
      if (await cycle(index, place)) counts['failing loads']++
    },
    counts: () => counts,
  }
}

/** What workers do goes on while this thread does the same: each cycle of its own counts together with theirs. */
function inWorkers(stage: Stage, count: number): Running {
  const place = makePlace(stage)
  const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
  stage.teardown(() => bpf.close())
  const crew = new Crew(stage, count, place, mapOf(bpf, 'packets').info().id)
  let failing = 0
  return {
    async cycle(index) {
      if (index % cyclesPerPace === 0) await pace()
      const theirs = await crew.next()
      if (await cycle(index, place)) failing++
      return theirs + 1
    },
    rest: () => crew.rest(),
    counts: () => ({ 'failing loads': failing + crew.failing, workers: crew.ended }),
  }
}

function makePlace(stage: Stage): Place {
  const cgroup = makeCgroup(stage)
  const traffic = startTraffic(stage, cgroup)
  return {
    cgroup: cgroup.path,
    pins: makePinDirectory(stage),
    thread: 0,
    async send(datagrams) {
      const { sent } = await traffic.udp(datagrams)
      if (sent !== datagrams) throw new Error(`only ${sent} of ${datagrams} datagrams were sent`)
    },
  }
}
