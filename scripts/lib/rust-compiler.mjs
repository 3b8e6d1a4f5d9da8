// The one compiler here that has `core` for eBPF: Debian's rustc-web, unpacked into .cache/ and not installed.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cachePath } from './project.mjs'

/** Another version gives other bytes. It moves when Debian updates it: build again then, and commit what comes out. */
const version = '1.96'
const llvmMajor = 22
const packages = [
  'rustc-web',
  'libstd-rust-web-dev',
  `libstd-rust-web-${version}`,
  'libstd-rust-web-dev-bpf',
  `libllvm${llvmMajor}`,
  `llvm-${llvmMajor}`,
]

/** `{ bin, llvm, libraries }`: where rustc and the tools of LLVM are, and what they need to start. Downloads them the first time. */
export function compiler() {
  const folder = join(cachePath('rust-bpf'), `rustc-${version}`)
  if (!existsSync(folder)) download(folder)
  const usr = join(folder, 'usr')
  const libraries = [join(usr, 'lib/x86_64-linux-gnu'), join(usr, `lib/llvm-${llvmMajor}/lib`)].join(':')
  return { bin: wrapped(folder, libraries), llvm: join(usr, `lib/llvm-${llvmMajor}/bin`), libraries }
}

function download(folder) {
  const part = `${folder}.part`
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  console.log(`downloading ${packages.join(' ')} (136 MB)`)
  run('apt-get', ['download', '-o', 'APT::Sandbox::User=root', ...packages], part)
  for (const name of readdirSync(part)) {
    run('dpkg-deb', ['-x', name, '.'], part)
    rmSync(join(part, name))
  }
  renameSync(part, folder)
}

/** Cargo starts rustc, and proc macros, and the linker: only rustc and its children must see the libraries. */
function wrapped(folder, libraries) {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const script = join(bin, 'rustc')
  const rustc = join(folder, 'usr/bin/rustc')
  writeFileSync(script, `#!/bin/sh\nLD_LIBRARY_PATH='${libraries}' exec '${rustc}' "$@"\n`)
  chmodSync(script, 0o755)
  return bin
}

function run(command, args, cwd) {
  const { error, status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error?.code === 'ENOENT') throw new Error(`${command} not found: this script needs Debian 12, or what is like it`)
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\nexit status ${status}\n${stderr}`)
}
