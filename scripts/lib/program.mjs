// Runs a program of this repository after the set-up, and until it has cleaned up.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { childEnv, leaveOnSignals } from './child.mjs'
import { prepare } from './prepare.mjs'
import { root } from './project.mjs'

/** Brings `steps` about, and runs Node with `flags` and the arguments of this process. Unless all succeed, nothing is run. */
export async function runPrepared({ steps, flags, env }) {
  return (await isPrepared(steps)) ? runNode([...flags, ...givenArgs()], env) : 1
}

/** The arguments of this process. npm takes the first `--` away; a second one is a habit. */
export function givenArgs() {
  const given = process.argv.slice(2)
  return given[0] === '--' ? given.slice(1) : given
}

/** Brings the steps about; whether all but the `optional` ones succeeded. */
export async function isPrepared(steps, optional = []) {
  const stopLeaving = leaveOnSignals()
  const { failed } = await prepare([...steps, ...optional])
  stopLeaving()
  const mayFail = new Set(optional.map((step) => step.name))
  return failed.every((step) => mayFail.has(step))
}

/** Runs Node in this repository; gives its exit code. */
export async function runNode(command, env) {
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
