//! Statistics of all programs: how often and how long they run.

use std::{
    os::fd::OwnedFd,
    sync::{Arc, Weak},
};

use napi::Env;
use napi_derive::napi;

use crate::{
    error::{Code, Error},
    failure,
    guard::guard,
    registry::{self, Owned},
    sys,
};

/// Statistics that are on until it is closed: aya's `enable_stats`.
#[napi]
pub struct RunTimeStats {
    fd: Weak<OwnedFd>,
}

#[napi]
impl RunTimeStats {
    /// Has the kernel count run times and runs of all programs, at some cost for each run. Requires Linux 5.8.
    ///
    /// @throws `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
    #[napi]
    pub fn enable(env: Env) -> napi::Result<RunTimeStats> {
        guard(env, || {
            let fd = sys::enable_run_time_stats().map_err(|error| {
                let message = format!("cannot enable statistics: {error}");
                failure::permission_for(
                    &["CAP_SYS_ADMIN"],
                    Error::command(Code::Syscall, message, "BPF_ENABLE_STATS", &error),
                )
            })?;
            let fd = Arc::new(fd);
            let handle = Self {
                fd: Arc::downgrade(&fd),
            };
            registry::own(Owned::Stats(fd));
            Ok(handle)
        })
    }

    /// Turns them off, unless somebody else has them on. Twice does nothing.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            if let Some(fd) = self.fd.upgrade() {
                registry::release(&fd);
            }
            Ok(())
        })
    }

    /// Whether `close()` has been called.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || Ok(self.fd.strong_count() == 0))
    }
}
