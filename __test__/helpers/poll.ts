// Waiting for what comes late: the kernel frees programs, maps and links some time after the last descriptor is closed.
import { setTimeout as sleep } from 'node:timers/promises'

/** How much slower this machine is than others: `npm run test:kernels` emulates CPUs. */
export const slowness = Number(process.env['AYAJS_TEST_SLOWNESS'] ?? 1)

/** How long anything may take before it counts as never; far above what a loaded machine needs. */
export const deadlineMs = 45_000 * slowness

/**
 * Asks until there is nothing left to complain of.
 *
 * @returns The complaints at the deadline; none when all went well.
 */
export async function untilNone<T>(complaints: () => readonly T[] | Promise<readonly T[]>): Promise<readonly T[]> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const left = await complaints()
    if (left.length === 0 || Date.now() > end) return left
    await sleep(20)
  }
}

/** Asks until the answer is yes; whether it ever was. */
export async function until(holds: () => boolean): Promise<boolean> {
  const left = await untilNone(() => (holds() ? [] : ['no']))
  return left.length === 0
}
