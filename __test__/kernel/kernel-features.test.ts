// The table of what kernels have: right on the kernel that runs, feature by feature.
import test from 'ava'
import { allFeatures, answers, disagreement } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

test('the probe tries every feature of the table, and no other', (t) => {
  t.deepEqual([...answers().keys()].sort(), [...allFeatures].sort())
})

for (const feature of allFeatures) {
  test(`the table is right about ${feature}`, (t) => {
    t.is(disagreement(feature), undefined)
  })
}
