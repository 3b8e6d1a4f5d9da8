// Has libbpf and ayajs load the same objects, each in a process of its own whose system calls are written down.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readRecord, type Opened } from './record.ts'
import type { Tools } from './tools.ts'

/** An object, and an object that has the types of the kernel; those of the running one when there is none. */
export interface Input {
  readonly object: string
  readonly target?: string
}

/** What both loaders have done with one object. */
export interface Pair {
  readonly libbpf: Opened
  readonly ours: Opened
}

export interface Place {
  readonly tools: Tools
  /** Where records lie for a moment. */
  readonly folder: string
  /** In bpffs, for maps that are pinned by name. */
  readonly pins?: string
}

/** Both, one after the other. An object that ends a loader is found in its place, with how it ended. */
export async function loadBoth(inputs: readonly Input[], place: Place): Promise<readonly Pair[]> {
  const paths = inputs.flatMap(({ object, target = '-' }) => [object, target])
  const ours = fileURLToPath(new URL('ours.ts', import.meta.url))
  const theirs = await load([place.tools.libbpf, ...paths], place)
  const own = await load([process.execPath, ...process.execArgv, ours, ...paths], place)
  return inputs.map((_, index) => ({ libbpf: theirs(index), ours: own(index) }))
}

/** What a loader did with the object of a place. */
async function load([program, ...args]: readonly string[], place: Place): Promise<(index: number) => Opened> {
  const record = join(place.folder, 'record')
  writeFileSync(record, '')
  const env = { AYAJS_RECORD: record, LD_PRELOAD: place.tools.recorder, ...(place.pins && { AYAJS_PINS: place.pins }) }
  const child = spawn(program!, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  const objects = readRecord(record)
  rmSync(record)
  const ended = `the loader ended with ${signal ?? code}${stderr === '' ? '' : `: ${stderr}`}`
  return (index) => {
    const opened = objects[index] ?? { error: ended, attempts: new Map(), maps: [] }
    if (code !== 0 && index === objects.length - 1) opened.error = ended
    return opened
  }
}
