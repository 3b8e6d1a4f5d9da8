// `npm run build:target -- <triple>`: builds the addon for a target of the release by zig, and checks it; more words go to cargo.

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { manifest, root } from './lib/project.mjs'

const { binaryName, targets } = manifest.napi
const architectures = { x86_64: 'x64', aarch64: 'arm64' }

/** Zig has the symbols of every glibc: this one is of 2012, and Node itself needs a newer one. */
const oldestGlibc = '2.17'

const [target, ...cargoArgs] = process.argv.slice(2)
if (targets.includes(target)) {
  process.exitCode = build() || check()
} else {
  console.error(`usage: npm run build:target -- <triple> [cargo's arguments]\n\n${targets.join('\n')}`)
  process.exitCode = 2
}

function build() {
  const isMusl = target.endsWith('-musl')
  // An addon is loaded into a Node that has a libc already: Rust would link one of its own.
  const flags = isMusl ? `${process.env.RUSTFLAGS ?? ''} -C target-feature=-crt-static` : process.env.RUSTFLAGS
  const wanted = isMusl ? target : `${target}.${oldestGlibc}`
  const words = ['zigbuild', '--release', '--package', 'ayajs', '--target', wanted, ...cargoArgs]
  const status = run('cargo-zigbuild', words, flags === undefined ? {} : { RUSTFLAGS: flags })
  if (status === 0)
    install(join(resolve(root, process.env.CARGO_TARGET_DIR ?? 'target'), target, 'release/libayajs.so'))
  return status
}

/** By a new file under the old name: a process may have the old one open. */
function install(library) {
  copyFileSync(library, `${addon()}.part`)
  renameSync(`${addon()}.part`, addon())
}

function check() {
  return run(process.execPath, [join(root, 'scripts/check-addon.mjs'), addon(), target])
}

/** Where the loader looks for it (`index.js`). */
function addon() {
  const [arch, , os, libc] = target.split('-')
  return join(root, `${binaryName}.${os}-${architectures[arch]}-${libc}.node`)
}

function run(command, args, env = {}) {
  const { error, status } = spawnSync(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' })
  if (error) throw error
  return status ?? 1
}
