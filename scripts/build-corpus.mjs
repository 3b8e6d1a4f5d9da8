// Compiles the corpus with three versions of clang, and makes the objects of it that no compiler makes; --check compares.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { machine, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { edits } from './corpus/edits.mjs'

const usage = `usage: node scripts/build-corpus.mjs [--check]

  --check   write nothing: build elsewhere, compare with the committed objects, exit 1 when one differs

A compiler that is not installed is left out, and named. The committed objects come from clang 14.0.6, 16.0.6 and 22.1.8
of Debian 12 (clang-22 of its security updates), with linux-libc-dev 6.1 and libbpf-dev 1.1.

environment: CLANG_14, CLANG_16, CLANG_22   compilers, default clang-14, clang-16, clang-22`

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const corpus = join(root, '__test__/corpus')
const compilers = [14, 16, 22].map((version) => ({
  folder: `clang-${version}`,
  clang: process.env[`CLANG_${version}`] || `clang-${version}`,
}))
/** What edits begin with. */
const editedFrom = 'clang-16'

// The instruction set is what each compiler takes by default: v1 to clang 14, v3 to clang 22.
const includes = [`-I/usr/include/${machine()}-linux-gnu`]
const reproducible = ['-fdebug-compilation-dir=.', `-ffile-prefix-map=${root}=.`]
const common = ['-O2', '-g', '-Wall', '-Werror', '-target', 'bpf', ...includes, ...reproducible]
const special = { base_legacy: ['-g0'], refused_big_endian: ['-target', 'bpfeb'] }

process.exitCode = main(process.argv.slice(2))

function main(args) {
  const check = args[0] === '--check'
  if (args.length > (check ? 1 : 0)) {
    console.error(usage)
    return 2
  }
  try {
    return check ? compare() : (build(corpus), 0)
  } catch (error) {
    console.error(error.message)
    return 1
  }
}

/** Builds below a folder; gives the folders that it could not build for want of a compiler. */
function build(target) {
  const missing = compilers.filter(({ clang }) => spawnSync(clang, ['--version']).error !== undefined)
  for (const { clang } of missing) console.log(`not built, for want of it: what ${clang} compiles`)
  const names = readdirSync(join(corpus, 'sources')).map((file) => file.replace('.bpf.c', ''))
  for (const { folder, clang } of compilers.filter((one) => !missing.includes(one))) {
    mkdirSync(join(target, folder), { recursive: true })
    for (const name of names) compile(clang, name, join(target, folder, `${name}.bpf.o`))
    console.log(`${folder}: ${names.length} objects`)
  }
  edit(target)
  return missing.map(({ folder }) => folder)
}

function compile(clang, name, object) {
  run(clang, [...common, ...(special[name] ?? []), '-c', `__test__/corpus/sources/${name}.bpf.c`, '-o', object])
  run('llvm-strip-16', ['-g', object]) // DWARF goes, BTF stays
}

function edit(target) {
  mkdirSync(join(target, 'edited'), { recursive: true })
  for (const [name, [source, change]] of Object.entries(edits)) {
    const bytes = readFileSync(join(corpus, editedFrom, `${source}.bpf.o`))
    const changed = change(bytes)
    writeFileSync(join(target, 'edited', `${name}.bpf.o`), Buffer.isBuffer(changed) ? changed : bytes)
  }
  console.log(`edited: ${Object.keys(edits).length} objects`)
}

function compare() {
  const temporary = mkdtempSync(join(tmpdir(), 'ayajs-build-corpus-'))
  try {
    const missing = build(temporary)
    const folders = [...compilers.map(({ folder }) => folder), 'edited'].filter((folder) => !missing.includes(folder))
    const complaints = folders.flatMap((folder) => differences(join(corpus, folder), join(temporary, folder)))
    for (const complaint of complaints) console.error(complaint)
    if (complaints.length > 0) console.error('run: node scripts/build-corpus.mjs, and commit the result')
    return complaints.length > 0 ? 1 : 0
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

function differences(committed, built) {
  const names = new Set([committed, built].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])))
  return [...names].sort().flatMap((name) => {
    const [one, other] = [join(committed, name), join(built, name)]
    if (!existsSync(other)) return [`${one}: has no source`]
    if (!existsSync(one)) return [`${one}: is missing`]
    return readFileSync(one).equals(readFileSync(other)) ? [] : [`${one}: differs from what a build gives`]
  })
}

function run(command, args) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\nexit status ${status}\n${stdout}${stderr}`)
}
