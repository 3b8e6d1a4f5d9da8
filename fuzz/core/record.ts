// What a loader has had the kernel make, as recorder.c and the loaders write it down: a line of JSON for each thing.
import { readFileSync } from 'node:fs'

/** Code, destination, source, offset, number; and the name of the map whose descriptor stood there. */
export type Instruction = readonly [
  code: number,
  to: number,
  from: number,
  offset: number,
  number: number,
  map?: string,
]

/** A program on its way to the kernel. */
export interface Sent {
  readonly type: number
  readonly attachType: number
  readonly flags: number
  readonly instructions: readonly Instruction[]
}

export interface MapDefinition {
  readonly map: string
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly flags: number
  readonly extra: number
  readonly inner: number
}

/** The loading of a program. */
export interface Attempt {
  /** Nothing when the loader refused before the kernel was asked. */
  readonly sent?: Sent
  /** Why it failed; '' when it did not. */
  readonly error: string
}

/** An object in the hands of a loader. */
export interface Opened {
  /** Why it was not opened; '' when it was. */
  error: string
  readonly attempts: Map<string, Attempt>
  /** In the order in which they were made, with names as the kernel has them. */
  readonly maps: MapDefinition[]
}

type Line =
  | { readonly object: number }
  | { readonly unopened: string }
  | { readonly load: string }
  | ({ readonly program: string } & Sent)
  | MapDefinition
  | { readonly loaded: string; readonly error: string }

/** The kernel keeps so many characters of a name. */
export const nameLength = 15

/** The objects of a record, in the order in which they were given. One that ended its loader is the last. */
export function readRecord(path: string): readonly Opened[] {
  const objects: Opened[] = []
  let sent: Sent | undefined
  let loading = ''
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    if (text === '') continue
    const line = JSON.parse(text) as Line
    const opened = objects.at(-1)
    if ('object' in line) objects.push({ error: '', attempts: new Map(), maps: [] })
    else if (opened === undefined) throw new Error(`a record begins with ${text}`)
    else if ('unopened' in line) opened.error = line.unopened
    else if ('load' in line) [loading, sent] = [line.load, undefined]
    // Loaders send programs of their own, to see what the kernel can.
    else if ('program' in line) sent = line.program === loading.slice(0, nameLength) ? line : sent
    else if ('loaded' in line) opened.attempts.set(line.loaded, { error: line.error, ...(sent && { sent }) })
    else opened.maps.push(line)
  }
  return objects
}
