// Takes the steps that are needed, one line each, and tells what is left to do by hand.

import { CommandFailed } from './child.mjs'
import { findProgram } from './cargo.mjs'
import { withLock } from './lock.mjs'
import { isRoot } from './project.mjs'
import { begin, finish, say } from './report.mjs'

/** Runs the steps under the lock. `failed` and `waiting` (for root) are the names of those whose result is not there. */
export async function prepare(steps) {
  const failed = []
  const waiting = []
  if (process.platform !== 'linux') {
    say('✘', `eBPF is a part of Linux, this is ${process.platform}`)
    return { failed: ['linux'], waiting }
  }
  if (steps.some((step) => step.needed())) {
    await withLock(
      'steps',
      (line) => say('·', line),
      async () => {
        for (const step of steps) await take(step, failed, waiting)
      },
    )
  }
  return { failed, waiting }
}

/** The line that an ordinary user types to go on as root, with the same Node and the same cargo. */
export function lineForRoot(script, args) {
  const hasSudo = findProgram('sudo') !== undefined
  const kept = ['PATH', 'CARGO_HOME', 'RUSTUP_HOME'].filter((name) => process.env[name])
  const settings = kept.map((name) => (hasSudo ? `"${name}=$${name}"` : quote(`${name}=${process.env[name]}`)))
  const line = ['env', ...settings, 'npm', script, ...(args.length > 0 ? ['--'] : []), ...args.map(quote)].join(' ')
  return hasSudo ? `sudo ${line}` : `su -c ${quote(line)}`
}

async function take(step, failed, waiting) {
  if (!step.needed()) return
  const missing = step.needs.filter((name) => failed.includes(name))
  if (missing.length > 0) {
    failed.push(step.name)
    return say('–', `${step.name}: not without ${missing.join(', ')}`)
  }
  if (step.asRoot && !isRoot) {
    waiting.push(step.name)
    return say('–', `${step.name}: needs root`)
  }
  const started = begin(step.name)
  try {
    await step.run(step.name.replaceAll(' ', '-'))
    finish('✔', step.name, started)
  } catch (error) {
    failed.push(step.name)
    const output = error instanceof CommandFailed ? error.output : ''
    finish('✘', step.name, started, { detail: error.message, output })
  }
}

function quote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
