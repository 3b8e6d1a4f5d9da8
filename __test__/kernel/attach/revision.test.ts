// The revision of a cgroup's attachments: what counts, and attaching only where nothing has changed since.
import test from 'ava'
import { type EbpfError, queryCgroup, type CgroupSkb } from 'ayajs'
import { attach, counting, idOf, idsOn, optionsFor, stranger, ways, type Way } from '../../helpers/attachments.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

const conflict = {
  code: 'ERR_EBPF_CONFLICT',
  message:
    /^Cannot attach program "count_egress" to the cgroup "\/[^"]+", which was to have revision \d+ and has \d+: Stale file handle \(ESTALE\)\. Ask for the present state \(queryCgroup, link\.info\) and decide anew\.$/,
}

function revisionOf(cgroup: string, direction: 'Egress' | 'Ingress' = 'Egress'): bigint {
  const { revision } = queryCgroup(cgroup, direction)
  if (revision === null) throw new Error('the kernel has no revisions')
  return revision
}

function withRevision(way: Way, expectedRevision: bigint): object {
  return way === 'link' ? { expectedRevision } : { mode: way, expectedRevision }
}

for (const way of ways) {
  testIf('cgroup-revision')(`${way} with the present revision as expectedRevision is attached`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    attach(t, program, path, withRevision(way, revisionOf(path)))
    t.deepEqual(idsOn(path), [idOf(program)])
  })

  testIf('cgroup-revision')(`${way} with another revision throws ERR_EBPF_CONFLICT, and changes nothing`, (t) => {
    const { path } = makeCgroup(t)
    const [present, newcomer] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const seen = revisionOf(path)
    attach(t, present, path, optionsFor(way))
    const now = revisionOf(path)
    for (const stale of [seen, now + 1n, 2n ** 64n - 1n]) {
      t.throws(() => newcomer.attach(path, 'Egress', withRevision(way, stale)), conflict, `${stale}`)
    }
    t.deepEqual(idsOn(path), [idOf(present)])
    t.is(revisionOf(path), now)
  })
}

testIf('cgroup-revision')(
  'The revision counts each attach, update and detach, and goes on when nothing is attached',
  (t) => {
    const { path } = makeCgroup(t)
    const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    const start = revisionOf(path)
    for (const [round, way] of ways.entries()) {
      const before = start + BigInt(3 * round)
      const link = attach(t, one, path, optionsFor(way))
      t.is(revisionOf(path), before + 1n, `${way} attach`)
      link.update(other)
      t.is(revisionOf(path), before + 2n, `${way} update`)
      link.detach()
      t.is(revisionOf(path), before + 3n, `${way} detach`)
    }
  },
)

testIf('cgroup-revision')('Each direction of each cgroup has a revision of its own', (t) => {
  const above = makeCgroup(t)
  const { path } = makeCgroup(t, above.path)
  const [program] = counting(t, 1) as [CgroupSkb]
  const others = (): readonly bigint[] => [revisionOf(path, 'Ingress'), revisionOf(above.path)]
  const before = others()
  attach(t, program, path)
  t.deepEqual(others(), before)
})

testIf('cgroup-revision')('of two who have seen the same revision, the first comes in', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const expectedRevision = revisionOf(path)
  attach(t, one, path, { expectedRevision })
  const error = t.throws(() => other.attach(path, 'Egress', { expectedRevision }), conflict)
  t.is((error as EbpfError).path, path)
  t.true(
    error.message.includes(`"${path}", which was to have revision ${expectedRevision} and has ${revisionOf(path)}:`),
  )
})

testIf('cgroup-revision')('With `expectedRevision`, `Single` does not replace what came meanwhile', (t) => {
  const { path } = makeCgroup(t)
  const [ours, theirs] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const expectedRevision = revisionOf(path)
  stranger.attach(t, theirs, path, 'Single')
  t.throws(() => ours.attach(path, 'Egress', { mode: 'Single', expectedRevision }), conflict)
  t.deepEqual(idsOn(path), [idOf(theirs)])
})
