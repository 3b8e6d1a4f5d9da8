//! The one table of section names: what kind of program each holds, and under which name aya takes it.
//!
//! libbpf's rules (`section_defs` and `sec_def_matches` of src/libbpf.c), with the prefixes that it gave up in 1.0: a
//! name is looked for as it is, then up to a `/`, then by the longest prefix that was ever good enough.

/// What libbpf's loader leaves to its user: the program is not loaded unless it is asked for. Here, nothing is.
const OPTIONAL: &str = "?";

/// What a section's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A program that aya takes under this name.
    Program(Name, Kind),
    /// A program of a kind that aya does not have.
    Foreign(Kind),
    /// Sub-programs.
    Text,
    /// Sub-programs if anything calls them; else nobody knows.
    Unknown,
}

/// The name of a section, for aya.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The one that it has.
    Kept,
    /// This one, with anything behind a `/`.
    Below(&'static str),
    /// This one and no other: what has it is one section to aya.
    Exactly(&'static str),
}

/// A kind of program, and its type in the kernel, both in aya's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) kind: &'static str,
    pub(super) program_type: &'static str,
}

/// What is said of a program whose section tells nothing.
pub(super) const UNKNOWN: Kind = Kind {
    kind: "Unknown",
    program_type: "Unspecified",
};

/// Reads a name.
pub(super) fn role(name: &str) -> Role {
    if name.starts_with(".text") {
        return Role::Text;
    }
    let bare = name.strip_prefix(OPTIONAL).unwrap_or(name);
    let Some(rule) = find(bare) else {
        return Role::Unknown;
    };
    let kind = Kind {
        kind: rule.kind,
        program_type: rule.program_type,
    };
    match rule.taken {
        Taken::Not => Role::Foreign(kind),
        Taken::Below(_)
            if is_or_below(name, rule.name) && rule.taken == Taken::Below(rule.name) =>
        {
            Role::Program(Name::Kept, kind)
        }
        Taken::Below(taken) => Role::Program(Name::Below(taken), kind),
        Taken::Exactly => Role::Program(Name::Exactly(rule.name), kind),
    }
}

/// How aya takes what a rule describes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Under this name, whatever follows behind a `/`.
    Below(&'static str),
    /// Under the rule's name only.
    Exactly,
    Not,
}

struct Rule {
    name: &'static str,
    /// Whether it used to be enough that a section's name begins like this.
    is_prefix: bool,
    taken: Taken,
    kind: &'static str,
    program_type: &'static str,
}

fn find(name: &str) -> Option<&'static Rule> {
    let best = |rules: fn(&str, &Rule) -> bool| {
        let found = RULES.iter().filter(|rule| rules(name, rule));
        found.max_by_key(|rule| rule.name.len())
    };
    best(|name, rule| is_or_below(name, rule.name)).or_else(|| {
        // What follows a dot is a flavour that this table does not know: `xdp.frags` is no `xdp`.
        best(|name, rule| {
            rule.is_prefix
                && name
                    .strip_prefix(rule.name)
                    .is_some_and(|rest| !rest.starts_with('.'))
        })
    })
}

fn is_or_below(name: &str, rule: &str) -> bool {
    name.strip_prefix(rule)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

macro_rules! rules {
    ($($kind:ident of $program_type:ident: $($name:literal $(as $taken:literal)? $(by $how:ident)? $(or $prefix:ident)?),+;)+) => {
        &[$($(Rule {
            name: $name,
            is_prefix: rules!(@prefix $($prefix)?),
            taken: rules!(@taken $name $($taken)? $($how)?),
            kind: stringify!($kind),
            program_type: stringify!($program_type),
        }),+),+]
    };
    (@prefix) => { false };
    (@prefix longer) => { true };
    (@taken $name:literal) => { Taken::Below($name) };
    (@taken $name:literal $taken:literal) => { Taken::Below($taken) };
    (@taken $name:literal exactly) => { Taken::Exactly };
    (@taken $name:literal nobody) => { Taken::Not };
}

const RULES: &[Rule] = rules! {
    KProbe of KProbe: "kprobe" or longer, "kretprobe" or longer;
    UProbe of KProbe: "uprobe" or longer, "uprobe.s", "uretprobe" or longer, "uretprobe.s";
    TracePoint of TracePoint: "tracepoint" or longer, "tp";
    RawTracePoint of RawTracePoint: "raw_tracepoint" or longer, "raw_tp" or longer;
    BtfTracePoint of Tracing: "tp_btf";
    FEntry of Tracing: "fentry", "fentry.s";
    FExit of Tracing: "fexit", "fexit.s";
    Iter of Tracing: "iter", "iter.s";
    Extension of Extension: "freplace";
    Lsm of Lsm: "lsm", "lsm.s";
    LsmCgroup of Lsm: "lsm_cgroup";
    PerfEvent of PerfEvent: "perf_event" or longer;
    SocketFilter of SocketFilter: "socket" or longer;
    SkReuseport of SkReuseport: "sk_reuseport" by exactly or longer, "sk_reuseport/migrate";
    SkLookup of SkLookup: "sk_lookup" or longer;
    SkMsg of SkMsg: "sk_msg" or longer;
    SkSkb of SkSkb: "sk_skb/stream_parser" or longer, "sk_skb/stream_verdict" or longer,
        "sk_skb" as "sk_skb/stream_verdict" or longer;
    SockOps of SockOps: "sockops" or longer;
    FlowDissector of FlowDissector: "flow_dissector" or longer;
    LircMode2 of LircMode2: "lirc_mode2" or longer;
    SchedClassifier of SchedClassifier: "classifier" or longer, "tc" as "classifier" or longer,
        "tcx" as "classifier";
    Xdp of Xdp: "xdp" by exactly or longer, "xdp/cpumap" or longer, "xdp/devmap" or longer,
        "xdp_cpumap" as "xdp/cpumap" or longer, "xdp_devmap" as "xdp/devmap" or longer,
        "xdp.frags" by exactly, "xdp.frags/cpumap", "xdp.frags/devmap";
    CgroupSkb of CgroupSkb: "cgroup_skb/ingress" or longer, "cgroup_skb/egress" or longer, "cgroup/skb" or longer,
        "cgroup_skb" as "cgroup/skb" or longer;
    CgroupSock of CgroupSock: "cgroup/sock" or longer, "cgroup/sock_create" or longer, "cgroup/sock_release" or longer,
        "cgroup/post_bind4" or longer, "cgroup/post_bind6" or longer;
    CgroupSockAddr of CgroupSockAddr: "cgroup/bind4" or longer, "cgroup/bind6" or longer, "cgroup/connect4" or longer,
        "cgroup/connect6" or longer, "cgroup/getpeername4" or longer, "cgroup/getpeername6" or longer,
        "cgroup/getsockname4" or longer, "cgroup/getsockname6" or longer, "cgroup/sendmsg4" or longer,
        "cgroup/sendmsg6" or longer, "cgroup/recvmsg4" or longer, "cgroup/recvmsg6" or longer;
    CgroupSysctl of CgroupSysctl: "cgroup/sysctl" or longer;
    CgroupSockopt of CgroupSockopt: "cgroup/getsockopt" or longer, "cgroup/setsockopt" or longer;
    CgroupDevice of CgroupDevice: "cgroup/dev" or longer;

    CgroupSockAddrUnix of CgroupSockAddr: "cgroup/connect_unix" by nobody, "cgroup/getpeername_unix" by nobody,
        "cgroup/getsockname_unix" by nobody, "cgroup/sendmsg_unix" by nobody, "cgroup/recvmsg_unix" by nobody;
    KProbeMulti of KProbe: "kprobe.multi" by nobody, "kretprobe.multi" by nobody, "kprobe.session" by nobody;
    UProbeMulti of KProbe: "uprobe.multi" by nobody, "uretprobe.multi" by nobody, "uprobe.session" by nobody,
        "uprobe.multi.s" by nobody, "uretprobe.multi.s" by nobody, "uprobe.session.s" by nobody;
    KSyscall of KProbe: "ksyscall" by nobody, "kretsyscall" by nobody;
    Usdt of KProbe: "usdt" by nobody, "usdt.s" by nobody;
    TracePointSleepable of TracePoint: "tracepoint.s" by nobody, "tp.s" by nobody;
    RawTracePointSleepable of RawTracePoint: "raw_tracepoint.s" by nobody, "raw_tp.s" by nobody;
    RawTracePointWritable of RawTracePointWritable: "raw_tracepoint.w" by nobody, "raw_tp.w" by nobody;
    BtfTracePointSleepable of Tracing: "tp_btf.s" by nobody;
    FModRet of Tracing: "fmod_ret" by nobody, "fmod_ret.s" by nobody;
    FSession of Tracing: "fsession" by nobody, "fsession.s" by nobody;
    TracingMulti of Tracing: "fentry.multi" by nobody, "fentry.multi.s" by nobody, "fexit.multi" by nobody,
        "fexit.multi.s" by nobody, "fsession.multi" by nobody, "fsession.multi.s" by nobody;
    SchedAction of SchedAction: "action" by nobody or longer;
    Netkit of SchedClassifier: "netkit" by nobody;
    LwtInput of LwtInput: "lwt_in" by nobody or longer;
    LwtOutput of LwtOutput: "lwt_out" by nobody or longer;
    LwtXmit of LwtXmit: "lwt_xmit" by nobody or longer;
    LwtSeg6local of LwtSeg6local: "lwt_seg6local" by nobody or longer;
    StructOps of StructOps: "struct_ops" by nobody, "struct_ops.s" by nobody;
    Syscall of Syscall: "syscall" by nobody;
    Netfilter of Netfilter: "netfilter" by nobody;
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Under which name aya takes a section, in short.
    fn taken(name: &str) -> String {
        match role(name) {
            Role::Program(Name::Kept, _) => String::from("kept"),
            Role::Program(Name::Below(taken), _) => format!("{taken}/"),
            Role::Program(Name::Exactly(taken), _) => taken.to_owned(),
            Role::Foreign(kind) => format!("not {}", kind.kind),
            Role::Text => String::from("text"),
            Role::Unknown => String::from("unknown"),
        }
    }

    #[test]
    fn names_are_read_by_the_rules_of_libbpf_old_and_new() {
        for (name, expected) in [
            ("tc", "classifier/"),
            ("tc/tail", "classifier/"),
            ("tc/ingress", "classifier/"),
            ("tcx/egress", "classifier/"),
            ("tc_prog", "classifier/"),
            ("classifier", "kept"),
            ("classifier/a", "kept"),
            ("classifier_a", "classifier/"),
            ("action/a", "not SchedAction"),
            ("xdp", "xdp"),
            ("xdp/tail", "xdp"),
            ("xdp1", "xdp"),
            ("xdp_pass", "xdp"),
            ("xdp/cpumap/a", "kept"),
            ("xdp_devmap/a", "xdp/devmap/"),
            ("xdp.frags/a", "xdp.frags"),
            ("xdp.new", "unknown"),
            ("socket1", "socket/"),
            ("socket_filter", "socket/"),
            ("cgroup_skb", "cgroup/skb/"),
            ("cgroup_skb/egress/a", "kept"),
            ("cgroup/sock1", "cgroup/sock/"),
            ("cgroup/sock_create", "kept"),
            ("cgroup/connect_unix", "not CgroupSockAddrUnix"),
            ("cgroup/nothing", "unknown"),
            ("sk_skb", "sk_skb/stream_verdict/"),
            ("sk_skb/verdict", "sk_skb/stream_verdict/"),
            ("sk_skb/stream_parser", "kept"),
            ("kprobe/a", "kept"),
            ("kprobe_a", "kprobe/"),
            ("kprobe.multi/a", "not KProbeMulti"),
            ("uprobe.s/a", "kept"),
            ("lsm.s/a", "kept"),
            ("lsm_cgroup/a", "kept"),
            ("raw_tp.w/a", "not RawTracePointWritable"),
            ("perf_event_a", "perf_event/"),
            ("tp_btf/a", "kept"),
            ("struct_ops.s/a", "not StructOps"),
            ("netkit/primary", "not Netkit"),
            ("?xdp", "xdp"),
            ("?tc", "classifier/"),
            ("?kprobe/a", "kprobe/"),
            ("?struct_ops/a", "not StructOps"),
            ("?", "unknown"),
            ("", "unknown"),
            ("static", "unknown"),
            (".text.unlikely", "text"),
        ] {
            assert_eq!(taken(name), expected, "{name}");
        }
    }

    #[test]
    fn aya_takes_every_name_that_it_is_given() {
        use std::str::FromStr as _;
        for rule in RULES {
            for name in [
                rule.name.to_owned(),
                format!("{}/a", rule.name),
                format!("?{}", rule.name),
            ] {
                let given = match role(&name) {
                    Role::Program(Name::Kept, _) => name,
                    Role::Program(Name::Below(taken), _) => format!("{taken}/tc (section 3)"),
                    Role::Program(Name::Exactly(taken), _) => taken.to_owned(),
                    _ => continue,
                };
                aya_obj::ProgramSection::from_str(&given).unwrap();
            }
        }
    }
}
