// What the running kernel has, found by trying and held against kernel-features.json; the only way for a test to be skipped for it.
import { execFileSync } from 'node:child_process'
import { release } from 'node:os'
import test, { type ExecutionContext } from 'ava'
import type features from '../kernel-features.json'
import { read, root } from './sources.ts'

const table = JSON.parse(read('__test__/kernel-features.json')) as typeof features

/** A name in the table. */
export type Feature = keyof (typeof features)['features']

type Series = keyof (typeof features)['features'][Feature]['kernels']

/** All names in the table. */
export const allFeatures = Object.keys(table.features) as readonly Feature[]

/**
 * `test` for what needs a feature of the kernel: `testIf('ring-buffer')('title', (t) => …)`. Where the kernel lacks it, the
 * test is skipped, and its title says so. Where table and kernel disagree, it fails.
 */
export function testIf(feature: Feature): (title: string, run: (t: ExecutionContext) => void | Promise<void>) => void {
  const complaint = disagreement(feature)
  if (complaint !== undefined) return (title) => test(title, (t) => t.fail(complaint))
  return hasFeature(feature) ? test : (title) => test.skip(`${title} (${lacking(feature)})`, () => undefined)
}

/**
 * For a test that learns on its way what it needs: `if (!needs(t, 'ring-buffer')) return`. Where the kernel lacks it, the
 * test has ended as skipped. Where table and kernel disagree, it has failed.
 */
export function needs(t: ExecutionContext, feature: Feature): boolean {
  const complaint = disagreement(feature)
  if (complaint !== undefined) {
    t.fail(complaint)
    return false
  }
  if (hasFeature(feature)) return true
  t.log(`skipped: ${lacking(feature)}`)
  t.pass()
  return false
}

/** Whether the kernel has it. For a test that expects one thing or the other, and is never skipped. */
export function hasFeature(feature: Feature): boolean {
  return answers().get(feature) === 'yes'
}

/** What to say when table and kernel disagree; nothing on a kernel that the table does not have. */
export function disagreement(feature: Feature): string | undefined {
  const series = seriesInTable()
  const answer = answers().get(feature)
  if (answer === undefined) return `kernel-probe.c does not try ${feature}`
  if (series === undefined || table.features[feature].kernels[series] === hasFeature(feature)) return
  const [says, found] = hasFeature(feature) ? ['lacks', 'it is there'] : ['has', `trying it gives errno ${answer}`]
  return `kernel-features.json says that Linux ${series} ${says} ${feature}, but on ${release()} ${found}`
}

let known: ReadonlyMap<string, string> | undefined

/** What the probe found, by feature: `yes`, or the number of the error. It runs once for each file of tests. */
export function answers(): ReadonlyMap<string, string> {
  if (known) return known
  const lines = execFileSync(process.execPath, ['scripts/kernels/probe.mjs'], { cwd: root, encoding: 'utf8' })
  return (known = new Map(
    [...lines.matchAll(/^(\S+) (\w+)$/gm)].map(([, feature = '', answer = '']) => [feature, answer]),
  ))
}

function lacking(feature: Feature): string {
  return `Linux ${release()} lacks ${feature}`
}

/** The running kernel's row of the table. Only Debian's build counts: another of the same version can have other features. */
function seriesInTable(): Series | undefined {
  const isRunning = (series: string): boolean => release().startsWith(`${series}.`) && release().endsWith(table.flavour)
  return table.kernels.find(isRunning) as Series | undefined
}
