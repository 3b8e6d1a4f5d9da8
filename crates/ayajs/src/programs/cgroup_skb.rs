//! `CgroupSkb`: inspects or filters the network traffic of a cgroup.

use std::{os::fd::OwnedFd, path::PathBuf, sync::Arc};

use aya::programs::CgroupSkbAttachType as AyaAttachType;
use aya_obj::generated::bpf_attach_type;
use napi::{
    Env,
    bindgen_prelude::{AsyncTask, Uint8Array},
};
use napi_derive::napi;

use super::{
    CellRef, LoadTask, Program, ProgramCell, ProgramInfo,
    attach::{AttachOptions, attach},
};
use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    failure,
    guard::guard,
    links::{CgroupSkbLink, CgroupSkbLinkId, open_pin},
    registry::{self, Owned},
    sys::{self, Ids, ObjectKind},
};

/// The kind's name in the table of programs.
const KIND: &str = "CgroupSkb";

/// How often one test run may repeat: it holds the JavaScript thread.
const MAX_REPEAT: u32 = 1_000_000;

/// Which way the packets go that a program sees: aya's `CgroupSkbAttachType`.
#[napi(string_enum)]
#[derive(Clone, Copy, Debug)]
pub enum CgroupSkbAttachType {
    /// Packets that a socket of the cgroup receives (`BPF_CGROUP_INET_INGRESS`).
    Ingress,
    /// Packets that a socket of the cgroup sends (`BPF_CGROUP_INET_EGRESS`).
    Egress,
}

impl From<CgroupSkbAttachType> for AyaAttachType {
    fn from(attach_type: CgroupSkbAttachType) -> Self {
        match attach_type {
            CgroupSkbAttachType::Ingress => Self::Ingress,
            CgroupSkbAttachType::Egress => Self::Egress,
        }
    }
}

impl From<bpf_attach_type> for CgroupSkbAttachType {
    /// The two that there are; whatever else is attached to cgroups never comes here.
    fn from(attach_type: bpf_attach_type) -> Self {
        match attach_type {
            bpf_attach_type::BPF_CGROUP_INET_INGRESS => Self::Ingress,
            _ => Self::Egress,
        }
    }
}

impl From<AyaAttachType> for CgroupSkbAttachType {
    fn from(attach_type: AyaAttachType) -> Self {
        match attach_type {
            AyaAttachType::Ingress => Self::Ingress,
            AyaAttachType::Egress => Self::Egress,
        }
    }
}

/// What a test run gave back: aya's `TestRunResult`.
#[napi(object)]
pub struct TestRunResult {
    /// What the program returned.
    pub return_value: u32,
    /// How long one run took on average, in nanoseconds.
    pub duration_ns: f64,
    /// The packet after the run, with the Ethernet header.
    pub data: Uint8Array,
}

/// A program that inspects or filters the network traffic of a cgroup: aya's `CgroupSkb`
/// (`BPF_PROG_TYPE_CGROUP_SKB`).
#[napi]
pub struct CgroupSkb {
    cell: CellRef,
}

#[napi]
impl CgroupSkb {
    /// `program` as `CgroupSkb`.
    ///
    /// @throws `ERR_EBPF_UNEXPECTED_PROGRAM_TYPE` when it is of another kind.
    #[napi]
    pub fn try_from(env: Env, program: &Program) -> napi::Result<CgroupSkb> {
        guard(env, || {
            let cell = program.cell()?;
            if cell.kind != KIND {
                return Err(unexpected(&cell.name, cell.kind));
            }
            Ok(Self {
                cell: CellRef::new(&cell),
            })
        })
    }

    /// The direction that the section's name states; `null` for `cgroup/skb`, which states none.
    #[napi]
    pub fn expected_attach_type(&self, env: Env) -> napi::Result<Option<CgroupSkbAttachType>> {
        guard(env, || {
            Ok(self.cell()?.expected_attach_type.map(Into::into))
        })
    }

    /// Opens the program that is pinned at `path`. It cannot be loaded: it is. `unload` closes it.
    ///
    /// @param attachType What it expects; the kernel does not tell.
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_UNEXPECTED_PROGRAM_TYPE`, `ERR_EBPF_PERMISSION`.
    #[napi]
    pub fn from_pin(
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
        attach_type: CgroupSkbAttachType,
    ) -> napi::Result<CgroupSkb> {
        guard(env, || {
            let path = args::path("path", &path)?;
            let fd = open_pin(ObjectKind::Program, &path)?;
            Self::of_kernel(fd, None, Some(attach_type), Some(path))
        })
    }

    /// Opens a loaded program by its id: aya's `from_program_info`. It cannot be loaded: it is. `unload` closes it.
    ///
    /// @param name What to call it.
    /// @throws `ERR_EBPF_NOT_FOUND`, `ERR_EBPF_UNEXPECTED_PROGRAM_TYPE`; `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
    #[napi]
    pub fn from_program_id(
        env: Env,
        id: f64,
        name: String,
        attach_type: Option<CgroupSkbAttachType>,
    ) -> napi::Result<CgroupSkb> {
        guard(env, || {
            let id = args::integer("id", id, 1, u32::MAX)?;
            let fd = Ids::Programs.open(id).map_err(|error| {
                let code = if error.raw_os_error() == Some(libc::ENOENT) {
                    Code::NotFound
                } else {
                    Code::Syscall
                };
                let message = format!("cannot open the program with id {id}: {error}");
                failure::permission_for(
                    &["CAP_SYS_ADMIN"],
                    Error::command(code, message, "BPF_PROG_GET_FD_BY_ID", &error),
                )
            })?;
            Self::of_kernel(fd, Some(args::name("name", name)?), attach_type, None)
        })
    }

    /// This program as `Program`.
    #[napi]
    pub fn as_program(&self, env: Env) -> napi::Result<Program> {
        guard(env, || Ok(Program::new(&self.cell()?)))
    }

    /// Attaches the loaded program to a cgroup: by a link, beside others that are attached there, or in the mode that
    /// the options state.
    ///
    /// @param cgroup The descriptor of a cgroup v2 directory; it may be closed afterwards.
    /// @throws `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_ATTACH`, `ERR_EBPF_CONFLICT`, `ERR_EBPF_PERMISSION`,
    ///   `ERR_EBPF_UNSUPPORTED`.
    #[napi]
    pub fn attach(
        &self,
        env: Env,
        cgroup: f64,
        attach_type: CgroupSkbAttachType,
        options: Option<AttachOptions>,
    ) -> napi::Result<CgroupSkbLinkId> {
        guard(env, || {
            let cell = self.cell()?;
            let cgroup = args::fd("cgroup", cgroup)?;
            let attach_type = AyaAttachType::from(attach_type);
            let link = attach(
                &cell,
                cgroup,
                attach_type.into(),
                &options.unwrap_or_default(),
            )?;
            let id = CgroupSkbLinkId::new(&link);
            cell.add_link(link);
            Ok(id)
        })
    }

    /// Detaches the link. The id cannot be used again.
    ///
    /// @throws `ERR_EBPF_NOT_ATTACHED` when the program does not own the link.
    #[napi]
    pub fn detach(&self, env: Env, id: &CgroupSkbLinkId) -> napi::Result<()> {
        guard(env, || {
            let cell = self.cell()?;
            let link = cell.take_link(id.link())?;
            let result = link.close();
            if !link.is_closed() {
                cell.add_link(link);
            }
            result
        })
    }

    /// Takes the link out of the program: from then on neither `unload` nor `close` detaches it.
    ///
    /// @throws `ERR_EBPF_NOT_ATTACHED` when the program does not own the link.
    #[napi]
    pub fn take_link(&self, env: Env, id: &CgroupSkbLinkId) -> napi::Result<CgroupSkbLink> {
        guard(env, || {
            Ok(CgroupSkbLink::take(self.cell()?.take_link(id.link())?))
        })
    }

    /// How many links the program owns.
    #[napi]
    pub fn link_count(&self, env: Env) -> napi::Result<u32> {
        guard(env, || self.cell()?.link_count())
    }

    /// Runs the loaded program on a packet (`BPF_PROG_TEST_RUN`), on this thread.
    ///
    /// @param packet Begins with an Ethernet header of 14 bytes, which the kernel takes off before the program runs.
    /// @param repeat From 1 to 1,000,000.
    /// @throws `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_TEST_RUN`.
    #[napi]
    pub fn test_run(&self, env: Env, packet: &[u8], repeat: f64) -> napi::Result<TestRunResult> {
        guard(env, || {
            let cell = self.cell()?;
            let repeat = args::integer("repeat", repeat, 1, MAX_REPEAT)?;
            let fd = cell.fd()?;
            // The kernel stops between two of the runs when a signal is pending (`bpf_test_timer_continue` of net/bpf).
            let run = sys::without_signals(|| sys::test_run(&*fd, packet, repeat));
            let run = run.map_err(|error| {
                cell.failed("cannot make a test run", "BPF_PROG_TEST_RUN", &error)
                    .recode(Code::TestRun)
            })?;
            Ok(TestRunResult {
                return_value: run.return_value,
                duration_ns: f64::from(run.duration_ns),
                data: run.data.into(),
            })
        })
    }

    /// See `Program.load`.
    #[napi]
    pub fn load(&self, env: Env) -> napi::Result<()> {
        guard(env, || self.cell()?.load(false))
    }

    /// See `Program.loadAsync`.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn load_async(&self) -> AsyncTask<LoadTask> {
        AsyncTask::new(LoadTask::new(self.cell.clone()))
    }

    /// See `Program.unload`.
    #[napi]
    pub fn unload(&self, env: Env) -> napi::Result<()> {
        guard(env, || self.cell()?.unload())
    }
}

impl CgroupSkb {
    /// A program that the kernel has already; it is looked at first.
    fn of_kernel(
        fd: OwnedFd,
        name: Option<String>,
        attach_type: Option<CgroupSkbAttachType>,
        pin: Option<PathBuf>,
    ) -> Result<Self> {
        let info = ProgramInfo::of(&fd)?;
        if info.program_type != KIND {
            return Err(unexpected(&info.name, &info.program_type));
        }
        let cell = ProgramCell::of_kernel(
            name.unwrap_or(info.name),
            KIND,
            attach_type.map(Into::into),
            fd,
            pin,
        );
        let program = Self {
            cell: CellRef::new(&cell),
        };
        registry::own(Owned::Program(cell));
        Ok(program)
    }

    pub(crate) fn cell(&self) -> Result<Arc<ProgramCell>> {
        self.cell.upgrade()
    }
}

fn unexpected(name: &str, actual: &str) -> Error {
    Error::new(
        Code::UnexpectedProgramType,
        format!("program \"{name}\" is of kind {actual}, not {KIND}"),
    )
    .text("program", name)
    .text("expected", KIND)
    .text("actual", actual)
}
