// `npm run test:kernels`: runs the tests about the kernel on Debian's kernels, booted in qemu; `--help` tells the options.

import { parseArgs } from 'node:util'
import { leaveOnSignals } from './lib/child.mjs'
import { lineForRoot, prepare } from './lib/prepare.mjs'
import { isRoot } from './lib/project.mjs'
import { begin, finish, say } from './lib/report.mjs'
import { kernelSteps, table, whyNotHere } from './kernels/steps.mjs'
import { kernelTests, releaseOf, testOn } from './kernels/suite.mjs'

const allSeries = table.kernels

const usage = `usage: npm run test:kernels -- [kernel …] [file …] [--match pattern …]

  kernel    one of ${allSeries.join(' ')}; default: all
  file      test files or patterns; default: ${kernelTests.join(' ')}
  --match   only tests whose titles match, as in ava`

const kinds = ['passed', 'failed', 'skipped']

process.exitCode = await main(process.argv.slice(2))

async function main(args) {
  const { chosen, avaArgs, complaint } = readArguments(args)
  if (complaint !== undefined) {
    console.error(complaint)
    return complaint === usage ? 0 : 2
  }
  const reason = whyNotHere()
  if (reason) {
    console.error(`npm run test:kernels ${reason}`)
    return 1
  }
  if (!isRoot) {
    say('–', 'booting kernels on the files of this machine needs root; type:')
    console.log(lineForRoot('run test:kernels', args))
    return 1
  }
  leaveOnSignals()
  const { failed } = await prepare(kernelSteps(chosen))
  const rows = []
  if (failed.every((name) => name.startsWith('kernel '))) {
    for (const series of chosen) if (!failed.includes(`kernel ${series}`)) rows.push(await take(series, avaArgs))
  }
  return sumUp(rows, failed.length)
}

function readArguments(args) {
  try {
    const options = { match: { type: 'string', short: 'm', multiple: true }, help: { type: 'boolean', short: 'h' } }
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    if (values.help) return { complaint: usage }
    const files = positionals.filter((word) => /[/*]|\.ts$/.test(word))
    const kernels = positionals.filter((word) => !files.includes(word))
    const unknown = kernels.filter((word) => !allSeries.includes(word))
    if (unknown.length > 0)
      return { complaint: `no such kernel: ${unknown.join(', ')}. There are:\n${allSeries.join('\n')}` }
    const matches = (values.match ?? []).map((pattern) => `--match=${pattern}`)
    return {
      chosen: kernels.length > 0 ? allSeries.filter((series) => kernels.includes(series)) : allSeries,
      avaArgs: [...matches, ...(files.length > 0 ? files : kernelTests)],
    }
  } catch (error) {
    return { complaint: `${error.message}\n\n${usage}` }
  }
}

/** One row of the table. */
async function take(series, avaArgs) {
  const kernel = releaseOf(series)
  const started = begin(`tests on ${kernel}`)
  const { output = '', lacking, ...counts } = await testOn(series, avaArgs)
  const lacks = lacking.length > 0 ? `; lacks ${lacking.join(', ')}` : ''
  finish(counts.failed > 0 ? '✘' : '✔', `tests on ${kernel}`, started, { detail: describe(counts) + lacks, output })
  return { kernel, ...counts, seconds: Math.round((performance.now() - started) / 1000) }
}

/** The table, and the sums on the last line. A step that failed is one failure. */
function sumUp(rows, failedSteps) {
  const columns = ['kernel', ...kinds, 'seconds']
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column])))]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index].length)))
  for (const [first, ...others] of rows.length > 0 ? lines : []) {
    console.log([first.padEnd(widths[0]), ...others.map((text, index) => text.padStart(widths[index + 1]))].join('  '))
  }
  const totals = Object.fromEntries(kinds.map((kind) => [kind, rows.reduce((sum, row) => sum + row[kind], 0)]))
  totals.failed += failedSteps
  console.log(describe(totals))
  return totals.failed > 0 ? 1 : 0
}

function describe(counts) {
  return kinds.map((kind) => `${counts[kind]} ${kind}`).join(', ')
}
