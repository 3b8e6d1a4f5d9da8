// The kind of a program by its section, and that the crate, which repairs objects for aya, has the same rules.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { programKind } from '../../../dist/btf/program-kinds.js'
import { root } from '../../helpers/sources.ts'

const kinds: [section: string, kind: string][] = [
  ['cgroup_skb/egress', 'CgroupSkb'],
  ['cgroup_skb/ingress/anything', 'CgroupSkb'],
  ['cgroup_skb', 'CgroupSkb'],
  ['cgroup/skb', 'CgroupSkb'],
  ['cgroup/connect4', 'CgroupSockAddr'],
  ['cgroup/sock', 'CgroupSock'],
  ['cgroup/sock1', 'CgroupSock'],
  ['cgroup/sock_release', 'CgroupSock'],
  ['xdp', 'Xdp'],
  ['xdp1', 'Xdp'],
  ['xdp/tail', 'Xdp'],
  ['?xdp', 'Xdp'],
  ['xdp.frags/devmap', 'Xdp'],
  ['tc', 'SchedClassifier'],
  ['tcx/egress', 'SchedClassifier'],
  ['kretprobe/do_exit', 'KProbe'],
  ['uprobe.s', 'UProbe'],
  ['tp/sched/sched_switch', 'TracePoint'],
  ['fexit.s/f', 'FExit'],
  ['sk_skb', 'SkSkb'],
  ['sk_reuseport/migrate', 'SkReuseport'],
  ['lsm_cgroup/socket_bind', 'LsmCgroup'],
]

for (const [section, kind] of kinds) {
  test(`a program in the section ${JSON.stringify(section)} is of kind ${kind}`, (t) => {
    t.deepEqual(pick(section), { kind, supported: true })
  })
}

const foreign: [section: string, kind: string][] = [
  ['action', 'SchedAction'],
  ['cgroup/connect_unix', 'CgroupSockAddrUnix'],
  ['kprobe.multi/a', 'KProbeMulti'],
  ['struct_ops.s/a', 'StructOps'],
  ['?usdt', 'Usdt'],
  ['xdp.new', 'Unknown'],
  ['cgroup', 'Unknown'],
  ['cgroup/constructor', 'Unknown'],
  ['constructor', 'Unknown'],
  ['__proto__', 'Unknown'],
  ['', 'Unknown'],
]

for (const [section, kind] of foreign) {
  test(`a program in the section ${JSON.stringify(section)}, which aya does not have, is of kind ${kind}`, (t) => {
    t.deepEqual(pick(section), { kind, supported: false })
  })
}

test('the rules are those of the crate', (t) => {
  const source = readFileSync(`${root}/crates/object/src/repair/sections.rs`, 'utf8')
  const [, table = ''] = /= rules! \{\n(.*?)\n\};/s.exec(source) ?? []
  const rules = [...table.matchAll(/(\w+) of \w+:(.*?);/gs)].flatMap(([, kind = '', list = '']) =>
    [...list.matchAll(/"([^"]+)"((?: as "[^"]+"| by \w+| or longer)*)/g)].map(([, name = '', how = '']) => {
      return { name, kind, supported: !how.includes('by nobody'), isPrefix: how.includes('or longer') }
    }),
  )
  t.true(rules.length > 100)
  for (const { name, kind, supported } of rules) {
    t.deepEqual(pick(name), { kind, supported }, name)
    t.deepEqual(pick(`${name}/a`), { kind, supported }, `${name}/a`)
    const prefix = rules
      .filter((rule) => rule.isPrefix && name.startsWith(rule.name) && !name.startsWith(`${rule.name}.`))
      .sort((a, b) => b.name.length - a.name.length)[0]
    const { kind: longer = 'Unknown' } = prefix ?? {}
    if (!rules.some((rule) => name.startsWith(`${rule.name}/`))) t.is(pick(`${name}_a`).kind, longer, `${name}_a`)
  }
})

function pick(section: string): { kind: string; supported: boolean } {
  const { kind, supported } = programKind(section)
  return { kind, supported }
}
