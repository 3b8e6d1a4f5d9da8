// What testing on other kernels needs: qemu by apt, the unpacked kernels in .cache/kernels/, the probe of their features.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../lib/cargo.mjs'
import { run } from '../lib/child.mjs'
import { cachePath, giveToOwner, root } from '../lib/project.mjs'
import { startSteps } from '../lib/steps.mjs'
import { testTools } from '../lib/system-steps.mjs'
import { compileProbe, isProbeCurrent } from './probe.mjs'

/** What the tested kernels have; its `kernels` are the series, oldest first. */
export const table = JSON.parse(readFileSync(join(root, '__test__/kernel-features.json'), 'utf8'))

/** Why this machine cannot do it; nothing when it can. */
export function whyNotHere() {
  if (process.arch === 'x64' && findProgram('apt-get')) return
  return 'needs x86_64 and apt (Debian, Ubuntu): packages of Debian are the kernels, qemu for x86_64 boots them'
}

/** Where a kernel is unpacked: vmlinuz, lib/modules/, and `release`, which is written last. */
export function kernelFolder(series) {
  return cachePath(`kernels/${series}`)
}

/** The steps for kernels of these series; bpffs is not among them, for each machine mounts its own. */
export function kernelSteps(list) {
  const build = startSteps.filter((step) => !step.asRoot)
  return [...build, testTools, probe, emulator, ...list.map(kernel)]
}

const packages = ['qemu-system-x86', 'qemu-system-common', 'cpio', 'busybox-static', 'kmod', 'xz-utils']
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const shareServers = ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd']

const emulator = {
  name: 'qemu',
  needs: [],
  asRoot: true,
  needed: () => missingPackages().length > 0 || !hasLists(),
  async run(log) {
    const options = { log, asRoot: true, env: { DEBIAN_FRONTEND: 'noninteractive' } }
    const install = (list) => run('apt-get', ['install', '-qq', '--no-install-recommends', ...list], options)
    await run('apt-get', ['update', '-qq'], options)
    if (missingPackages().length > 0) await install(missingPackages())
    if (missingPackages().length > 0) await install(missingPackages()) // From qemu 8 on virtiofsd is a package of its own.
    if (missingPackages().length > 0) throw new Error(`still missing after apt-get: ${missingPackages().join(' ')}`)
  },
}

const probe = {
  name: 'feature probe',
  needs: [testTools.name],
  needed: () => !isProbeCurrent(),
  run: compileProbe,
}

function kernel(series) {
  const folder = kernelFolder(series)
  return {
    name: `kernel ${series}`,
    needs: [emulator.name],
    needed: () => !existsSync(join(folder, 'release')),
    async run(log) {
      mkdirSync(cachePath('kernels'), { recursive: true })
      giveToOwner(cachePath('kernels'))
      await run(join(root, 'scripts/kernels/fetch.sh'), [folder, series], { log })
    },
  }
}

function missingPackages() {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], {
    encoding: 'utf8',
  })
  const missing = packages.filter((name) => !stdout.split('\n').includes(`${name} installed`))
  if (!existsSync(keyring)) missing.push('debian-archive-keyring')
  const hasShareServer = missing.length > 0 || shareServers.some((path) => existsSync(path))
  return hasShareServer ? missing : ['virtiofsd']
}

/** Whether apt can tell where its mirrors are, which it cannot when an image came without its lists. */
function hasLists() {
  return execFileSync('apt-get', ['indextargets', 'Created-By: Packages']).length > 0
}
