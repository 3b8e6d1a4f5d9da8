// The kind of a program by its section: the rules of libbpf, old and new, as crates/object/src/repair/sections.rs has them.

/** What a section's name says of the functions in it. */
export interface ProgramKind {
  /** In aya's spelling, as `Program.kind` has it; `Unknown` where nobody knows. */
  readonly kind: string
  /** Whether aya has programs of this kind. */
  readonly supported: boolean
}

/** The kind of the programs in a section; that of unknown ones is `Unknown`. */
export function programKind(section: string): ProgramKind {
  const name = section.startsWith('?') ? section.slice(1) : section
  return (
    longest((rule) => name === rule.name || name.startsWith(`${rule.name}/`)) ??
    // What follows a dot is a flavour that this table does not know: `xdp.frags` is no `xdp`.
    longest((rule) => rule.orLonger && name.startsWith(rule.name) && name[rule.name.length] !== '.') ??
    unknown
  )
}

interface Rule extends ProgramKind {
  readonly name: string
  /** Whether it used to be enough that a section's name begins like this. */
  readonly orLonger: boolean
}

const unknown: ProgramKind = { kind: 'Unknown', supported: false }

function longest(fits: (rule: Rule) => boolean): Rule | undefined {
  let best: Rule | undefined
  for (const rule of rules) {
    if (fits(rule) && rule.name.length > (best?.name.length ?? -1)) best = rule
  }
  return best
}

/** The kinds that aya has, by the names of their sections; `*` stands for a longer name. */
const supported: Readonly<Record<string, string>> = {
  KProbe: 'kprobe* kretprobe*',
  UProbe: 'uprobe* uprobe.s uretprobe* uretprobe.s',
  TracePoint: 'tracepoint* tp',
  RawTracePoint: 'raw_tracepoint* raw_tp*',
  BtfTracePoint: 'tp_btf',
  FEntry: 'fentry fentry.s',
  FExit: 'fexit fexit.s',
  Iter: 'iter iter.s',
  Extension: 'freplace',
  Lsm: 'lsm lsm.s',
  LsmCgroup: 'lsm_cgroup',
  PerfEvent: 'perf_event*',
  SocketFilter: 'socket*',
  SkReuseport: 'sk_reuseport* sk_reuseport/migrate',
  SkLookup: 'sk_lookup*',
  SkMsg: 'sk_msg*',
  SkSkb: 'sk_skb/stream_parser* sk_skb/stream_verdict* sk_skb*',
  SockOps: 'sockops*',
  FlowDissector: 'flow_dissector*',
  LircMode2: 'lirc_mode2*',
  SchedClassifier: 'classifier* tc* tcx',
  Xdp: 'xdp* xdp/cpumap* xdp/devmap* xdp_cpumap* xdp_devmap* xdp.frags xdp.frags/cpumap xdp.frags/devmap',
  CgroupSkb: 'cgroup_skb/ingress* cgroup_skb/egress* cgroup/skb* cgroup_skb*',
  CgroupSock: 'cgroup/sock* cgroup/sock_create* cgroup/sock_release* cgroup/post_bind4* cgroup/post_bind6*',
  CgroupSockAddr: ['bind', 'connect', 'getpeername', 'getsockname', 'sendmsg', 'recvmsg']
    .map((hook) => `cgroup/${hook}4* cgroup/${hook}6*`)
    .join(' '),
  CgroupSysctl: 'cgroup/sysctl*',
  CgroupSockopt: 'cgroup/getsockopt* cgroup/setsockopt*',
  CgroupDevice: 'cgroup/dev*',
}

/** The kinds that it does not have. */
const unsupported: Readonly<Record<string, string>> = {
  CgroupSockAddrUnix: ['connect', 'getpeername', 'getsockname', 'sendmsg', 'recvmsg']
    .map((hook) => `cgroup/${hook}_unix`)
    .join(' '),
  KProbeMulti: 'kprobe.multi kretprobe.multi kprobe.session',
  UProbeMulti: 'uprobe.multi uretprobe.multi uprobe.session uprobe.multi.s uretprobe.multi.s uprobe.session.s',
  KSyscall: 'ksyscall kretsyscall',
  Usdt: 'usdt usdt.s',
  TracePointSleepable: 'tracepoint.s tp.s',
  RawTracePointSleepable: 'raw_tracepoint.s raw_tp.s',
  RawTracePointWritable: 'raw_tracepoint.w raw_tp.w',
  BtfTracePointSleepable: 'tp_btf.s',
  FModRet: 'fmod_ret fmod_ret.s',
  FSession: 'fsession fsession.s',
  TracingMulti: 'fentry.multi fentry.multi.s fexit.multi fexit.multi.s fsession.multi fsession.multi.s',
  SchedAction: 'action*',
  Netkit: 'netkit',
  LwtInput: 'lwt_in*',
  LwtOutput: 'lwt_out*',
  LwtXmit: 'lwt_xmit*',
  LwtSeg6local: 'lwt_seg6local*',
  StructOps: 'struct_ops struct_ops.s',
  Syscall: 'syscall',
  Netfilter: 'netfilter',
}

const rules: readonly Rule[] = [...rulesOf(supported, true), ...rulesOf(unsupported, false)]

function rulesOf(kinds: Readonly<Record<string, string>>, isSupported: boolean): Rule[] {
  return Object.entries(kinds).flatMap(([kind, names]) =>
    names.split(' ').map((name) => ({
      name: name.replace('*', ''),
      orLonger: name.endsWith('*'),
      kind,
      supported: isSupported,
    })),
  )
}
