// The steps that change the machine, not the clone: bpffs, and the programs that the tests call.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cargoEnv, findProgram } from './cargo.mjs'
import { asOwner, childEnv, run } from './child.mjs'

const bpffsFolder = '/sys/fs/bpf'

/** What the tests call, and the Debian package that has it. */
const tools = {
  'clang-16': 'clang-16',
  'clang-format-16': 'clang-format-16',
  'llvm-strip-16': 'llvm-16',
  bpftool: 'bpftool',
  '/usr/include/bpf/bpf_helpers.h': 'libbpf-dev',
}

export const bpffs = {
  name: 'bpffs',
  needs: [],
  asRoot: true,
  needed: () => !readFileSync('/proc/self/mounts', 'utf8').includes(` ${bpffsFolder} bpf `),
  run: (log) => run('mount', ['-t', 'bpf', 'bpf', bpffsFolder], { log, asRoot: true }),
}

export const testTools = {
  name: 'test tools',
  needs: [],
  asRoot: true,
  needed: () => missingPackages().length > 0,
  async run(log) {
    const packages = missingPackages()
    if (!findProgram('apt-get')) throw new Error(`please install ${Object.keys(tools).join(', ')} (no apt-get here)`)
    const options = { log, asRoot: true, env: { DEBIAN_FRONTEND: 'noninteractive' } }
    await run('apt-get', ['update', '-qq'], options)
    await run('apt-get', ['install', '-qq', '--no-install-recommends', ...packages], options)
    if (missingPackages().length > 0) throw new Error(`still missing after apt-get: ${missingPackages().join(' ')}`)
  },
}

export const rustTools = {
  name: 'rustfmt and clippy',
  needs: ['addon'], // Without cargo it is that step which says so.
  needed: () => !cargoHas('fmt') || !cargoHas('clippy'),
  async run(log) {
    await run('rustup', ['component', 'add', 'rustfmt', 'clippy'], { log, env: cargoEnv() })
  },
}

function missingPackages() {
  return Object.entries(tools)
    .filter(([tool]) => !(tool.startsWith('/') ? existsSync(tool) : findProgram(tool)))
    .map(([, name]) => name)
}

function cargoHas(command) {
  const env = cargoEnv()
  if (!env) return false
  try {
    execFileSync('cargo', [command, '--version'], { ...asOwner(), env: { ...childEnv(), ...env }, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
