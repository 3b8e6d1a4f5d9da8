// Who may import whom in src/: cli → kernel objects → btf → errors, and only kernel objects → the native binding.
import { join } from 'node:path'
import test from 'ava'
import { filesBelow, read } from '../helpers/sources.ts'

interface Import {
  from: string
  to: string
  typeOnly: boolean
}

type Room = 'cli' | 'index' | 'kernel' | 'native' | 'btf' | 'errors' | 'helper' | 'words'

/** What each room may import. Types are free to go anywhere, except into the rooms that know no kernel. */
const mayImport: Record<Room, Room[]> = {
  cli: ['cli', 'index', 'words'],
  index: ['kernel', 'btf', 'errors', 'helper'],
  kernel: ['kernel', 'native', 'btf', 'errors', 'helper', 'words'],
  native: ['errors', 'helper'],
  btf: ['btf', 'errors', 'helper', 'words'],
  errors: ['errors', 'helper'],
  helper: ['errors', 'helper', 'words'],
  words: [],
}

/** Knows words and nothing of eBPF: the one thing that the command line shares with the library behind its back. */
const words = 'src/nearest.ts'

/** The rooms of kernel objects: the only ones that open the door to the binding. */
const kernelRooms =
  /^src\/(?:(?:objects|programs|links|maps|events|logger)\/.*|kernel-btf|kernel-objects|kernel-version)(?:\.ts)?$/

const files = filesBelow('src', '.ts')
const imports = files.flatMap(importsOf)

test('every file of src/ imports only what its room may import', (t) => {
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    const room = roomOf(from)
    const isFree = typeOnly && room !== 'btf' && room !== 'errors'
    return to.startsWith('src/') && !isFree && !mayImport[room].includes(roomOf(to))
  })
  t.deepEqual(wrong.map(arrow), [])
})

test('src/native.ts is the only file that imports the generated binding', (t) => {
  const importers = imports.filter(({ to }) => to === 'index.js').map(({ from }) => from)
  t.deepEqual([...new Set(importers)], ['src/native.ts'])
})

test('nothing in src/ imports a file outside of it, but for the binding', (t) => {
  const wrong = imports.filter(({ to }) => !files.includes(to) && to !== 'index.js')
  t.deepEqual(wrong.map(arrow), [])
})

test('src/ has no import cycles', (t) => {
  const graph = new Map(files.map((file) => [file, targets(file)]))
  t.deepEqual(findCycle(graph), [])
})

test('src/index.ts holds nothing but named re-exports', (t) => {
  const statements = withoutComments(read('src/index.ts'))
    .split(/(?<='|\})\n(?=\S|\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
  const others = statements.filter((statement) => !/^export (type )?\{[^}]*\} from '\.\/[^']+\.ts'$/.test(statement))
  t.deepEqual(others, [])
})

function importsOf(file: string): Import[] {
  const text = withoutComments(read(file))
  const statements = text.matchAll(/^(?:import|export)\b(?<names>[^'"=;()]*?)(?:\bfrom )?'(?<path>\.[^']*)'/gm)
  const calls = text.matchAll(/\bimport\((?:'(?<path>\.[^']*)')/g)
  return [...statements, ...calls].map(({ groups }) => ({
    from: file,
    to: join(file, '..', groups?.['path'] ?? ''),
    typeOnly: isTypeOnly(groups?.['names'] ?? ''),
  }))
}

/** `type { A }` or `{ type A, type B }`. */
function isTypeOnly(names: string): boolean {
  const list = names
    .replace(/[{}]/g, '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  return /^\s*type\b/.test(names) || (list.length > 0 && list.every((name) => name.startsWith('type ')))
}

function roomOf(file: string): Room {
  if (file === words) return 'words'
  if (file.startsWith('src/cli/')) return 'cli'
  if (file.startsWith('src/btf/')) return 'btf'
  if (kernelRooms.test(file)) return 'kernel'
  const name = /^src\/(index|native|errors)\.ts$/.exec(file)?.[1]
  return (name as Room | undefined) ?? 'helper'
}

/** What a file imports when it runs. */
function targets(file: string): string[] {
  return imports.filter(({ from, typeOnly }) => from === file && !typeOnly).map(({ to }) => to)
}

/** The files of one cycle in order, [] when there is none. */
function findCycle(graph: Map<string, string[]>): string[] {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    done.add(file)
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle.length > 0) return cycle
    }
    return []
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle.length > 0) return cycle
  }
  return []
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\/.*$|\/\*[^]*?\*\//gm, '')
}

function arrow({ from, to }: Import): string {
  return `${from} → ${to}`
}
