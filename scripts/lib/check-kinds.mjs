// The kinds of checks: programs that must end with 0, cargo's tests, ava's tests. Each gives counts and, on failure, output.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cargoEnv } from './cargo.mjs'
import { CommandFailed, run } from './child.mjs'
import { withLock } from './lock.mjs'
import { root } from './project.mjs'
import { say } from './report.mjs'
import { readTap } from './tap.mjs'

/** One test: all of the commands end with 0. A failing one does not keep the next from running. */
export function commands(...list) {
  return async ({ name }) => {
    const failures = []
    for (const command of list) {
      const { failure } = await attempt(command, { log: `${name}-${basename(command[0])}` })
      if (failure) failures.push(`$ ${command.join(' ')}\n${failure.output || failure.message}`)
    }
    const failed = failures.length > 0 ? 1 : 0
    return { passed: 1 - failed, failed, skipped: 0, output: failures.join('\n') }
  }
}

/** The tests of the crate, counted from the summaries of cargo's test binaries. */
export function cargoTest(...args) {
  return async ({ name }) => {
    const { stdout, failure } = await attempt(['cargo', 'test', ...args], { log: name })
    const counts = { passed: sum('passed'), failed: sum('failed'), skipped: sum('ignored'), output: failure?.output }
    return withOutcome(counts, failure)

    function sum(word) {
      const found = stdout.matchAll(new RegExp(`^test result: .*?(\\d+) ${word}`, 'gm'))
      return [...found].reduce((total, [, count]) => total + Number(count), 0)
    }
  }
}

/** Objects mutated from a seed, the same ones in every run; each that panics, hangs or takes too much memory has failed. */
export function fuzz(executions) {
  return async ({ name }) => {
    const command = ['cargo', 'run', '--quiet', '--profile', 'fuzz', '--package', 'ayajs-fuzz', '--']
    const { stdout, failure } = await attempt([...command, '--executions', `${executions}`], { log: name })
    const done = [...stdout.matchAll(/^(\d+) executions/gm)].at(-1)?.[1] ?? '0'
    const failed = [...stdout.matchAll(/^FAILED /gm)].length
    const counts = { passed: failure ? 0 : 1, failed, skipped: 0, output: stdout, detail: `${done} executions` }
    return withOutcome(counts, failure)
  }
}

/** The tests of ava in the files that match, run by the given Node; those `asRoot` one run at a time. */
export function ava(node, patterns) {
  return async ({ name, asRoot = false }) => {
    const command = [node, 'node_modules/ava/entrypoints/cli.mjs', '--tap', ...patterns]
    const work = () => attempt(command, { log: name, asRoot, split: true })
    const { stdout, failure } = await (asRoot ? withLock('kernel', (line) => say('·', line), work) : work())
    return withOutcome(readTap(stdout), failure)
  }
}

/** A runner that failed without a failed test of its own is one failure. */
function withOutcome(counts, failure) {
  if (!failure || counts.failed > 0) return counts
  return { ...counts, failed: 1, output: `${failure.message}\n${failure.output}` }
}

/** Runs a program of node_modules, cargo's, or the system's. */
async function attempt([command, ...args], options) {
  const installed = join(root, 'node_modules/.bin', command)
  const [program, first] = existsSync(installed) ? [process.execPath, [installed]] : [command, []]
  try {
    return await run(program, [...first, ...args], { env: cargoEnv() ?? {}, ...options })
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return { stdout: error.stdout, failure: error }
  }
}
