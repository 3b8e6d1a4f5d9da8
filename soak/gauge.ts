// What may grow: descriptors and memory of this process, and what the kernel has come to hold for us.

import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { objectNames, objectsSince } from '../__test__/helpers/kernel-objects.ts'
import { untilNone } from '../__test__/helpers/poll.ts'

/** A reading, or the difference of two. */
export interface Gauge {
  /** Open descriptors of this process, of whatever kind. */
  readonly descriptors: number
  /** Resident memory in bytes, after a garbage collection where Node was started with `--expose-gc`. */
  readonly rssBytes: number
  /** Programs, maps, links and BTF that came since the meter was made, and that no process but ours holds. */
  readonly objects: number
}

/** Longer than the kernel usually needs to free what is closed. */
const steadyMs = 200

/** Takes readings, with one idea of what was there before. */
export class Meter {
  readonly #before = objectNames()

  read(): Gauge {
    // What the first one finds, wrappers of native objects for one, only the second one gives back.
    for (let times = 0; times < 2; times++) globalThis.gc?.()
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      rssBytes: process.memoryUsage.rss(),
      objects: this.left().length,
    }
  }

  /**
   * A reading when there are no more objects than expected, or it takes too long: the kernel frees them some time after
   * the last descriptor is closed.
   */
  async settled(expectedObjects: number): Promise<Gauge> {
    let objects = 0
    await untilNone(() => ((objects = this.left().length) > expectedObjects ? ['more'] : []))
    return { ...this.read(), objects }
  }

  /** A reading when the number of objects has ceased to change. */
  async steady(): Promise<Gauge> {
    let last = -1
    await untilNone(async () => {
      await sleep(steadyMs)
      const count = this.left().length
      const changed = count !== last
      last = count
      return changed ? ['changed'] : []
    })
    return this.read()
  }

  /** The objects, by kind, id and name. What other processes make and close while this looks is not there twice. */
  left(): readonly string[] {
    const first = objectsSince(this.#before)
    if (first.length === 0) return first
    const second = new Set(objectsSince(this.#before))
    return first.filter((object) => second.has(object))
  }
}

/** How much has come between two readings. */
export function growth(before: Gauge, after: Gauge): Gauge {
  return {
    descriptors: after.descriptors - before.descriptors,
    rssBytes: after.rssBytes - before.rssBytes,
    objects: after.objects - before.objects,
  }
}
