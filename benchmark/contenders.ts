// Who takes part: how each is started, and where it is when it has been built.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { built, objects, root } from './places.ts'
import type { Row, Subject } from './row.ts'

export interface Contender {
  readonly name: string
  readonly title: string
  readonly ours: boolean
  /** In which parts it takes part: not in those where it goes under another name, or has nothing to show. */
  readonly subjects: readonly Subject[]
  /** What must be there before it can run, and who builds it. */
  readonly product: string
  readonly step: string
  /** The command, given the folder of the pinned maps. */
  command(pins: string): readonly [program: string, ...args: string[]]
}

const peer = (name: string): string => join(root, 'benchmark/peers/node', name)
const [cPeer, goPeer, rustPeer] = [join(built, 'c-peer'), join(built, 'go-peer'), join(built, 'rust-peer')]
const npmBpf = join(built, 'npm-bpf')
const ayajs = join(root, 'dist/index.js')

const everything: readonly Subject[] = ['maps', 'ring', 'live', 'start']

/** The order is that of tables and charts. */
export const contenders: readonly Contender[] = [
  {
    name: 'c',
    title: 'C, libbpf',
    ours: false,
    subjects: [...everything, 'globals'],
    product: cPeer,
    step: 'C peer',
    command: (pins) => [cPeer, 'libbpf', pins, objects.programs],
  },
  {
    name: 'c-raw',
    title: 'C, bpf(2)',
    ours: false,
    subjects: ['maps', 'globals'],
    product: cPeer,
    step: 'C peer',
    command: (pins) => [cPeer, 'raw', pins, objects.programs],
  },
  {
    name: 'rust',
    title: 'Rust, aya',
    ours: false,
    subjects: everything,
    product: rustPeer,
    step: 'Rust peer',
    command: (pins) => [rustPeer, pins, objects.programs],
  },
  {
    name: 'go',
    title: 'Go, cilium/ebpf',
    ours: false,
    subjects: everything,
    product: goPeer,
    step: 'Go peer',
    command: (pins) => [goPeer, pins, objects.programs],
  },
  {
    name: 'go-fields',
    title: 'Go, all fields',
    ours: false,
    subjects: ['ring'],
    product: goPeer,
    step: 'Go peer',
    command: (pins) => [goPeer, pins, objects.programs, 'fields'],
  },
  {
    name: 'npm-bpf',
    title: 'Node, bpf',
    ours: false,
    subjects: ['maps', 'start'],
    product: join(npmBpf, 'node_modules/bpf/package.json'),
    step: 'npm peer',
    command: (pins) => [process.execPath, peer('npm-bpf.mjs'), pins, npmBpf],
  },
  {
    name: 'ours-raw',
    title: 'Node, ayajs, bytes',
    ours: true,
    subjects: ['maps'],
    product: ayajs,
    step: 'typescript',
    command: (pins) => [process.execPath, peer('ours-raw.mjs'), pins],
  },
  {
    name: 'ours-typed',
    title: 'Node, ayajs, typed',
    ours: true,
    subjects: ['maps', 'globals', 'start'],
    product: ayajs,
    step: 'typescript',
    command: (pins) => [process.execPath, peer('ours-typed.mjs'), pins, objects.programs],
  },
  ring('ring-bytes', 'Node, ayajs, batches', 'bytes'),
  ring('ring-objects', 'Node, ayajs, decoded', 'objects'),
  ring('ring-each', 'Node, ayajs, for await', 'each'),
]

/** Those who could take part in a row: the others are not even missing. */
export function candidates({ subject }: Pick<Row, 'subject'>, among: readonly Contender[]): readonly Contender[] {
  return among.filter(({ subjects }) => subjects.includes(subject))
}

/** Why it cannot run here; nothing when it can. */
export function missingReason({ product, step }: Contender): string | undefined {
  return existsSync(product) ? undefined : `not built: the step “${step}” of \`npm run bench\` tells why`
}

/** One of our ways to read from a ring buffer. */
function ring(name: string, title: string, way: string): Contender {
  return {
    name,
    title,
    ours: true,
    subjects: ['ring', 'live'],
    product: ayajs,
    step: 'typescript',
    command: (pins) => [process.execPath, peer('ours-ring.mjs'), way, pins, objects.events],
  }
}
