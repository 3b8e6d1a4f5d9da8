// A worker or a child that reads and writes global variables, and ends without closing anything.
import { readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { Ebpf as Class, EbpfError } from 'ayajs'
import { Ebpf } from 'ayajs'
import { fixturePath, loaded } from './fixtures.ts'
import { packet } from './globals.ts'
import { heldBy, type Held } from './held.ts'

/** What it did, and what it leaves. */
export interface Done {
  readonly total: string
  readonly mappings: number
  readonly held: Held
}

const done = attempt()
if (parentPort === null) process.send?.(done, () => process.disconnect())
else parentPort.postMessage(done)

function attempt(): Done | string {
  try {
    return use(Ebpf.loadFile(fixturePath('globals'), { globals: { limit: 3 } }))
  } catch (error) {
    return `${(error as EbpfError).stack}`
  }
}

function use(bpf: Class): Done {
  bpf.globals['step'] = 7n
  loaded(bpf, 'count').testRun({ packet, repeat: 5 })
  const mappings = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('bpf-map'))
  return { total: `${String(bpf.globals['total'])}`, mappings: mappings.length, held: heldBy(bpf, 0) }
}
