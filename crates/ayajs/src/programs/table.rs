//! The one table of program kinds: aya's `Program` variants, and what each wants to know to be loaded.

use std::sync::OnceLock;

use aya::{
    Btf,
    programs::{Program, ProgramError},
    sys::is_program_supported,
    util::KernelVersion,
};

use crate::sys;

/// Why a program cannot be loaded.
pub(crate) enum LoadError {
    Aya(ProgramError),
    /// The section's name does not tell what the program is for: a function, an iterator.
    NoHook(&'static str),
    /// It wants what no section's name can tell.
    Never(&'static str),
}

/// What is no signal interrupts the verifier too, and gives EAGAIN; libbpf tries five times (`sys_bpf_prog_load`).
const LOAD_ATTEMPTS: usize = 5;

macro_rules! program_kinds {
    (
        alone: [$($alone:ident),+ $(,)?],
        hooked: [$($hooked:ident = $hook:literal),+ $(,)?],
        never: [$($never:ident = $reason:literal),+ $(,)?] $(,)?
    ) => {
        /// The variant's name, as aya spells it.
        pub(crate) fn kind(program: &Program) -> &'static str {
            match program {
                $(Program::$alone(_) => stringify!($alone),)+
                $(Program::$hooked(_) => stringify!($hooked),)+
                $(Program::$never(_) => stringify!($never),)+
            }
        }

        /// What programs of its kind are for, where they are loaded for one of the kernel's that its section names.
        pub(crate) fn hook(program: &Program) -> Option<&'static str> {
            match program {
                $(Program::$hooked(_) => Some($hook),)+
                _ => None,
            }
        }

        /// `hook` is what the section's name tells.
        pub(crate) fn load(program: &mut Program, hook: Option<&str>) -> Result<(), LoadError> {
            for _ in 1..LOAD_ATTEMPTS {
                match load_once(program, hook) {
                    Err(LoadError::Aya(ProgramError::LoadError { io_error, .. }))
                        if io_error.raw_os_error() == Some(libc::EAGAIN) => {}
                    other => return other,
                }
            }
            load_once(program, hook)
        }

        fn load_once(program: &mut Program, hook: Option<&str>) -> Result<(), LoadError> {
            sys::without_signals(|| match program {
                $(Program::$alone(program) => program.load().map_err(LoadError::Aya),)+
                $(Program::$hooked(program) => match hook {
                    Some(hook) => with_kernel_btf(|btf| program.load(hook, btf)).map_err(LoadError::Aya),
                    None => Err(LoadError::NoHook($hook)),
                },)+
                $(Program::$never(_) => Err(LoadError::Never($reason)),)+
            })
        }

        pub(crate) fn unload(program: &mut Program) -> Result<(), ProgramError> {
            match program {
                $(Program::$alone(program) => program.unload(),)+
                $(Program::$hooked(program) => program.unload(),)+
                $(Program::$never(program) => program.unload(),)+
            }
        }
    };
}

program_kinds! {
    alone: [
        CgroupDevice, CgroupSkb, CgroupSock, CgroupSockAddr, CgroupSockopt, CgroupSysctl, FlowDissector, KProbe,
        LircMode2, PerfEvent, RawTracePoint, ReusePortSocketFilter, SchedClassifier, SkLookup, SkMsg, SkReuseport,
        SkSkb, SockOps, SocketFilter, TracePoint, UProbe, Xdp,
    ],
    hooked: [
        BtfTracePoint = "tracepoint",
        FEntry = "kernel function",
        FExit = "kernel function",
        Iter = "iterator",
        Lsm = "LSM hook",
        LsmCgroup = "LSM hook",
    ],
    never: [
        Extension = "it takes the place of a function of another program, which has to be loaded before and given to it",
    ],
}

/// The hook that a section's name tells: `do_unlinkat` of `fentry/do_unlinkat`.
pub(crate) fn hook_of(section: &str) -> Option<&str> {
    let (_, hook) = section.split_once('/')?;
    (!hook.is_empty()).then_some(hook)
}

/// The types of the running kernel, which name its hooks. Whatever an object was relocated against, it is loaded here.
/// Some 13 MB, parsed once, and only by those who load a program of such a kind.
fn with_kernel_btf(
    load: impl FnOnce(&Btf) -> Result<(), ProgramError>,
) -> Result<(), ProgramError> {
    static KERNEL: OnceLock<Btf> = OnceLock::new();
    if let Some(btf) = KERNEL.get() {
        return load(btf);
    }
    let btf = Btf::from_sys_fs()?;
    load(KERNEL.get_or_init(|| btf))
}

/// Whether the kernel has programs of this kind at all, after it has said EINVAL; with a log, it knows their type.
pub(crate) fn is_unknown(program: &Program, has_log: bool) -> bool {
    if matches!(program, Program::LsmCgroup(_)) {
        return KernelVersion::current().is_ok_and(|kernel| kernel < KernelVersion::new(6, 0, 0));
    }
    let is_known = || sys::without_signals(|| is_program_supported(program.prog_type()));
    !has_log && is_known().is_ok_and(|is_known| !is_known)
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
