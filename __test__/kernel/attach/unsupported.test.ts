// On kernels without order, preorder or revisions: whoever asks for them is told, and nothing is attached.
import test from 'ava'
import { errorCodes, queryCgroup, type AttachOptions, type CgroupSkb } from 'ayajs'
import { attach, counting, idOf, idsOn } from '../../helpers/attachments.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import type { Feature } from '../../helpers/kernel-features.ts'
import { testUnless } from '../../helpers/kernel-lacks.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

const order = "the order of a cgroup's attachments (order)"
const preorder = "running before descendants' programs (preorder)"
const revision = "revisions of a cgroup's attachments (expectedRevision)"

/** What is asked for, and the feature that the error names. */
const requests: readonly [feature: Feature, title: string, named: string, options: AttachOptions][] = [
  ['cgroup-order', "a link with order 'first'", order, { order: 'first' }],
  ['cgroup-order', "a link with order 'last'", order, { order: 'last' }],
  ['cgroup-order', 'a link before a link', order, { order: { before: { linkId: 1 } } }],
  ['cgroup-order', "AllowMultiple with order 'first'", order, { mode: 'AllowMultiple', order: 'first' }],
  [
    'cgroup-order',
    'AllowMultiple after a program',
    order,
    { mode: 'AllowMultiple', order: { after: { programId: 1 } } },
  ],
  ['cgroup-preorder', 'a link with preorder', preorder, { preorder: true }],
  ['cgroup-preorder', 'AllowMultiple with preorder', preorder, { mode: 'AllowMultiple', preorder: true }],
  ['cgroup-revision', 'a link with expectedRevision', revision, { expectedRevision: 1n }],
  ['cgroup-revision', 'Single with expectedRevision', revision, { mode: 'Single', expectedRevision: 1n }],
  ['cgroup-revision', 'AllowOverride with expectedRevision', revision, { mode: 'AllowOverride', expectedRevision: 1n }],
  ['cgroup-revision', 'AllowMultiple with expectedRevision', revision, { mode: 'AllowMultiple', expectedRevision: 1n }],
]

for (const [feature, title, named, options] of requests) {
  testUnless(feature)(`${title} throws ERR_EBPF_UNSUPPORTED, and is not attached`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    const error = t.throws(() => program.attach(path, 'Egress', options), {
      code: 'ERR_EBPF_UNSUPPORTED',
      message: `This kernel does not have ${named}; nothing has been attached. ${errorCodes.ERR_EBPF_UNSUPPORTED.remedy}`,
    })
    t.like(error, { feature: named })
    t.deepEqual(idsOn(path), [])
  })
}

testUnless('cgroup-revision')('queryCgroup gives null as revision', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  attach(t, program, path)
  t.deepEqual(queryCgroup(path, 'Egress'), { programs: [{ id: idOf(program), mode: 'AllowMultiple' }], revision: null })
})

testUnless('cgroup-order')('attaching without an order goes on as ever, and the latest runs last', (t) => {
  const { path } = makeCgroup(t)
  const programs = counting(t, 3)
  for (const program of programs) attach(t, program, path)
  t.deepEqual(idsOn(path), programs.map(idOf))
})

test('a feature that the kernel has is not called unsupported when the program is what is wrong', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  attach(t, program, path, 'AllowMultiple')
  t.throws(() => program.attach(path, 'Egress', 'AllowMultiple'), { code: 'ERR_EBPF_ATTACH', message: /EINVAL/ })
})
