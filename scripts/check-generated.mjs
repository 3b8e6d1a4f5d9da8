// Proves that the committed files that are generated are what their generators give: loader, types, objects, corpus, npm/, docs, types of objects.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { contentHash } from './lib/hash.mjs'
import { readCache, root } from './lib/project.mjs'

const generators = [
  { what: 'index.js and index.d.ts', check: checkBinding },
  { what: 'npm/', check: checkPlatformPackages },
  { what: 'the .bpf.o files', check: () => runNode('scripts/build-bpf.mjs', '--check') },
  { what: 'the corpus', check: () => runNode('scripts/build-corpus.mjs', '--check') },
  { what: 'docs/errors.md and docs/cli.md', check: () => runNode('scripts/generate-docs.mjs', '--check') },
  { what: 'the .bpf.ts files', check: checkObjectTypes },
]

for (const { what, check } of generators) {
  const complaint = check()
  console.log(complaint ? `✘ ${what}: ${complaint}` : `✔ ${what}`)
  if (complaint) process.exitCode = 1
}

/**
 * The step `addon` wrote both files over the committed ones and kept their hash. They must still have it, and where the
 * sources are as committed (always so in CI), they must be as committed, too.
 */
function checkBinding() {
  const generated = ['index.js', 'index.d.ts']
  const sources = ['crates', 'Cargo.toml', 'Cargo.lock', 'package.json', 'package-lock.json']
  if (readCache('addon.generated') !== contentHash(generated))
    return 'not what the step addon wrote; delete .cache/addon.hash, run npm test'
  const changed = (paths) => git('status', '--porcelain', '--', ...paths)
  const inGit = git('rev-parse', '--show-toplevel').trim() === root
  if (inGit && changed(sources) === '' && changed(generated) !== '')
    return 'not as the committed sources make it; commit it'
}

function checkPlatformPackages() {
  const folder = mkdtempSync(join(tmpdir(), 'ayajs-npm-'))
  try {
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
    const failure = runNode('node_modules/.bin/napi', 'create-npm-dirs', '--cwd', folder)
    if (failure) return failure
    const [made, committed] = [readTree(join(folder, 'npm')), readTree(join(root, 'npm'))]
    const differing = [...new Set([...made.keys(), ...committed.keys()])].filter(
      (path) => made.get(path) !== committed.get(path),
    )
    if (differing.length > 0) return `${differing.join(', ')} not as napi create-npm-dirs makes it`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Whoever renames a fixture finds its types here, too. */
function checkObjectTypes() {
  const fixtures = '__test__/types/generated'
  const types = [
    ...readdirSync(join(root, fixtures)).map((name) => [join('__test__/fixtures', name), join(fixtures, name)]),
    ...['examples', 'bpf/rust'].flatMap((folder) => filesIn(folder, '.bpf.ts')).map((path) => [path, path]),
  ]
  const complaints = types.map(([source, path]) => {
    return runNode('bin/ayajs.js', 'types', source.replace(/\.ts$/, '.o'), '-o', path, '--check')
  })
  return complaints.filter(Boolean).join('') || undefined
}

function readTree(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.node'))
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(files.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]))
}

function filesIn(folder, ending) {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
}

/** What a script printed when it failed, else nothing. */
function runNode(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) return `\n${stdout}${stderr}`
}

function git(...args) {
  const options = { cwd: root, encoding: 'utf8' }
  return spawnSync('git', ['-c', `safe.directory=${root}`, ...args], options).stdout ?? ''
}
