// Where things are: built peers, objects, results.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** What scripts/lib/peer-steps.mjs has built, and the results. */
export const built = join(root, '.cache/benchmark')

/** The compiled sources of benchmark/bpf. */
export const objects = {
  maps: join(root, 'benchmark/bpf/maps.bpf.o'),
  programs: join(root, 'benchmark/bpf/programs.bpf.o'),
  events: join(root, 'benchmark/bpf/events.bpf.o'),
} as const
