// The steps that make a fresh clone work: what `npm start` needs, and what `npm test` needs besides.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { npm, run } from './child.mjs'
import { cargoEnv, rustMissing } from './cargo.mjs'
import { contentHash, filesBelow } from './hash.mjs'
import { cachePath, giveToOwner, manifest, readCache, root, writeCache } from './project.mjs'
import { bpffs, rustTools, testTools } from './system-steps.mjs'

export const npmCi = ['ci', '--include=dev', '--ignore-scripts', '--no-dry-run', '--no-audit', '--no-fund']
const bin = (name) => join(root, 'node_modules/.bin', name)

/** Where the step `node` leaves the newest Node. */
export const nodeLatest = cachePath(`node-latest/node_modules/node-linux-${process.arch}/bin/node`)

/** Where the step `oldTypescript` leaves the oldest TypeScript that generated types are for. */
export const typescriptOldest = cachePath('typescript-oldest/node_modules/typescript/bin/tsc')

const dependencies = {
  name: 'dependencies',
  needs: [],
  needed: () => !isInstalled(),
  async run(log) {
    await run(...npm(...npmCi), { log })
    if (!isInstalled()) throw new Error(`npm ci ended well, but not all is there (.cache/${log}.log)`)
  },
}

const addon = hashed({
  name: 'addon',
  needs: ['dependencies'],
  hash: () =>
    contentHash(
      ['Cargo.toml', 'Cargo.lock', 'crates', 'package-lock.json'],
      [manifest.version, JSON.stringify(manifest.napi), manifest.scripts['build:addon'], process.arch],
    ),
  isThere: () => existsSync(join(root, 'index.js')) && existsSync(join(root, 'index.d.ts')) && isBuiltForThisMachine(),
  async run(log) {
    const env = cargoEnv()
    if (!env) throw new Error(rustMissing)
    const [, ...args] = manifest.scripts['build:addon'].split(' ')
    await run(process.execPath, [bin('napi'), ...args], { log, env })
    writeCache('addon.generated', contentHash(['index.js', 'index.d.ts']))
  },
})

const typescript = hashed({
  name: 'typescript',
  needs: ['dependencies'],
  hash: () =>
    contentHash(
      ['src', 'tsconfig.json', 'scripts/rollup.config.mjs', 'index.d.ts', 'package-lock.json'],
      [JSON.stringify(manifest.imports)],
    ),
  isThere: () => existsSync(join(root, 'dist/index.js')),
  async run(log) {
    for (const folder of [cachePath('modules'), join(root, 'dist')]) rmSync(folder, { recursive: true, force: true })
    await run(process.execPath, [bin('tsc'), '-p', 'tsconfig.json'], { log })
    await run(process.execPath, [bin('rollup'), '--silent', '-c', 'scripts/rollup.config.mjs'], { log })
  },
})

const node = installing('newest Node', 'node-latest', nodeLatest)

const oldTypescript = installing('oldest TypeScript', 'typescript-oldest', typescriptOldest)

/** What a program needs that does not touch the kernel. */
export const buildSteps = [dependencies, addon, typescript]

export const startSteps = [...buildSteps, bpffs]

export const testSteps = [...startSteps, testTools, rustTools, node, oldTypescript]

/** A step that installs what scripts/<folder>/ locks into .cache/<folder>/, where it leaves `result`. */
function installing(name, folder, result) {
  return hashed({
    name,
    hash: () => contentHash([`scripts/${folder}`], [process.arch]),
    isThere: () => existsSync(result),
    async run(log) {
      const cwd = cachePath(folder)
      mkdirSync(cwd, { recursive: true })
      giveToOwner(cwd)
      for (const path of filesBelow(`scripts/${folder}`)) {
        const copy = join(cwd, relative(`scripts/${folder}`, path))
        cpSync(join(root, path), copy)
        giveToOwner(copy)
      }
      await run(...npm(...npmCi), { log, cwd })
    },
  })
}

/** A step that is up to date when its result is there and its inputs have the hash that they had at its last success. */
export function hashed({ name, needs = [], hash, isThere, run: work }) {
  const record = `${name.replaceAll(' ', '-')}.hash`
  return {
    name,
    needs,
    needed: () => readCache(record) !== hash() || !isThere(),
    async run(log) {
      const before = hash()
      writeCache(record, '')
      await work(log)
      if (!isThere()) throw new Error(`ended well, but its result is not there (.cache/${log}.log)`)
      writeCache(record, before)
    },
  }
}

/** Whether node_modules is what the lock file says: npm writes down there, last of all, what it has installed. */
function isInstalled() {
  const [locked, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map(packagesOf)
  const isSame = ([path, { version, optional }]) => (installed[path] ? installed[path].version === version : optional)
  const isThere = (name) => existsSync(join(root, 'node_modules', name, 'package.json'))
  return Object.entries(locked).every(isSame) && Object.keys(manifest.devDependencies).every(isThere)
}

function packagesOf(lockFile) {
  const path = join(root, lockFile)
  if (!existsSync(path)) return {}
  const { '': _ourselves, ...packages } = JSON.parse(readFileSync(path, 'utf8')).packages
  return packages
}

function isBuiltForThisMachine() {
  const start = `${manifest.napi.binaryName}.${process.platform}-${process.arch}`
  return readdirSync(root).some((name) => name.startsWith(start) && name.endsWith('.node'))
}
