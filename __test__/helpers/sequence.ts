// The order in which programs run, seen by a packet: the programs of sequence.bpf.o write it down.
import type { ExecutionContext } from 'ava'
import type { CgroupSkb } from 'ayajs'
import type { TestCgroup } from './cgroup.ts'
import { loaded, mapOf, openFixture, u32Key, u64 } from './fixtures.ts'
import { startTraffic } from './traffic.ts'

export interface Sequence {
  /** The programs 1 to 4, loaded. */
  readonly programs: readonly [one: CgroupSkb, two: CgroupSkb, three: CgroupSkb, four: CgroupSkb]
  /** Sends one packet from the cgroup: which programs ran for it, as in `312`. */
  ranIn(cgroup: TestCgroup): Promise<string>
}

export function openSequence(t: ExecutionContext): Sequence {
  const bpf = openFixture(t, 'sequence')
  const digits = (): string => u64(mapOf(bpf, 'ran').get(u32Key(0))).toString(16)
  return {
    programs: [loaded(bpf, 'run_1'), loaded(bpf, 'run_2'), loaded(bpf, 'run_3'), loaded(bpf, 'run_4')],
    async ranIn(cgroup) {
      const before = digits()
      await startTraffic(t, cgroup).udp(1)
      const after = digits()
      return before === '0' ? after : after.slice(before.length)
    },
  }
}
