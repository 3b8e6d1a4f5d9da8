// Tests of what happens on a kernel that lacks a feature: they are there on such kernels only.
import test, { type ExecutionContext } from 'ava'
import { disagreement, hasFeature, type Feature } from './kernel-features.ts'

/** `test` for kernels without a feature; the counterpart of `testIf`, which says in titles what was skipped. */
export function testUnless(
  feature: Feature,
): (title: string, run: (t: ExecutionContext) => void | Promise<void>) => void {
  if (hasFeature(feature) && disagreement(feature) === undefined) return () => undefined
  return (title, run) => test(`without ${feature}: ${title}`, run)
}
