// What a process can still do with what it has attached, after it has given up its privileges.
import test from 'ava'
import type { CgroupSkb, EbpfError } from 'ayajs'
import { attach, counting, idOf, idsOn, optionsFor, ways } from '../../helpers/attachments.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

const lacksNetAdmin = { code: 'ERR_EBPF_PERMISSION', message: /This process lacks .*CAP_NET_ADMIN: run it as root/ }
const missing = { code: 'ERR_EBPF_PERMISSION', message: /This process lacks CAP_BPF and CAP_NET_ADMIN/ }

for (const mode of ways.filter((way) => way !== 'link')) {
  test(`detach of ${mode} without privileges throws ERR_EBPF_PERMISSION, and can be done again with them`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    const link = attach(t, program, path, mode)
    asNobody(() => t.throws(() => link.detach(), missing))
    t.false(link.closed)
    t.true(link.attached)
    link.detach()
    t.deepEqual(idsOn(path), [])
  })

  test(`detach of a ${mode} that the program owns without privileges can be done again, too`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    const linkId = program.attach(path, 'Egress', mode)
    asNobody(() => t.throws(() => program.detach(linkId), missing))
    t.deepEqual(idsOn(path), [idOf(program)])
    program.detach(linkId)
    t.deepEqual(idsOn(path), [])
  })
}

test('A link is detached without any privileges', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const link = attach(t, program, path)
  const linkId = program.attach(path, 'Egress')
  asNobody(() => {
    link.detach()
    program.detach(linkId)
  })
  t.deepEqual(idsOn(path), [])
})

for (const way of ways) {
  test(`attach by ${way} without privileges says which are missing`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    asNobody(() => t.throws(() => program.attach(path, 'Egress', optionsFor(way)), lacksNetAdmin))
    t.deepEqual(idsOn(path), [])
  })
}

// Linux 5.10 refuses whoever lacks CAP_BPF everything, where kernel.unprivileged_bpf_disabled is set.
test('A link is updated without any privileges, where the kernel lets bpf(2) be called so', (t) => {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const link = attach(t, one, path)
  const mayAsk = asNobody(() => {
    try {
      return link.attached
    } catch (error) {
      t.is((error as EbpfError).code, 'ERR_EBPF_PERMISSION')
      return false
    }
  })
  if (mayAsk) {
    asNobody(() => t.throws(() => link.update(other, { expected: other }), { code: 'ERR_EBPF_CONFLICT' }))
    asNobody(() => link.update(other, { expected: one }))
  } else {
    asNobody(() => t.throws(() => link.update(other, { expected: one }), { code: 'ERR_EBPF_PERMISSION' }))
  }
  t.deepEqual(idsOn(path), [idOf(mayAsk ? other : one)])
})

/** Root's other self: without capabilities as long as `run` does not return. */
function asNobody<T>(run: () => T): T {
  process.seteuid?.(65534)
  try {
    return run()
  } finally {
    process.seteuid?.(0)
  }
}
