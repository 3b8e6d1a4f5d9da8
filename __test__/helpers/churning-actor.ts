// A child that opens, loads, attaches and closes without a pause, so that ids come and go, until it is killed.
import { setImmediate as turn } from 'node:timers/promises'
import { Ebpf } from 'ayajs'
import { fixturePath, loaded } from './fixtures.ts'

const [cgroup = ''] = process.argv.slice(2)

for (let rounds = 0; ; rounds++) {
  const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
  loaded(bpf, 'count_egress').attach(cgroup, 'Egress')
  bpf.close()
  if (rounds === 3) process.send?.('churning')
  await turn()
}
