//! Programs: what every kind has in common, and the classes of the kinds that can be attached.

mod attach;
mod cell;
mod cgroup_skb;
mod info;
mod refusals;
pub(crate) mod table;
mod task;

use std::{
    os::fd::AsRawFd as _,
    sync::{Arc, Weak},
};

use napi::{Env, bindgen_prelude::AsyncTask};
use napi_derive::napi;

use self::task::LoadTask;
pub(crate) use self::{cell::ProgramCell, refusals::Refusals};
pub use self::{
    cgroup_skb::{CgroupSkb, CgroupSkbAttachType},
    info::ProgramInfo,
};
use crate::{
    args::{self, PathArg},
    error::{Error, Result},
    guard::guard,
};

/// A program of an open object, of any kind: aya's `Program`.
///
/// The handle owns nothing: losing it unloads nothing. After `close()` of its `Ebpf` every call throws
/// `ERR_EBPF_CLOSED`.
#[napi]
pub struct Program {
    cell: CellRef,
}

#[napi]
impl Program {
    /// The function's name in the object.
    #[napi(getter)]
    pub fn name(&self, env: Env) -> napi::Result<String> {
        guard(env, || Ok(self.cell()?.name.clone()))
    }

    /// The kind, as aya names it: `CgroupSkb`, `Xdp`, `FEntry`, … Several kinds can share one `programType`.
    #[napi(getter)]
    pub fn kind(&self, env: Env) -> napi::Result<&'static str> {
        guard(env, || Ok(self.cell()?.kind))
    }

    /// The kernel's type, as aya names it: `CgroupSkb`, `Xdp`, `Tracing`, …
    #[napi(getter)]
    pub fn program_type(&self, env: Env) -> napi::Result<String> {
        guard(env, || Ok(self.cell()?.program_type.clone()))
    }

    /// Loads the program into the kernel; the verifier runs on this thread.
    ///
    /// @throws `ERR_EBPF_ALREADY_LOADED`, `ERR_EBPF_LOAD` (with `verifierLog`), `ERR_EBPF_PERMISSION`, `ERR_EBPF_BUSY`;
    ///   `ERR_EBPF_UNSUPPORTED` for what the kernel or aya lacks, and for extensions.
    #[napi]
    pub fn load(&self, env: Env) -> napi::Result<()> {
        guard(env, || self.cell()?.load(false))
    }

    /// Loads the program on a thread of libuv's pool. Loads of one object run one after the other.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn load_async(&self) -> AsyncTask<LoadTask> {
        AsyncTask::new(LoadTask::new(self.cell.clone()))
    }

    /// Detaches the links that the program still owns, then unloads it. Links that were taken stay attached.
    ///
    /// @throws `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_BUSY`.
    #[napi]
    pub fn unload(&self, env: Env) -> napi::Result<()> {
        guard(env, || self.cell()?.unload())
    }

    /// The file descriptor. It belongs to the program: do not close it. Valid until `unload` or `close`.
    ///
    /// @throws `ERR_EBPF_NOT_LOADED`.
    #[napi]
    pub fn fd(&self, env: Env) -> napi::Result<i32> {
        guard(env, || Ok(self.cell()?.fd()?.as_raw_fd()))
    }

    /// The file descriptor, or `null` when the program is not loaded.
    #[napi]
    pub fn as_raw_fd(&self, env: Env) -> napi::Result<Option<i32>> {
        guard(env, || {
            Ok(self.cell()?.fd_if_loaded()?.map(|fd| fd.as_raw_fd()))
        })
    }

    /// Pins the program to a file of a bpf file system: it then stays loaded after the process.
    ///
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_PERMISSION`.
    #[napi]
    pub fn pin(
        &self,
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<()> {
        guard(env, || self.cell()?.pin(&args::path("path", &path)?))
    }

    /// Removes the file that the program was pinned to, or that it was opened from. A file that is another program's
    /// by now is left alone.
    ///
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_NOT_LOADED`.
    #[napi]
    pub fn unpin(&self, env: Env) -> napi::Result<()> {
        guard(env, || self.cell()?.unpin())
    }

    /// What the kernel knows about the loaded program.
    ///
    /// @throws `ERR_EBPF_NOT_LOADED`.
    #[napi]
    pub fn info(&self, env: Env) -> napi::Result<ProgramInfo> {
        guard(env, || {
            let cell = self.cell()?;
            ProgramInfo::of(&*cell.fd()?)
        })
    }
}

impl Program {
    pub(crate) fn new(cell: &Arc<ProgramCell>) -> Self {
        Self {
            cell: CellRef::new(cell),
        }
    }

    fn cell(&self) -> Result<Arc<ProgramCell>> {
        self.cell.upgrade()
    }
}

/// What a handle has of its program.
#[derive(Clone)]
struct CellRef {
    cell: Weak<ProgramCell>,
    of_kernel: bool,
}

impl CellRef {
    fn new(cell: &Arc<ProgramCell>) -> Self {
        Self {
            cell: Arc::downgrade(cell),
            of_kernel: cell.is_of_kernel(),
        }
    }

    /// The program; `ERR_EBPF_CLOSED` when it has ended: with its object, or alone if it never had one.
    fn upgrade(&self) -> Result<Arc<ProgramCell>> {
        self.cell.upgrade().ok_or_else(|| {
            Error::closed(if self.of_kernel {
                "this program"
            } else {
                "the object of this program"
            })
        })
    }
}
