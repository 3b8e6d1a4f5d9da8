// The steps that build the peers of the benchmark, into .cache/benchmark. One that cannot be built is left out.

import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cargoEnv, findProgram, rustMissing } from './cargo.mjs'
import { npm, run } from './child.mjs'
import { contentHash, filesBelow } from './hash.mjs'
import { cachePath, giveToOwner, root } from './project.mjs'
import { hashed, npmCi } from './steps.mjs'

const folder = cachePath('benchmark')
const place = (name) => join(folder, name)

const c = peer({
  name: 'C peer',
  sources: ['benchmark/peers/c', 'benchmark/bpf/flow.h', 'benchmark/bpf/event.h'],
  product: place('c-peer'),
  async build(log) {
    requireProgram('cc', 'on Debian and Ubuntu: apt-get install gcc libbpf-dev')
    const sources = filesBelow('benchmark/peers/c').filter((path) => path.endsWith('.c'))
    await run('cc', ['-O2', '-Wall', '-Werror', '-o', this.product, ...sources, '-lbpf'], { log })
  },
})

const go = peer({
  name: 'Go peer',
  sources: ['benchmark/peers/go'],
  product: place('go-peer'),
  async build(log) {
    requireProgram('go', 'see https://go.dev/doc/install')
    const cwd = join(root, 'benchmark/peers/go')
    await run('go', ['build', '-trimpath', '-o', this.product, '.'], { log, cwd })
  },
})

const rust = peer({
  name: 'Rust peer',
  sources: ['benchmark/peers/rust'],
  product: place('rust-peer'),
  async build(log) {
    const env = cargoEnv()
    if (!env) throw new Error(rustMissing)
    const target = place('rust-target')
    const args = ['build', '--release', '--locked', '--manifest-path', 'benchmark/peers/rust/Cargo.toml']
    await run('cargo', [...args, '--target-dir', target], { log, env })
    copyFileSync(join(target, 'release/benchmark-peer'), this.product)
    giveToOwner(this.product)
  },
})

const npmBpf = peer({
  name: 'npm peer',
  sources: ['benchmark/peers/npm-bpf'],
  product: place('npm-bpf/node_modules/bpf/package.json'),
  async build(log) {
    const cwd = place('npm-bpf')
    mkdirSync(cwd, { recursive: true })
    giveToOwner(cwd)
    for (const name of ['package.json', 'package-lock.json']) {
      copyFileSync(join(root, 'benchmark/peers/npm-bpf', name), join(cwd, name))
      giveToOwner(join(cwd, name))
    }
    // Its addon comes with it, built: nothing has to be run.
    await run(...npm(...npmCi), { log, cwd })
  },
})

export const peerSteps = [c, go, rust, npmBpf]

/** A step whose product is not there when building it has failed: an old one would be measured for the new one. */
function peer({ name, sources, product, build }) {
  return hashed({
    name,
    hash: () => contentHash(sources, [process.arch]),
    isThere: () => existsSync(product),
    async run(log) {
      mkdirSync(folder, { recursive: true })
      giveToOwner(folder)
      rmSync(product, { force: true })
      await build.call({ product }, log)
    },
  })
}

function requireProgram(name, advice) {
  if (findProgram(name) === undefined) throw new Error(`${name} not found; ${advice}`)
}
