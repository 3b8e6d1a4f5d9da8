// `Program`: programs of every kind that aya knows, by the names that aya has for them.
import test, { type ExecutionContext } from 'ava'
import { EbpfError, type Program } from 'ayajs'
import { showProgram } from '../helpers/bpftool.ts'
import { openFixture } from '../helpers/fixtures.ts'
import { hasFeature, type Feature } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

/** Program of kinds.bpf.o → its kind, and the kernel's type where that has another name. */
const kinds: Readonly<Record<string, readonly [kind: string, programType?: string]>> = {
  xdp_pass: ['Xdp'],
  socket_prog: ['SocketFilter'],
  classifier_prog: ['SchedClassifier'],
  cgroup_sock_create_prog: ['CgroupSock'],
  cgroup_connect4_prog: ['CgroupSockAddr'],
  cgroup_sysctl_prog: ['CgroupSysctl'],
  cgroup_dev_prog: ['CgroupDevice'],
  cgroup_getsockopt_prog: ['CgroupSockopt'],
  cgroup_setsockopt_prog: ['CgroupSockopt'],
  sockops_prog: ['SockOps'],
  sk_msg_prog: ['SkMsg'],
  sk_skb_stream_parser_prog: ['SkSkb'],
  sk_skb_stream_verdict_prog: ['SkSkb'],
  sk_lookup_prog: ['SkLookup'],
  sk_reuseport_prog: ['SkReuseport'],
  tracepoint_prog: ['TracePoint'],
  raw_tp_prog: ['RawTracePoint'],
  perf_event_prog: ['PerfEvent'],
  flow_dissector_prog: ['FlowDissector'],
  lirc_mode2_prog: ['LircMode2'],
  kprobe_prog: ['KProbe'],
  uprobe_prog: ['UProbe', 'KProbe'],
  fentry_prog: ['FEntry', 'Tracing'],
  fexit_prog: ['FExit', 'Tracing'],
  tp_btf_prog: ['BtfTracePoint', 'Tracing'],
  iter_prog: ['Iter', 'Tracing'],
  lsm_prog: ['Lsm'],
  lsm_cgroup_prog: ['LsmCgroup', 'Lsm'],
  freplace_prog: ['Extension'],
}

const absent = /cannot be loaded: this kernel has no programs of this kind\. Do without it/

const forbidden = /^The kernel refused program "\w+": EPERM\. .* the kernel itself forbids this kind of program here/

/** What the kernel may lack, and what is said then. */
const features: Readonly<Record<string, readonly [feature: Feature, refusal: RegExp]>> = {
  lirc_mode2_prog: ['lirc-mode2', absent],
  fentry_prog: ['fentry', forbidden],
  fexit_prog: ['fentry', forbidden],
  lsm_prog: ['lsm', forbidden],
  lsm_cgroup_prog: ['lsm-cgroup', new RegExp(`${forbidden.source}|${absent.source}`)],
}

test('Ebpf.programs gives every program of an object with its kind and type, as aya names them', (t) => {
  const found = openFixture(t, 'kinds')
    .programs()
    .map(([name, { kind, programType }]) => [name, kind, programType])
  const expected = Object.entries(kinds).map(([name, [kind, programType = kind]]) => [name, kind, programType])
  t.deepEqual(found, expected.sort())
})

const ways: readonly { way: string; load: (program: Program) => Promise<void> }[] = [
  { way: 'load', load: async (program) => program.load() },
  { way: 'loadAsync', load: (program) => program.loadAsync() },
]

for (const { way, load } of ways) {
  for (const [name, [kind, programType = kind]] of Object.entries(kinds)) {
    const [feature, refusal] = features[name] ?? []
    if (name === 'freplace_prog') continue
    if (feature !== undefined && !hasFeature(feature)) {
      test(`Program.${way} of ${name}, of kind ${kind}, says that the kernel lacks it`, async (t) => {
        const program = programOf(t, name)
        const error = await t.throwsAsync(load(program), { instanceOf: EbpfError })
        t.regex(error?.message ?? '', refusal ?? /./)
        t.like(error, { program: name })
        t.is(program.asRawFd(), null)
      })
      continue
    }
    test(`Program.${way} loads ${name}, of kind ${kind}`, async (t) => {
      const program = programOf(t, name)
      await load(program)
      const { id, programType: type, name: shortName } = program.info()
      t.is(type, programType)
      t.is(shortName, name.slice(0, 15))
      // bpftool takes the whole name from the BTF.
      t.true(name.startsWith(showProgram(id)?.name ?? '?'))
      program.unload()
      t.is(program.asRawFd(), null)
    })
  }

  test(`Program.${way} of an extension says why it cannot be loaded`, async (t) => {
    const program = programOf(t, 'freplace_prog')
    const error = await t.throwsAsync(load(program), { instanceOf: EbpfError, code: 'ERR_EBPF_UNSUPPORTED' })
    t.like(error, { feature: 'load a program of kind Extension', program: 'freplace_prog' })
    t.regex(error?.message ?? '', /takes the place of a function of another program/)
    t.is(program.asRawFd(), null)
  })
}

test('an object with programs of every kind is loaded again, each program beside the others', (t) => {
  const bpf = openFixture(t, 'kinds')
  const loadable = bpf.programs().filter(([name]) => {
    const [feature] = features[name] ?? []
    return name !== 'freplace_prog' && (feature === undefined || hasFeature(feature))
  })
  for (let turn = 0; turn < 2; turn++) {
    for (const [, program] of loadable) program.load()
    t.is(new Set(loadable.map(([, program]) => program.info().id)).size, loadable.length)
    for (const [, program] of loadable) program.unload()
  }
})

/** Program of hookless.bpf.o → what its section does not name, or names in vain. */
const hookless: Readonly<Record<string, string>> = {
  fentry_bare: 'the name of its section does not tell the kernel function',
  fexit_bare: 'the name of its section does not tell the kernel function',
  tp_btf_bare: 'the name of its section does not tell the tracepoint',
  iter_bare: 'the name of its section does not tell the iterator',
  lsm_bare: 'the name of its section does not tell the LSM hook',
  lsm_cgroup_bare: 'the name of its section does not tell the LSM hook',
  fentry_unknown: 'the BTF of this kernel has no kernel function "no_such_function" (modules are not searched)',
  tp_btf_unknown: 'the BTF of this kernel has no tracepoint "no_such_tracepoint" (modules are not searched)',
  iter_unknown: 'the BTF of this kernel has no iterator "no_such_iterator" (modules are not searched)',
  lsm_unknown: 'the BTF of this kernel has no LSM hook "no_such_hook" (modules are not searched)',
}

for (const [name, reason] of Object.entries(hookless)) {
  test(`Program.load of ${name} says what it wants to know, or what is not there`, (t) => {
    const program = openFixture(t, 'hookless').program(name)
    const error = t.throws(() => program?.load(), { instanceOf: EbpfError, code: 'ERR_EBPF_UNSUPPORTED' })
    const remedy = name.endsWith('_bare')
      ? 'Name it there, after a slash, as in SEC("fentry/do_unlinkat").'
      : 'Do without it: what does not need it works all the same.'
    t.is(error?.message, `Program "${name}" of kind ${program?.kind} cannot be loaded: ${reason}. ${remedy}`)
  })
}

function programOf(t: ExecutionContext, name: string): Program {
  const program = openFixture(t, 'kinds').program(name)
  if (program === null) throw new Error(`kinds.bpf.o has no program ${name}`)
  return program
}
