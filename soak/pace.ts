// How fast programs may come and go: the kernel frees them late, and is not to have many of them waiting.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Programs that are in use, or wait to be freed. Some kernels lock up when a thousand wait. */
const mostPrograms = 200
/** Far longer than the kernel needs for one of them. */
const patienceMs = 30_000
const pollMs = 5

/**
 * How many programs have memory in the kernel, loaded ones and such as wait to be freed, for which ids tell nothing:
 * each has an area of its own that `bpf_prog_alloc` has asked for (kernel/bpf/core.c). `undefined` where that is not told.
 */
export function programsInMemory(): number | undefined {
  try {
    const areas = readFileSync('/proc/vmallocinfo', 'latin1')
    return areas.includes(' bpf_') ? (areas.match(/ bpf_prog_alloc/g)?.length ?? 0) : undefined
  } catch {
    return undefined
  }
}

/**
 * Waits until few programs are in the kernel's memory.
 *
 * @throws {Error} When their number does not fall: the kernel has ceased to free them.
 */
export async function pace(most: number = mostPrograms): Promise<void> {
  const end = performance.now() + patienceMs
  for (let count = programsInMemory(); count !== 0; count = programsInMemory()) {
    // Without figures, a pause as long as a grace period usually is.
    if (count === undefined) return void (await sleep(20))
    if (count <= most) return
    if (performance.now() > end) throw new Error(`the kernel frees no programs any more: it has ${count}`)
    await sleep(pollMs)
  }
}
