// Boots a kernel in qemu without KVM, on this machine's own files (read-only, changes go to memory), for one command as root.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailed, run } from '../lib/child.mjs'
import { root } from '../lib/project.mjs'

const memory = '2048M'

/** Whatever becomes of us, a child started by way of it gets SIGTERM when we are gone. */
const endWithUs = ['setpriv', '--pdeathsig', 'TERM']

/**
 * `folder` holds the unpacked kernel. Returns what the command printed, its exit status, and the kernel's messages; the
 * status is `null` when there is none: the kernel died, or `limitSeconds` were over (`timedOut`).
 */
export async function boot(folder, command, { log, limitSeconds }) {
  const place = mkdtempSync(join(tmpdir(), 'ayajs-kernel-'))
  const cleanUp = () => removePlace(place)
  process.once('exit', cleanUp)
  try {
    mkdirSync(join(place, 'files'))
    writeFileSync(join(place, 'command'), `${command}\n`)
    await run(join(root, 'scripts/kernels/initramfs.sh'), [place, folder, join(place, 'command')], {
      log,
      asRoot: true,
    })
    const timedOut = await withShare(place, () => runMachine(folder, place, { log, limitSeconds }))
    const [stdout, stderr, status, messages] = ['stdout', 'stderr', 'status', 'console'].map((name) =>
      read(place, name),
    )
    return { stdout, stderr, messages, timedOut, status: /^\d+/.test(status) ? Number.parseInt(status, 10) : null }
  } finally {
    process.off('exit', cleanUp)
    cleanUp()
  }
}

/** Ends when the machine is switched off; says whether it had to be, because the time was over. */
async function runMachine(folder, place, { log, limitSeconds }) {
  const command = [...endWithUs, 'timeout', '--kill-after=5', `${limitSeconds}`, ...emulator(folder, place)]
  try {
    await run(command[0], command.slice(1), { log, asRoot: true })
    return false
  } catch (error) {
    if (error instanceof CommandFailed && error.status === 124) return true
    throw error
  }
}

/** One virtual CPU: with two, emulated kernels panicked now and then. BPF LSM only works when it is switched on. */
function emulator(folder, place) {
  const memoryOfGuest = `memory-backend-memfd,id=memory,size=${memory},share=on` // virtiofs shares memory with its server.
  const ports = ['console', 'stdout', 'stderr', 'status'].flatMap((name) => ['-serial', `file:${join(place, name)}`])
  return [
    ...['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', memory, '-M', 'q35'],
    ...['-object', memoryOfGuest, '-numa', 'node,memdev=memory'],
    ...['-chardev', `socket,id=files,path=${join(place, 'socket')}`],
    ...['-device', 'vhost-user-fs-pci,chardev=files,tag=host'],
    ...['-kernel', join(folder, 'vmlinuz'), '-initrd', join(place, 'initramfs')],
    ...['-append', 'console=ttyS0 panic=-1 quiet loglevel=4 mitigations=off lsm=bpf'],
    ...['-display', 'none', '-nodefaults', '-no-reboot', ...ports],
  ]
}

/** Does `work` while the files of this machine are served; nothing stays mounted, for the server has its own mounts. */
async function withShare(place, work) {
  const socket = join(place, 'socket')
  const log = openSync(join(place, 'share.log'), 'w')
  const script = join(root, 'scripts/kernels/share.sh')
  const command = [...endWithUs, 'unshare', '--mount', script, join(place, 'files'), socket]
  const server = spawn(command[0], command.slice(1), { stdio: ['ignore', log, log] })
  closeSync(log)
  const ended = once(server, 'close')
  try {
    for (let tries = 0; !existsSync(socket); tries++) {
      if (server.exitCode !== null || tries === 200) throw new Error(`virtiofsd: ${read(place, 'share.log').trim()}`)
      await sleep(50)
    }
    return await work()
  } finally {
    server.kill()
    await ended
  }
}

function read(place, name) {
  const path = join(place, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** The folder `files` first, and only when empty: should ever something be mounted on it, this fails. */
function removePlace(place) {
  const files = join(place, 'files')
  if (existsSync(files)) rmdirSync(files)
  rmSync(place, { recursive: true })
}
