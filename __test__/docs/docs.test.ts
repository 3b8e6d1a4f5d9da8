// The documents keep what they promise: each block of TypeScript type-checks and runs, each link and file that they name is there.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { writeTypes } from 'ayajs'
import { makeCgroup } from '../helpers/cgroup.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { deadlineMs } from '../helpers/poll.ts'
import { read, root } from '../helpers/sources.ts'
import { blocksOf, deadLinks, documents, missingFiles, type Block } from './markdown.ts'

leaveNothingBehind(test)

const blocks = documents.flatMap(blocksOf)

/**
 * A block of TypeScript is a program of its own: it imports what it uses. It runs as root in the folder of the repository,
 * unless it is marked `no-run`. These stand for something that there is, and are replaced before it runs:
 */
const placeholders = {
  /** A cgroup of its own, empty. */
  cgroup: '/sys/fs/cgroup/app',
  /** A directory of its own in the BPF file system, empty. */
  pins: '/sys/fs/bpf/app',
}

/** So do names of objects. What `ayajs types` writes for each is beside the block: `filter.bpf.ts`, `filter.bpf.mjs`. */
const objects: Readonly<Record<string, string>> = {
  /** What ships with the package. */
  'filter.bpf.o': 'bpf/egress_filter.bpf.o',
  /** What docs/guide/getting-started.md shows. */
  'packets.bpf.o': '__test__/fixtures/packets.bpf.o',
  /** With maps of several types. */
  'flows.bpf.o': '__test__/fixtures/flows.bpf.o',
  /** What docs/guide/rust.md shows: written in Rust, with log lines. */
  'sent.bpf.o': 'bpf/rust/filter.bpf.o',
}

/** What a reader tries first is JavaScript, and runs on every Node.js: not all of them strip types. */
const javascript: readonly string[] = ['README.md', 'docs/guide/getting-started.md']

/** Whoever waits for a signal gets it. Stands in the first line, so that no line of the block moves. */
const signalling = `process.on('newListener', (name) => { if (/^SIG/.test(String(name))) setTimeout(() => process.kill(process.pid, name), 100).unref() }); `

test('there is a README.md', (t) => {
  t.true(documents.includes('README.md'))
})

test('blocks of TypeScript are marked no-run, or not at all', (t) => {
  const others = blocks.filter(({ mark }) => mark !== '' && mark !== 'no-run')
  t.deepEqual(
    others.map(({ place, mark }) => `${place}: ${mark}`),
    [],
  )
})

test('every block of TypeScript type-checks', (t) => {
  const folder = temporaryFolder(t)
  const files = new Map(blocks.map((block, index) => [`block${index}.ts`, block]))
  writeTypesInto(folder)
  for (const [name, { code }] of files) writeFileSync(join(folder, name), `${code}export {}\n`)
  t.deepEqual(complaintsOfTsc(folder, files), [])
})

for (const block of blocks.filter(({ mark }) => mark === '')) {
  test(`${block.place} runs`, async (t) => {
    const folder = temporaryFolder(t)
    const isJavaScript = javascript.includes(block.document)
    const file = join(folder, isJavaScript ? 'block.mjs' : 'block.ts')
    writeTypesInto(folder)
    writeFileSync(file, signalling + fillIn(t, block.code))
    const { status, output } = await run(t, [...(isJavaScript ? [] : process.execArgv), file])
    t.is(status, '0', output)
  })
}

test('docs/guide/getting-started.md shows the fixture that its blocks run with', (t) => {
  const [, shown] = /^```c\n([^]*?)^```$/m.exec(read('docs/guide/getting-started.md')) ?? []
  t.is(shown, read('__test__/fixtures/packets.bpf.c').split('\n').slice(2).join('\n'))
})

for (const document of documents) {
  test(`the links and files in ${document} are there`, (t) => {
    t.deepEqual({ links: deadLinks(document), files: missingFiles(document) }, { links: [], files: [] })
  })
}

function fillIn(t: ExecutionContext, code: string): string {
  const places: [placeholder: string, make: () => string][] = [
    [placeholders.cgroup, () => makeCgroup(t).path],
    [placeholders.pins, () => makePinDirectory(t)],
  ]
  return places
    .filter(([placeholder]) => code.includes(placeholder))
    .reduce((text, [placeholder, make]) => text.replaceAll(placeholder, make()), code)
    .replaceAll(/(['"`])(?:\.\/)?(\w+\.bpf\.o)\1/g, (literal, _quote, name: string) => {
      const object = objects[name]
      return object === undefined ? literal : JSON.stringify(join(root, object))
    })
}

const formats = [
  ['.ts', 'typescript'],
  ['.mjs', 'esm'],
  ['.d.mts', 'declarations'],
] as const

function writeTypesInto(folder: string): void {
  for (const [file, object] of Object.entries(objects)) {
    const data = readFileSync(join(root, object))
    for (const [ending, format] of formats) {
      writeFileSync(join(folder, file.replace(/\.o$/, ending)), writeTypes(data, { file, format }))
    }
  }
}

async function run(t: ExecutionContext, args: readonly string[]): Promise<{ status: string; output: string }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(late)
  if (signal === 'SIGKILL') output.push('It did not end by itself: mark it no-run, or have it end on SIGINT.')
  return { status: String(signal ?? code), output: output.join('') }
}

/** A folder inside of the package, so that `ayajs` is what was built here. */
function temporaryFolder(t: ExecutionContext): string {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache/docs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** What tsc says about the files of a folder, by their places in the documents. */
function complaintsOfTsc(folder: string, files: ReadonlyMap<string, Block>): string[] {
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false }
  const config = { extends: join(root, '__test__/tsconfig.json'), compilerOptions, include: [folder] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/.bin/tsc')
  const args = [tsc, '-p', folder, '--pretty', 'false']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  if (status === 0) return []
  return `${stdout}${stderr}`
    .trim()
    .split('\n')
    .map((complaint) => {
      const [, name = '', line = '', text = complaint] = /^(block\d+\.ts)\((\d+),\d+\): (.*)$/.exec(complaint) ?? []
      const block = files.get(name)
      return block === undefined ? complaint : `${block.document}:${block.line + Number(line) - 1}: ${text}`
    })
}
