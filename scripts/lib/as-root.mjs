// Runs a program of this repository that wants the kernel for itself: after the set-up, as root, and until it has cleaned up.

import { withLock } from './lock.mjs'
import { lineForRoot } from './prepare.mjs'
import { givenArgs, isPrepared, runNode } from './program.mjs'
import { isRoot } from './project.mjs'
import { say } from './report.mjs'

/**
 * Brings `steps` about, and runs Node with `flags` and the arguments of this process. `name` is that of the npm script,
 * `what` what it is called. Unless all but `optional` steps succeed, nothing is run.
 */
export async function runAsRoot({ name, what, steps, optional = [], flags, env }) {
  const args = givenArgs()
  if (!(await isPrepared(steps, optional))) return 1
  if (!isRoot) {
    say('–', `${what} need root; type:`)
    console.log(lineForRoot(`run ${name}`, args))
    return 1
  }
  return withLock(
    'kernel',
    (line) => say('·', line),
    () => runNode([...flags, ...args], env),
  )
}
