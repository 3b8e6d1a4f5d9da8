// Runs ava's tests on other kernels and counts them: for `npm run test:kernels`, and as a check of `npm test`.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { childEnv } from '../lib/child.mjs'
import { prepare } from '../lib/prepare.mjs'
import { root, writeCache } from '../lib/project.mjs'
import { readTap } from '../lib/tap.mjs'
import { boot } from './machine.mjs'
import { kernelFolder, kernelSteps, table, whyNotHere } from './steps.mjs'

/** The tests that are about the kernel. */
export const kernelTests = ['__test__/kernel/**/*.test.ts']

/** How much slower an emulated CPU is: for tests with deadlines of their own. */
const slowness = 12

/** How long ava waits for the next test to end, and how long a kernel has for all of them. */
const idleMinutes = 10
const limitMinutes = 60

/** A check: these tests on the kernels of these series. Skipped, and says why, where that cannot be done. */
export function onKernels(list, tests) {
  return async () => {
    const reason = whyNotHere()
    if (reason) return { passed: 0, failed: 0, skipped: 1, output: reason }
    const { failed } = await prepare(kernelSteps(list))
    const totals = { passed: 0, failed: failed.length, skipped: 0, output: failed.join('\n') }
    for (const series of failed.length > 0 ? [] : list) {
      const counts = await testOn(series, tests)
      for (const kind of ['passed', 'failed', 'skipped']) totals[kind] += counts[kind]
      if (counts.failed > 0) totals.output += `Linux ${series}:\n${counts.output}\n`
    }
    return totals
  }
}

/**
 * Runs `ava --tap` with these arguments on a kernel: `{ passed, failed, skipped, output, lacking }`. `output` is of what
 * failed; `lacking` are the features for whose lack tests were skipped.
 */
export async function testOn(series, args) {
  const ava = [
    process.execPath,
    'node_modules/ava/entrypoints/cli.mjs',
    '--tap',
    '--serial',
    `--timeout=${idleMinutes}m`,
  ]
  const env = [`PATH=${childEnv(true).PATH}`, `AYAJS_TEST_SLOWNESS=${slowness}`]
  const command = `cd ${quote(root)} && exec env ${[...env, ...ava, ...args].map(quote).join(' ')}`
  const limits = { log: `kernel-${series}-machine`, limitSeconds: limitMinutes * 60 }
  const result = await boot(kernelFolder(series), command, limits)
  writeCache(`kernel-${series}-tests.log`, [result.stdout, result.stderr, result.messages].join('\n'))
  const { output, ...counts } = readTap(result.stdout)
  const { lacking, complaints } = judgeSkips(series, result.stdout)
  complaints.push(...whatElseFailed(result, counts))
  counts.failed += complaints.length
  return { ...counts, output: [output, ...complaints].filter(Boolean).join('\n'), lacking }
}

/** The release of an unpacked kernel, as `uname -r` says it. */
export function releaseOf(series) {
  return readFileSync(join(kernelFolder(series), 'release'), 'utf8').trim()
}

/** A skipped test must say `lacks <feature>`, and the table that this kernel lacks it. */
function judgeSkips(series, tap) {
  const tests = tap.split(/^(?=(?:not )?ok \d+)/m).filter((test) => readTap(`\n${test}`).skipped > 0)
  const skips = tests.map((test) => ({ title: test.split('\n', 1)[0], feature: / lacks ([\w-]+)/.exec(test)?.[1] }))
  const isExpected = ({ feature }) => table.features[feature]?.kernels[series] === false
  const unexpected = skips.filter((skip) => !isExpected(skip))
  return {
    lacking: [...new Set(skips.filter(isExpected).map(({ feature }) => feature))],
    complaints: unexpected.map(
      ({ title }) => `${title}\n  skipped, but not for a feature that Linux ${series} lacks by the table`,
    ),
  }
}

/** What went wrong besides tests: no more than one complaint. */
function whatElseFailed({ status, timedOut, stderr, messages }, { failed }) {
  const tail = (text) => text.trimEnd().split('\n').slice(-20).join('\n')
  if (timedOut) return [`not done after ${limitMinutes} minutes\n${tail(stderr)}`]
  if (status === null) return [`the kernel ended before the tests did\n${tail(messages)}`]
  return status !== 0 && failed === 0 ? [`ava ended with ${status}\n${tail(stderr)}`] : []
}

function quote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
