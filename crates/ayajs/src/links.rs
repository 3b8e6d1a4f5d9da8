//! Links: what holds a program attached. The descriptor is ours, so that no number of aya's can name another link.

use std::{
    os::fd::{AsRawFd as _, OwnedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use aya_obj::generated::{bpf_attach_type, bpf_link_info};
use napi::{Env, bindgen_prelude::BigInt};
use napi_derive::napi;

use crate::{
    error::{Code, Error, Result},
    failure,
    guard::guard,
    programs::CgroupSkbAttachType,
    registry::{self, Owned},
    sys,
};

/// An open link. It belongs to its program or, once taken, to the registry.
pub(crate) struct Link {
    fd: Mutex<Option<OwnedFd>>,
}

impl Link {
    pub(crate) fn new(fd: OwnedFd) -> Arc<Self> {
        Arc::new(Self {
            fd: Mutex::new(Some(fd)),
        })
    }

    /// Closes the descriptor: the kernel detaches the program, unless the link is pinned. Once is enough.
    pub(crate) fn close(&self) {
        drop(self.fd().take());
    }

    fn fd(&self) -> MutexGuard<'_, Option<OwnedFd>> {
        self.fd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names a link that a program owns. Not a number: it can never name another link.
#[napi]
pub struct CgroupSkbLinkId {
    link: Weak<Link>,
}

impl CgroupSkbLinkId {
    pub(crate) fn new(link: &Arc<Link>) -> Self {
        Self {
            link: Arc::downgrade(link),
        }
    }

    pub(crate) fn link(&self) -> &Weak<Link> {
        &self.link
    }
}

/// What the kernel knows about a link of a cgroup: `struct bpf_link_info`.
#[napi(object)]
pub struct CgroupLinkInfo {
    /// The link's id in the kernel, as `bpftool link show id` takes it.
    pub id: u32,
    /// The id of the attached program.
    pub program_id: u32,
    /// The id of the cgroup (the inode number of its directory); 0 when the cgroup has gone.
    pub cgroup_id: BigInt,
    /// The direction.
    pub attach_type: CgroupSkbAttachType,
}

/// A link that was taken from its program: aya's `CgroupSkbLink`.
///
/// It holds the program attached until `detach()` or the end of the environment. The garbage collector detaches nothing.
#[napi]
pub struct CgroupSkbLink {
    link: Weak<Link>,
}

#[napi]
impl CgroupSkbLink {
    /// Detaches the link.
    ///
    /// @throws `ERR_EBPF_CLOSED` when it has been detached before.
    #[napi]
    pub fn detach(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            let link = self.link()?;
            link.close();
            registry::release(&link);
            Ok(())
        })
    }

    /// Whether `detach()` has been called.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            Ok(self.link.upgrade().is_none_or(|link| link.fd().is_none()))
        })
    }

    /// The file descriptor. It belongs to the link: do not close it.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn fd(&self, env: Env) -> napi::Result<i32> {
        guard(env, || {
            let link = self.link()?;
            let fd = link.fd();
            Ok(fd.as_ref().ok_or_else(closed)?.as_raw_fd())
        })
    }

    /// What the kernel knows about the link. Requires Linux 5.8.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn info(&self, env: Env) -> napi::Result<CgroupLinkInfo> {
        guard(env, || {
            let link = self.link()?;
            let fd = link.fd();
            let info: bpf_link_info =
                sys::object_info(fd.as_ref().ok_or_else(closed)?).map_err(|error| {
                    let message = format!("cannot get the information of the link: {error}");
                    failure::permission(Error::command(
                        Code::Syscall,
                        message,
                        "BPF_OBJ_GET_INFO_BY_FD",
                        &error,
                    ))
                })?;
            let (cgroup_id, attach_type) = sys::cgroup_of(&info);
            Ok(CgroupLinkInfo {
                id: info.id,
                program_id: info.prog_id,
                cgroup_id: BigInt::from(cgroup_id),
                attach_type: if attach_type == bpf_attach_type::BPF_CGROUP_INET_INGRESS as u32 {
                    CgroupSkbAttachType::Ingress
                } else {
                    CgroupSkbAttachType::Egress
                },
            })
        })
    }
}

impl CgroupSkbLink {
    /// A handle for a link that the registry owns from now on.
    pub(crate) fn take(link: Arc<Link>) -> Self {
        let handle = Self {
            link: Arc::downgrade(&link),
        };
        registry::own(Owned::Link(link));
        handle
    }

    fn link(&self) -> Result<Arc<Link>> {
        self.link.upgrade().ok_or_else(closed)
    }
}

fn closed() -> Error {
    Error::closed("the link")
}
