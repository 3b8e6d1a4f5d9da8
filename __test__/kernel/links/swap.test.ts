// Under traffic, programs are swapped 1,000 times, and every packet is judged by exactly one of them.
import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkbAttachType, PinnedLink, type CgroupSkb, type Ebpf } from 'ayajs'
import { attach, closedAtEnd, optionsFor, ways } from '../../helpers/attachments.ts'
import { makeCgroup, startIn, type TestCgroup } from '../../helpers/cgroup.ts'
import { commandOf } from '../../helpers/children.ts'
import { counted, loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import type { Sent } from '../../helpers/steady-sender.ts'

leaveNothingBehind(test)

const swaps = 1_000

/** How many datagrams are sent in that time, at least. */
const enough = 500

for (const way of ways) {
  test(`Every packet is judged by exactly one program while update() swaps ${way} 1,000 times`, async (t) => {
    const cgroup = makeCgroup(t)
    const bpf = openFixture(t, 'cgroup_skb')
    const [one, other] = [loaded(bpf, 'count_egress'), loaded(bpf, 'count_any')]
    const link = attach(t, one, cgroup.path, optionsFor(way))
    const sent = await duringTraffic(t, cgroup, (program) => link.update(program), [one, other])
    countedAll(t, bpf, sent)
  })

  test(`No packet passes while update() swaps ${way} 1,000 times between programs that drop`, async (t) => {
    const cgroup = makeCgroup(t)
    const programs = [0, 1].map(() => loaded(openFixture(t, 'cgroup_skb'), 'drop_egress')) as [CgroupSkb, CgroupSkb]
    const link = attach(t, programs[0], cgroup.path, optionsFor(way))
    const { passed, refused } = await duringTraffic(t, cgroup, (program) => link.update(program), programs)
    t.is(passed, 0)
    t.true(refused >= enough)
  })
}

test('Every packet is judged by exactly one program while update() swaps a PinnedLink 1,000 times', async (t) => {
  const cgroup = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const [one, other] = [loaded(bpf, 'count_egress'), loaded(bpf, 'count_any')]
  const pin = `${makePinDirectory(t)}/link`
  attach(t, one, cgroup.path).toFdLink().pin(pin).close()
  const link = closedAtEnd(t, PinnedLink.fromPin(pin))
  const sent = await duringTraffic(t, cgroup, (program) => link.update(program), [one, other])
  countedAll(t, bpf, sent)
})

test('Every packet is judged by exactly one program while `replace` swaps two of them 1,000 times', async (t) => {
  const cgroup = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const [one, other] = [loaded(bpf, 'count_egress'), loaded(bpf, 'count_any')]
  attach(t, one, cgroup.path, 'AllowMultiple')
  const swap = (program: CgroupSkb, replace: CgroupSkb): void => {
    program.attach(cgroup.path, CgroupSkbAttachType.Egress, { mode: 'AllowMultiple', replace })
  }
  countedAll(t, bpf, await duringTraffic(t, cgroup, swap, [one, other]))
})

/** Swaps while a child sends, and tells what that has sent from before the first swap to after the last. */
async function duringTraffic(
  t: ExecutionContext,
  cgroup: TestCgroup,
  swap: (program: CgroupSkb, former: CgroupSkb) => void,
  [one, other]: readonly [CgroupSkb, CgroupSkb],
): Promise<Sent> {
  const child = startIn(t, cgroup, commandOf('./steady-sender.ts'))
  let seen = await child.next<Sent>()
  for (let done = 1; done <= swaps; done++) {
    if (done % 2 === 1) swap(other, one)
    else swap(one, other)
    // Now and then some datagrams must have been sent, while the one program is in place and while the other is.
    if (done % 25 === 0) seen = await child.next<Sent>()
    else await turn()
  }
  seen = await child.ask<Sent>('stop')
  while (!seen.isOver) seen = await child.next<Sent>()
  await child.ended
  return seen
}

function countedAll(t: ExecutionContext, bpf: Ebpf, { passed, refused }: Sent): void {
  const counts = [counted(bpf, 'count_egress'), counted(bpf, 'count_any')]
  t.is(refused, 0)
  t.true(passed >= enough)
  t.is(counts[0]! + counts[1]!, passed)
  t.true(
    counts.every((count) => count > 0),
    `${counts.join(' and ')}`,
  )
}
