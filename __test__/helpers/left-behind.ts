// After a file of kernel tests nothing of ours may be left: no program, map, link, descriptor, pin, cgroup, or active handle.
import type { TestFn } from 'ava'
import { cgroupsLeft } from './cgroup.ts'
import { objectNames, objectsSince, ownDescriptors } from './kernel-objects.ts'
import { pinsLeft } from './pins.ts'
import { untilNone } from './poll.ts'
import { requireRoot } from './privilege.ts'

export { ownDescriptors }

/**
 * Every file of kernel tests calls this first. It wants root; and when all tests are over, it waits for the kernel to
 * free what they made, and fails with a list of what stays.
 */
export function leaveNothingBehind(test: TestFn): void {
  requireRoot()
  const before = objectNames()
  const handlesBefore = process.getActiveResourcesInfo()
  test.after.always('nothing is left behind', async (t) => {
    const left = await untilNone(() => [
      ...objectsSince(before),
      ...ownDescriptors(),
      ...cgroupsLeft().map((name) => `cgroup ${name}`),
      ...pinsLeft().map((name) => `pin ${name}`),
      ...handlesSince(handlesBefore).map((type) => `handle ${type}`),
    ])
    t.deepEqual(left, [])
  })
}

/** Types of what keeps the event loop alive beyond what did before, except timers: the test runner has some. */
function handlesSince(before: readonly string[]): readonly string[] {
  const known = [...before]
  return process.getActiveResourcesInfo().filter((type) => {
    const index = known.indexOf(type)
    if (index >= 0) known.splice(index, 1)
    return index < 0 && type !== 'Timeout' && type !== 'Immediate'
  })
}
