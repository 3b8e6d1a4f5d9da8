//! The one table of program kinds: aya's `Program` variants, and whether each loads without an argument.

use aya::programs::{Program, ProgramError};

/// How a kind is loaded.
pub(crate) enum Loaded {
    Done(Result<(), ProgramError>),
    /// It wants an argument that nobody gives yet.
    Needs(&'static str),
}

/// The verifier gives up with EAGAIN when a signal is pending, as Node's profilers and garbage collector send them; libbpf
/// tries five times (`sys_bpf_prog_load`).
const LOAD_ATTEMPTS: usize = 5;

macro_rules! program_kinds {
    (loads: [$($loads:ident),+ $(,)?], needs: [$($needs:ident = $argument:literal),+ $(,)?] $(,)?) => {
        /// The variant's name, as aya spells it.
        pub(crate) fn kind(program: &Program) -> &'static str {
            match program {
                $(Program::$loads(_) => stringify!($loads),)+
                $(Program::$needs(_) => stringify!($needs),)+
            }
        }

        pub(crate) fn load(program: &mut Program) -> Loaded {
            for _ in 1..LOAD_ATTEMPTS {
                match load_once(program) {
                    Loaded::Done(Err(ProgramError::LoadError { io_error, .. }))
                        if io_error.raw_os_error() == Some(libc::EAGAIN) => {}
                    other => return other,
                }
            }
            load_once(program)
        }

        fn load_once(program: &mut Program) -> Loaded {
            match program {
                $(Program::$loads(program) => Loaded::Done(program.load()),)+
                $(Program::$needs(_) => Loaded::Needs($argument),)+
            }
        }

        pub(crate) fn unload(program: &mut Program) -> Result<(), ProgramError> {
            match program {
                $(Program::$loads(program) => program.unload(),)+
                $(Program::$needs(program) => program.unload(),)+
            }
        }
    };
}

program_kinds! {
    loads: [
        CgroupDevice, CgroupSkb, CgroupSock, CgroupSockAddr, CgroupSockopt, CgroupSysctl, FlowDissector, KProbe,
        LircMode2, PerfEvent, RawTracePoint, ReusePortSocketFilter, SchedClassifier, SkLookup, SkMsg, SkReuseport,
        SkSkb, SockOps, SocketFilter, TracePoint, UProbe, Xdp,
    ],
    needs: [
        BtfTracePoint = "the tracepoint's name",
        Extension = "the program and function to replace",
        FEntry = "the kernel function's name",
        FExit = "the kernel function's name",
        Iter = "what to iterate over",
        Lsm = "the hook's name",
        LsmCgroup = "the hook's name",
    ],
}

/// What a process must have to load a program of this kind, besides `CAP_BPF` (`is_net_admin_prog_type` and
/// `is_perfmon_prog_type` of kernel/bpf/syscall.c).
pub(crate) fn capability(kind: &str) -> &'static str {
    match kind {
        "BtfTracePoint" | "Extension" | "FEntry" | "FExit" | "Iter" | "KProbe" | "Lsm"
        | "LsmCgroup" | "PerfEvent" | "RawTracePoint" | "TracePoint" | "UProbe" => "CAP_PERFMON",
        _ => "CAP_NET_ADMIN",
    }
}

/// `enum bpf_prog_type` of linux/bpf.h by number, in the names of aya's `ProgramType`.
const PROGRAM_TYPES: [&str; 33] = [
    "Unspecified",
    "SocketFilter",
    "KProbe",
    "SchedClassifier",
    "SchedAction",
    "TracePoint",
    "Xdp",
    "PerfEvent",
    "CgroupSkb",
    "CgroupSock",
    "LwtInput",
    "LwtOutput",
    "LwtXmit",
    "SockOps",
    "SkSkb",
    "CgroupDevice",
    "SkMsg",
    "RawTracePoint",
    "CgroupSockAddr",
    "LwtSeg6local",
    "LircMode2",
    "SkReuseport",
    "FlowDissector",
    "CgroupSysctl",
    "RawTracePointWritable",
    "CgroupSockopt",
    "Tracing",
    "StructOps",
    "Extension",
    "Lsm",
    "SkLookup",
    "Syscall",
    "Netfilter",
];

/// The name of a kernel program type; its number where this table is older than the kernel.
pub(crate) fn program_type(number: u32) -> String {
    PROGRAM_TYPES
        .get(number as usize)
        .map_or_else(|| format!("Unknown({number})"), |name| (*name).to_owned())
}

/// The kernel's type of a program that may not be loaded yet.
pub(crate) fn program_type_of(program: &Program) -> String {
    let debug = format!("{:?}", program.prog_type());
    // `Lsm(Mac)` and `Lsm(Cgroup)` are one type to the kernel.
    debug.split('(').next().unwrap_or(&debug).to_owned()
}
