// Gives the kernel time to free the programs of the row `load`, which it does late: it dies of too many at once.

import { setTimeout as sleep } from 'node:timers/promises'
import { loadedPrograms } from 'ayajs'

/** What the names of the programs in benchmark/bpf/programs.bpf.c begin with. */
const prefix = 'bench_'

/** A measurement frees 20 programs: with this pause, that is 80 a second. */
const pauseMs = 250

const deadlineMs = 30_000

/** Waits until the programs of the measurement before are gone. */
export async function untilFreed(): Promise<void> {
  await sleep(pauseMs)
  for (const started = performance.now(); left() > 0; await sleep(pauseMs)) {
    if (performance.now() - started > deadlineMs) throw new Error(`${left()} programs of the benchmark stay loaded`)
  }
}

function left(): number {
  return loadedPrograms().filter(({ name }) => name.startsWith(prefix)).length
}
