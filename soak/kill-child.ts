// A child of the soak `kill`: pins, updates, replaces or attaches without a pause, until it is killed.

import { CgroupAttachMode, CgroupSkbAttachType, Ebpf } from 'ayajs'
import { fixturePath, loaded, mapOf } from '../__test__/helpers/fixtures.ts'
import type { Made, Phase } from './kill-states.ts'

/** What the child is told. */
export interface Task {
  readonly phase: Phase
  readonly cgroup: string
  readonly pins: string
}

const { phase, cgroup, pins } = JSON.parse(process.argv[2] ?? '') as Task
const { Egress } = CgroupSkbAttachType
const { AllowMultiple, Single } = CgroupAttachMode

const [one, other] = [0, 1].map(() => Ebpf.loadFile(fixturePath('cgroup_skb'))) as [Ebpf, Ebpf]
const [first, second] = [loaded(one, 'count_egress'), loaded(other, 'count_egress')]
const map = mapOf(one, 'packets')

const turn = begin()
// One turn before the message: whoever is killed before that has not begun.
turn()
const made: Made = { programs: [first.info().id, second.info().id], map: map.info().id }
await new Promise((resolve) => process.send?.(made, undefined, undefined, resolve))
for (;;) turn()

/** Makes what the phase needs beforehand, and gives what it does then. */
function begin(): () => void {
  switch (phase) {
    case 'pin':
      return pin
    case 'update': {
      const link = first.attachLink(cgroup, Egress).toFdLink().pin(`${pins}/link`)
      return () => {
        link.update(second)
        link.update(first)
      }
    }
    case 'replace':
      first.attach(cgroup, Egress, { mode: AllowMultiple })
      return () => {
        second.attach(cgroup, Egress, { mode: AllowMultiple, replace: first })
        first.attach(cgroup, Egress, { mode: AllowMultiple, replace: second })
      }
    case 'attach':
      return () => {
        first.attachLink(cgroup, Egress).detach()
        for (const mode of [Single, AllowMultiple]) first.detach(first.attach(cgroup, Egress, { mode }))
      }
    default:
      return phase satisfies never
  }
}

/** In the order that kill-states.ts states. */
function pin(): void {
  const link = first.attachLink(cgroup, Egress).toFdLink().pin(`${pins}/link`)
  first.pin(`${pins}/program`)
  map.pin(`${pins}/map`)
  map.unpin()
  first.unpin()
  link.unpin().detach()
}
