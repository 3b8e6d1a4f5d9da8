// Copies of bytes that share memory, as small Buffers of Node do.

import type * as WorkerThreads from 'node:worker_threads'

/** What larger ones share would be used up by a few of them. */
export const mostPooled = 2048

/** That of Node's pool. */
const poolSize = 8192

let pool = new Uint8Array(0)
let used = 0

/**
 * A copy of some bytes, {@link mostPooled} at most, in memory that other copies have a share in: an ArrayBuffer of its own
 * takes five times as long to make and to collect as a copy of some hundred bytes.
 */
export function pooledCopy(bytes: Uint8Array, offset: number, size: number): Uint8Array {
  if (used + size > pool.length) renew()
  const copy = new Uint8Array(pool.buffer, used, size)
  copy.set(bytes.subarray(offset, offset + size))
  used += (size + 7) & ~7
  return copy
}

function renew(): void {
  pool = new Uint8Array(poolSize)
  used = 0
  // Who transfers one copy to another thread would take all others away.
  threads ??= require('node:worker_threads') as typeof WorkerThreads
  threads.markAsUntransferable(pool.buffer)
}

/** Loaded on first use: it takes two milliseconds. */
let threads: typeof WorkerThreads | undefined
