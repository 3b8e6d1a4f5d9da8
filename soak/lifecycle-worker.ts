// A worker of the soak `lifecycle`: does its cycles, then opens and attaches once more, and ends as it is told.

import { parentPort, workerData } from 'node:worker_threads'
import { Ebpf } from 'ayajs'
import { fixturePath, loaded } from '../__test__/helpers/fixtures.ts'
import { packet } from '../__test__/helpers/rings.ts'
import { pace } from './pace.ts'
import { cycle, type Place } from './ways.ts'
import type { Done, Task } from './workers.ts'

const { cgroup, pins, thread, sharedMap, cycles, ending } = workerData as Task

/** The packets of the main thread pass through these programs as well; what a worker sends are test runs. */
const place: Place = {
  cgroup,
  pins,
  thread,
  sharedMap,
  send: async (packets, program) => void program.testRun({ packet, repeat: packets }),
}

for (let index = 0; index < cycles; index++) {
  // Twenty threads leave programs to be freed at the same time.
  if (index % 3 === 0) await pace()
  const failing = await cycle(thread + index, place)
  parentPort?.postMessage({ failing } satisfies Done)
}
const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
loaded(bpf, 'count_egress').attach(cgroup, 'Egress')
bpf.takeMap('packets')
if (ending === 'throw') throw new Error('on purpose')
if (ending === 'exit') process.exit(0)
