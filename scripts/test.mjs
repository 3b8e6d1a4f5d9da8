// `npm test`: makes a fresh clone work, then runs the checks, or those named (`npm test -- formats ava`).

import { checks } from './lib/checks.mjs'
import { leaveOnSignals } from './lib/child.mjs'
import { lineForRoot, prepare } from './lib/prepare.mjs'
import { isRoot } from './lib/project.mjs'
import { begin, finish, say } from './lib/report.mjs'
import { testSteps } from './lib/steps.mjs'

/** Without these no check can say anything. */
const essential = ['linux', 'dependencies', 'addon', 'typescript']

process.exitCode = await main(process.argv.slice(2))

async function main(names) {
  const unknown = names.filter((name) => !checks.some((check) => check.name === name))
  if (unknown.length > 0) {
    console.error(`no such check: ${unknown.join(', ')}. There are:\n${checks.map((check) => check.name).join('\n')}`)
    return 2
  }
  leaveOnSignals()
  const chosen = checks.filter((check) => names.length === 0 || names.includes(check.name))
  const { failed, waiting } = await prepare(testSteps)
  const totals = { passed: 0, failed: failed.length, skipped: 0 }
  if (failed.some((name) => essential.includes(name))) return sumUp(totals)
  if (!isRoot && (waiting.length > 0 || chosen.some((check) => check.asRoot))) {
    if (failed.length === 0) {
      say('–', 'the tests on the kernel need root; type:')
      console.log(lineForRoot('test', names))
    }
    return 1
  }
  for (const check of chosen) await take(check, totals)
  return sumUp(totals)
}

async function take(check, totals) {
  const started = begin(check.name)
  const { output, detail, ...counts } = await check.run(check)
  for (const kind of Object.keys(totals)) totals[kind] += counts[kind]
  const mark = counts.failed > 0 ? '✘' : '✔'
  finish(mark, check.name, started, {
    detail: [describe(counts), detail].filter(Boolean).join(', '),
    output: counts.failed > 0 ? output : '',
  })
}

function sumUp(totals) {
  console.log(describe(totals, true))
  return totals.failed > 0 ? 1 : 0
}

/** `3 passed, 0 failed, 1 skipped`; kinds that did not occur are left out unless `all`. */
function describe(counts, all = false) {
  const kinds = ['passed', 'failed', 'skipped'].filter((kind) => all || counts[kind] > 0)
  return kinds.map((kind) => `${counts[kind]} ${kind}`).join(', ') || 'no tests'
}
