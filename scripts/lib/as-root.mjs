// Runs a program of this repository that wants the kernel for itself: after the set-up, as root, and until it has cleaned up.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { childEnv, leaveOnSignals } from './child.mjs'
import { withLock } from './lock.mjs'
import { lineForRoot, prepare } from './prepare.mjs'
import { isRoot, root } from './project.mjs'
import { say } from './report.mjs'

/**
 * Brings `steps` about, and runs Node with `flags` and the arguments of this process. `name` is that of the npm script,
 * `what` what it is called. Unless all but `optional` steps succeed, nothing is run.
 */
export async function runAsRoot({ name, what, steps, optional = [], flags, env }) {
  const given = process.argv.slice(2)
  const args = given[0] === '--' ? given.slice(1) : given
  const stopLeaving = leaveOnSignals()
  const { failed } = await prepare([...steps, ...optional])
  stopLeaving()
  const mayFail = new Set(optional.map((step) => step.name))
  if (failed.some((step) => !mayFail.has(step))) return 1
  if (!isRoot) {
    say('–', `${what} need root; type:`)
    console.log(lineForRoot(`run ${name}`, args))
    return 1
  }
  return withLock(
    'kernel',
    (line) => say('·', line),
    () => run([...flags, ...args], env),
  )
}

async function run(command, env) {
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...childEnv(true), ...env },
    stdio: 'inherit',
  })
  // We stay until the child has cleaned up. From the terminal it has its own SIGINT.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal === 'SIGINT' || child.kill(signal))
  }
  const [code] = await once(child, 'close')
  return code ?? 1
}
