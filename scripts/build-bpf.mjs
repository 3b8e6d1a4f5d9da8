// Compiles the eBPF C sources to the committed .bpf.o files; --check proves that the committed ones are what a build gives.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { machine, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const usage = `usage: node scripts/build-bpf.mjs [--check]

  --check   write nothing: build elsewhere, compare with the committed objects, exit 1 when one differs

environment: CLANG   compiler, default clang-16 (another version gives other bytes)`

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const clang = process.env.CLANG || 'clang-16'
const strip = 'llvm-strip-16'
const sourceFolders = ['bpf', 'benchmark/bpf', 'examples', '__test__/fixtures']
const packages = 'apt-get install --no-install-recommends clang-16 llvm-16 libbpf-dev'

// Debian keeps <asm/types.h> in a folder per architecture, which -target bpf does not search.
const includes = ['-Ibpf', '-Ibpf/include', `-I/usr/include/${machine()}-linux-gnu`]
const common = ['-O2', '-g', '-Wall', '-Werror', '-target', 'bpf', '-mcpu=v2', ...includes]

// Same bytes from any folder: every path is relative to the root, where clang runs, and no path of the machine is kept.
const reproducible = ['-fdebug-compilation-dir=.', `-ffile-prefix-map=${root}=.`]

// Flags of single sources; they come last, so that they win.
const special = {
  '__test__/fixtures/big_endian.bpf.c': ['-target', 'bpfeb'],
  '__test__/fixtures/no_btf.bpf.c': ['-g0'],
  '__test__/fixtures/no_btf_globals.bpf.c': ['-g0'],
  '__test__/fixtures/old_sections.bpf.c': ['-g0'],
  '__test__/fixtures/types_be.bpf.c': ['-target', 'bpfeb'],
}

process.exitCode = main(process.argv.slice(2))

function main(args) {
  const check = args[0] === '--check'
  if (args.length > (check ? 1 : 0)) {
    console.error(usage)
    return 2
  }
  try {
    checkLayout()
    return check ? compareAll() : buildAll()
  } catch (error) {
    console.error(error.message)
    return 1
  }
}

function buildAll() {
  for (const source of find('.bpf.c')) {
    build(source, join(root, objectOf(source)))
    console.log(`built ${objectOf(source)}`)
  }
  return 0
}

function compareAll() {
  const temporary = mkdtempSync(join(tmpdir(), 'ayajs-build-bpf-'))
  try {
    const sources = find('.bpf.c')
    const complaints = find('.bpf.o')
      .filter((object) => !sources.map(objectOf).includes(object))
      .map((object) => `${object}: has no source`)
    for (const source of sources) {
      const object = objectOf(source)
      build(source, join(temporary, object))
      const complaint = difference(join(root, object), join(temporary, object))
      if (complaint) complaints.push(`${object}: ${complaint}`)
    }
    for (const complaint of complaints) console.error(complaint)
    if (complaints.length > 0) console.error('run: npm run build:bpf (with clang 16), and commit the result')
    else console.log(`${sources.length} objects are what a build gives`)
    return complaints.length > 0 ? 1 : 0
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

function difference(committed, built) {
  if (!existsSync(committed)) return 'is missing'
  return readFileSync(committed).equals(readFileSync(built)) ? undefined : 'differs from what a build gives'
}

function build(source, object) {
  mkdirSync(dirname(object), { recursive: true })
  run(clang, [...common, ...reproducible, ...(special[source] ?? []), '-c', source, '-o', object])
  run(strip, ['-g', object]) // DWARF goes, BTF stays
}

// User space reads these structs byte by byte: a hole that the compiler makes is an error.
function checkLayout() {
  const headers = readdirSync(join(root, 'bpf/layout')).filter((name) => name.endsWith('.h'))
  const input = headers.map((name) => `#include "layout/${name}"\n`).join('')
  run(clang, [...common, '-Wpadded', '-fsyntax-only', '-x', 'c', '-'], input)
}

function find(ending) {
  const paths = sourceFolders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  return paths.filter((path) => path.endsWith(ending)).sort()
}

function objectOf(source) {
  return source.replace(/\.c$/, '.o')
}

function run(command, args, input = '') {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd: root, input, encoding: 'utf8' })
  if (error?.code === 'ENOENT') throw new Error(`${command} not found; on Debian and Ubuntu: ${packages}`)
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\nexit status ${status}\n${stdout}${stderr}`)
}
