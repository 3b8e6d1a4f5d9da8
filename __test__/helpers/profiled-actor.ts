// A child that makes test runs, long enough for a profiler to interrupt them, and tells how they ended.
import { Ebpf } from 'ayajs'
import { fixturePath, loaded } from './fixtures.ts'
import { packet } from './rings.ts'

const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
const program = loaded(bpf, 'count_egress')
const outcomes = new Set<string>()
for (let run = 0; run < 10; run++) {
  try {
    program.testRun({ packet, repeat: 200_000 })
    outcomes.add('ran')
  } catch (error) {
    outcomes.add((error as Error).message)
  }
}
bpf.close()
process.send?.([...outcomes])
process.disconnect()
