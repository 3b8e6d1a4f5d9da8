// Who wants to know when which ring buffer has something to read. The addon calls once for many.

import { native } from '../native.ts'
import type { RingReader } from './ring-reader.ts'

const sleepers = new Map<number, () => void>()
let installed = false

/**
 * Has `wake` called when the reader has something to read, or is closed, until {@link forgetWakeUp}. It must not throw:
 * there is nobody above it but the event loop.
 */
export function onWakeUp(reader: RingReader, wake: () => void): void {
  if (!installed) native().setRingWaker(wakeUp)
  installed = true
  // The kernel looks whether there is something already: what came since the last drain is not missed.
  reader.arm()
  sleepers.set(reader.id, wake)
}

/** Undoes {@link onWakeUp}. */
export function forgetWakeUp(reader: RingReader): void {
  sleepers.delete(reader.id)
}

function wakeUp(ids: readonly number[]): void {
  for (const id of ids) sleepers.get(id)?.()
}
