//! `CgroupSkbLink` and its id.

use std::sync::{Arc, Weak};

use napi::{Env, bindgen_prelude::BigInt};
use napi_derive::napi;

use super::{Attachment, Link, LinkInfo, closed, fd_link::FdLink};
use crate::{
    error::Result,
    guard::guard,
    programs::{CgroupSkb, CgroupSkbAttachType},
    registry::{self, Owned},
};

/// Names an attachment that a program owns. Not a number: it can never name another one.
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

/// How a program is attached.
#[napi(string_enum = "lowercase")]
pub enum AttachmentKind {
    /// By a `bpf_link`.
    Link,
    /// By `BPF_PROG_ATTACH`.
    Program,
}

/// What is known about an attachment.
#[napi(object)]
pub struct CgroupLinkInfo {
    /// The link's id in the kernel, as `bpftool link show id` takes it; `null` for kind `program`.
    pub id: Option<u32>,
    /// The id of the attached program.
    pub program_id: u32,
    /// The id of the cgroup (the inode number of its directory); 0 when the cgroup has gone.
    pub cgroup_id: BigInt,
    /// The direction.
    pub attach_type: CgroupSkbAttachType,
}

/// An attachment that was taken from its program: aya's `CgroupSkbLink`.
///
/// It holds the program attached until `detach()` or the end of the environment. The garbage collector detaches nothing.
#[napi]
pub struct CgroupSkbLink {
    link: Weak<Link>,
}

#[napi]
impl CgroupSkbLink {
    /// By a link or by `BPF_PROG_ATTACH`.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi(getter)]
    pub fn kind(&self, env: Env) -> napi::Result<AttachmentKind> {
        guard(env, || {
            match self.link()?.attachment().as_ref().ok_or_else(closed)? {
                Attachment::Link(_) => Ok(AttachmentKind::Link),
                Attachment::Program(_) => Ok(AttachmentKind::Program),
            }
        })
    }

    /// Detaches the program.
    ///
    /// @throws `ERR_EBPF_CLOSED` when this link has been detached before, `ERR_EBPF_NOT_ATTACHED` when somebody else has
    ///   detached or replaced the program, which is then left alone.
    #[napi]
    pub fn detach(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            let link = self.link()?;
            if link.is_closed() {
                return Err(closed());
            }
            let result = link.close();
            if link.is_closed() {
                registry::release(&link);
            }
            result
        })
    }

    /// Whether `detach()` or `toFdLink()` has been called.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            Ok(self.link.upgrade().is_none_or(|link| link.is_closed()))
        })
    }

    /// Whether the program is attached still: a removed cgroup, or somebody else, can have ended it.
    #[napi(getter)]
    pub fn attached(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            self.link
                .upgrade()
                .map_or(Ok(false), |link| link.is_attached())
        })
    }

    /// The file descriptor. It belongs to the link: do not close it.
    ///
    /// @throws `ERR_EBPF_CLOSED`; `ERR_EBPF_UNSUPPORTED` for kind `program`.
    #[napi]
    pub fn fd(&self, env: Env) -> napi::Result<i32> {
        guard(env, || self.link()?.raw_fd())
    }

    /// What is known about the attachment. Requires Linux 5.8.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn info(&self, env: Env) -> napi::Result<CgroupLinkInfo> {
        guard(env, || {
            CgroupLinkInfo::of(self.link()?.attachment().as_ref().ok_or_else(closed)?)
        })
    }

    /// Replaces the attached program in one step: no packet passes unjudged.
    ///
    /// @param program Loaded, and of the same kind.
    /// @param expected Only if this is the attached program still.
    /// @throws `ERR_EBPF_CONFLICT`, `ERR_EBPF_NOT_ATTACHED`, `ERR_EBPF_ATTACH`, `ERR_EBPF_NOT_LOADED`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn update(
        &self,
        env: Env,
        program: &CgroupSkb,
        expected: Option<&CgroupSkb>,
    ) -> napi::Result<()> {
        guard(env, || {
            let expected = expected.map(CgroupSkb::cell).transpose()?;
            self.link()?.update(&*program.cell()?, expected.as_deref())
        })
    }

    /// This link as `FdLink`, which can be pinned. This handle is closed then.
    ///
    /// @throws `ERR_EBPF_UNSUPPORTED` for kind `program`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn to_fd_link(&self, env: Env) -> napi::Result<FdLink> {
        guard(env, || {
            let link = self.link()?;
            let fd_link = FdLink::own(link.take_fd()?);
            registry::release(&link);
            Ok(fd_link)
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

impl CgroupLinkInfo {
    fn of(attachment: &Attachment) -> Result<Self> {
        match attachment {
            Attachment::Link(fd) => {
                let info = LinkInfo::of(fd)?;
                Ok(Self {
                    id: Some(info.id),
                    program_id: info.program_id,
                    cgroup_id: info.cgroup_id.unwrap_or_else(|| BigInt::from(0_u64)),
                    attach_type: info.attach_type.unwrap_or(CgroupSkbAttachType::Egress),
                })
            }
            Attachment::Program(attachment) => Ok(Self {
                id: None,
                program_id: attachment.program_id,
                cgroup_id: BigInt::from(attachment.cgroup_id()?),
                attach_type: attachment.attach_type.into(),
            }),
        }
    }
}
