// `npm start`: makes a fresh clone work, then runs the egress filter with the arguments given (none: it watches).

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { childEnv, leaveOnSignals } from './lib/child.mjs'
import { lineForRoot, prepare } from './lib/prepare.mjs'
import { isRoot, root } from './lib/project.mjs'
import { say } from './lib/report.mjs'
import { startSteps } from './lib/steps.mjs'

const example = ['--import', '@oxc-node/core/register', 'examples/egress-filter.ts']

// npm takes the first `--` away; a second one is the habit of those who know commands that take commands.
const given = process.argv.slice(2)
const args = given[0] === '--' ? given.slice(1) : given

const stopLeaving = leaveOnSignals()
const { failed } = await prepare(startSteps)
stopLeaving()

if (failed.length > 0) {
  process.exitCode = 1
} else if (!isRoot) {
  say('–', 'the filter needs root; type:')
  console.log(lineForRoot('start', args))
  process.exitCode = 1
} else {
  runExample()
}

function runExample() {
  const child = spawn(process.execPath, [...example, ...args], {
    cwd: root,
    env: { ...childEnv(true), OXC_TSCONFIG_PATH: 'examples/tsconfig.json' },
    stdio: 'inherit',
  })
  // We stay until the child has cleaned up. From the terminal it has its own SIGINT, and a second one would kill it.
  process.on('SIGINT', () => isInForeground() || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Whether our process group is the one that the terminal signals: fields 5 and 8 of /proc/self/stat. */
function isInForeground() {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return group === foreground
}
