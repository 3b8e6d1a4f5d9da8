// `Program`: programs of every kind that aya loads without an argument, by the names that aya has for them.
import test, { type ExecutionContext } from 'ava'
import { EbpfError, type Program } from 'ayajs'
import { showProgram } from '../helpers/bpftool.ts'
import { openFixture } from '../helpers/fixtures.ts'
import { hasFeature, needs } from '../helpers/kernel-features.ts'
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
}

/** Kinds that cannot be loaded without an argument. */
const wantingArguments = ['fentry_prog']

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
    if (wantingArguments.includes(name)) continue
    test(`Program.${way} loads ${name}, of kind ${kind}`, async (t) => {
      const program = programOf(t, name)
      if (kind === 'LircMode2' && !needs(t, 'lirc-mode2')) return
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

  if (!hasFeature('lirc-mode2')) {
    test(`Program.${way} throws ERR_EBPF_LOAD for a kind that the kernel does not have`, async (t) => {
      const program = programOf(t, 'lirc_mode2_prog')
      const error = await t.throwsAsync(load(program), { instanceOf: EbpfError, code: 'ERR_EBPF_LOAD' })
      t.like(error, { errnoName: 'EINVAL', program: 'lirc_mode2_prog' })
      t.is(program.asRawFd(), null)
    })
  }

  for (const name of wantingArguments) {
    test(`Program.${way} throws ERR_EBPF_UNSUPPORTED for ${name}, which needs an argument`, async (t) => {
      const program = programOf(t, name)
      const error = await t.throwsAsync(load(program), { instanceOf: EbpfError, code: 'ERR_EBPF_UNSUPPORTED' })
      t.like(error, { feature: 'load a program of kind FEntry' })
      t.regex(error?.message ?? '', /needs the kernel function's name/)
      t.is(program.asRawFd(), null)
    })
  }
}

function programOf(t: ExecutionContext, name: string): Program {
  const program = openFixture(t, 'kinds').program(name)
  if (program === null) throw new Error(`kinds.bpf.o has no program ${name}`)
  return program
}
