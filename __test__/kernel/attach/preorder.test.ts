// Preorder: programs of a cgroup that run before those of the cgroups below it.
import test from 'ava'
import { attach, idOf, idsFor, idsOn, optionsFor } from '../../helpers/attachments.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { testIf } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { openSequence } from '../../helpers/sequence.ts'

leaveNothingBehind(test)

test('Programs of a cgroup run before those of the cgroup above it', async (t) => {
  const above = makeCgroup(t)
  const cgroup = makeCgroup(t, above.path)
  const { programs, ranIn } = openSequence(t)
  attach(t, programs[0], above.path)
  attach(t, programs[1], cgroup.path)
  t.is(await ranIn(cgroup), '21')
})

const ways = [
  { title: 'A link', preorder: { preorder: true }, plain: {} },
  {
    title: 'AllowMultiple',
    preorder: { mode: 'AllowMultiple', preorder: true },
    plain: { mode: 'AllowMultiple', preorder: false },
  },
] as const

for (const { title, preorder, plain } of ways) {
  testIf('cgroup-preorder')(`${title} with preorder runs before programs of the cgroups below`, async (t) => {
    const above = makeCgroup(t)
    const cgroup = makeCgroup(t, above.path)
    const { programs, ranIn } = openSequence(t)
    attach(t, programs[0], above.path, plain)
    attach(t, programs[1], above.path, preorder)
    attach(t, programs[2], cgroup.path, plain)
    t.is(await ranIn(cgroup), '231')
  })

  testIf('cgroup-preorder')(`${title} with preorder runs before plain ones of the same cgroup`, async (t) => {
    const cgroup = makeCgroup(t)
    const { programs, ranIn } = openSequence(t)
    attach(t, programs[0], cgroup.path, plain)
    attach(t, programs[1], cgroup.path, preorder)
    t.is(await ranIn(cgroup), '21')
  })

  testIf('cgroup-order')(`${title} with order 'first' runs after programs with preorder all the same`, async (t) => {
    const cgroup = makeCgroup(t)
    const { programs, ranIn } = openSequence(t)
    attach(t, programs[0], cgroup.path, preorder)
    attach(t, programs[1], cgroup.path, { ...plain, order: 'first' })
    t.is(await ranIn(cgroup), '12')
  })

  testIf('cgroup-order')(`${title} with preorder is placed among those with preorder`, async (t) => {
    const cgroup = makeCgroup(t)
    const { programs, ranIn } = openSequence(t)
    attach(t, programs[0], cgroup.path, preorder)
    attach(t, programs[1], cgroup.path, plain)
    attach(t, programs[2], cgroup.path, { ...preorder, order: 'first' })
    t.is(await ranIn(cgroup), '312')
  })
}

testIf('cgroup-preorder')('Of several cgroups with preorder, the outermost runs first', async (t) => {
  const outer = makeCgroup(t)
  const inner = makeCgroup(t, outer.path)
  const { programs, ranIn } = openSequence(t)
  attach(t, programs[0], inner.path, { preorder: true })
  attach(t, programs[1], outer.path, { preorder: true })
  attach(t, programs[2], inner.path)
  attach(t, programs[3], outer.path)
  t.is(await ranIn(inner), '2134')
})

testIf('cgroup-preorder')('Preorder shows in the effective query only, which gives the order of running', (t) => {
  const { path } = makeCgroup(t)
  const { programs } = openSequence(t)
  const [plain, preorder] = programs
  attach(t, plain, path)
  attach(t, preorder, path, { preorder: true })
  t.deepEqual(idsOn(path), [plain, preorder].map(idOf))
  t.deepEqual(idsFor(path), [preorder, plain].map(idOf))
})

for (const way of ['link', 'AllowMultiple'] as const) {
  testIf('cgroup-preorder')(`update of ${way} keeps preorder`, (t) => {
    const { path } = makeCgroup(t)
    const [plain, former, latter] = openSequence(t).programs
    attach(t, plain, path, optionsFor(way))
    const link = attach(t, former, path, way === 'link' ? { preorder: true } : { mode: way, preorder: true })
    link.update(latter)
    t.deepEqual(idsFor(path), [latter, plain].map(idOf))
  })
}
