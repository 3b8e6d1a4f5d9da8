// `replace`: AllowMultiple in the place of one program, in one step.
import test, { type ExecutionContext } from 'ava'
import type { CgroupSkb } from 'ayajs'
import { attach, counting, idOf, idsFor, idsOn, stranger } from '../../helpers/attachments.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { openSequence } from '../../helpers/sequence.ts'

leaveNothingBehind(test)

const absent = {
  code: 'ERR_EBPF_ATTACH',
  message:
    /^Cannot attach program "count_egress" to the cgroup "\/[^"]+" in the place of program \d+: No such file or directory \(ENOENT\)\. The anchor, or the program to replace, is not attached here by the same means \(links to links, programs to programs\)\.$/,
}

test('`replace` puts the program in the place of the other', async (t) => {
  const cgroup = makeCgroup(t)
  const { programs, ranIn } = openSequence(t)
  const [one, two, three, four] = programs
  const [, replaced] = [one, two, three].map((program) => attach(t, program, cgroup.path, 'AllowMultiple'))
  const link = attach(t, four, cgroup.path, { mode: 'AllowMultiple', replace: two })
  t.is(await ranIn(cgroup), '143')
  t.true(link.attached)
  t.false(replaced?.attached)
})

test('What was replaced is detached: its `detach()` throws, and leaves the newcomer', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const replaced = attach(t, one, path, 'AllowMultiple')
  attach(t, other, path, { mode: 'AllowMultiple', replace: one })
  t.throws(() => replaced.detach(), { code: 'ERR_EBPF_NOT_ATTACHED' })
  t.deepEqual(idsOn(path), [idOf(other)])
})

test('`replace` takes the place of a program that somebody else has attached, too', (t) => {
  const { path } = makeCgroup(t)
  const [theirs, ours] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  stranger.attach(t, theirs, path, 'AllowMultiple')
  attach(t, ours, path, { mode: 'AllowMultiple', replace: theirs })
  t.deepEqual(idsOn(path), [idOf(ours)])
})

test('replace of a program by itself changes nothing', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  attach(t, one, path, 'AllowMultiple')
  attach(t, other, path, 'AllowMultiple')
  attach(t, one, path, { mode: 'AllowMultiple', replace: one })
  t.deepEqual(idsOn(path), [one, other].map(idOf))
})

test('replace by a program that is attached already throws ERR_EBPF_ATTACH, and changes nothing', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  attach(t, one, path, 'AllowMultiple')
  attach(t, other, path, 'AllowMultiple')
  t.throws(() => other.attach(path, 'Egress', { mode: 'AllowMultiple', replace: one }), { code: 'ERR_EBPF_ATTACH' })
  t.deepEqual(idsOn(path), [one, other].map(idOf))
})

const notThere: Record<string, (t: ExecutionContext, cgroup: string, other: CgroupSkb) => void> = {
  'that is not attached': () => undefined,
  'that is attached by a link': (t, cgroup, other) => void attach(t, other, cgroup),
  'that is attached to a cgroup below': (t, cgroup, other) => {
    attach(t, other, makeCgroup(t, cgroup).path, 'AllowMultiple')
  },
}

for (const [where, prepare] of Object.entries(notThere)) {
  test(`replace of a program ${where} throws ERR_EBPF_ATTACH, and changes nothing`, (t) => {
    const { path } = makeCgroup(t)
    const [other, newcomer] = counting(t, 2) as [CgroupSkb, CgroupSkb]
    prepare(t, path, other)
    const before = idsOn(path)
    t.throws(() => newcomer.attach(path, 'Egress', { mode: 'AllowMultiple', replace: other }), absent)
    t.deepEqual(idsOn(path), before)
  })
}

testIf('cgroup-preorder')(
  'A program that replaces another has preorder if it says so, not because the other had',
  (t) => {
    const { path } = makeCgroup(t)
    const [plain, former, latter] = counting(t, 3) as [CgroupSkb, CgroupSkb, CgroupSkb]
    attach(t, plain, path, 'AllowMultiple')
    attach(t, former, path, { mode: 'AllowMultiple', preorder: true })
    attach(t, latter, path, { mode: 'AllowMultiple', replace: former })
    t.deepEqual(idsFor(path), [plain, latter].map(idOf))
    attach(t, former, path, { mode: 'AllowMultiple', replace: latter, preorder: true })
    t.deepEqual(idsFor(path), [former, plain].map(idOf))
  },
)
