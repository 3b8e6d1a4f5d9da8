// The maps that all contenders open: made from one object, pinned in a folder of their own while the benchmark runs.

import { mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Ebpf } from 'ayajs'
import { objects } from './places.ts'

const mount = '/sys/fs/bpf'

/** Makes the maps and pins them; `remove` undoes both. */
export function pinMaps(): { readonly pins: string; remove(): void } {
  const pins = join(mount, `ayajs-benchmark-${process.pid}`)
  mkdirSync(pins)
  const remove = (): void => {
    for (const name of readdirSync(pins)) unlinkSync(join(pins, name))
    rmdirSync(pins)
  }
  try {
    // They stay without the object: the pins hold them.
    Ebpf.loadFile(objects.maps, { defaultMapPinDirectory: pins }).close()
    return { pins, remove }
  } catch (error) {
    remove()
    throw error
  }
}
