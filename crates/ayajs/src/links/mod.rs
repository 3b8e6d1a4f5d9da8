//! Links: what holds a program attached. The descriptors are ours, so that no number of aya's can name another link.

mod cgroup_skb_link;
mod fd_link;
mod info;
mod program_attachment;

use std::{
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use self::{
    cgroup_skb_link::{CgroupSkbLink, CgroupSkbLinkId},
    info::LinkInfo,
};
pub(crate) use self::{
    fd_link::{open_pin, pin_error, remove_pin},
    program_attachment::{ProgramAttachment, program_id},
};
use aya::programs::CgroupSkbAttachType as AyaAttachType;

use crate::{
    error::{Code, Error, Result},
    failure,
    programs::ProgramCell,
    sys::{self, Placement},
};

/// Something attached. It belongs to its program or, once taken, to the registry.
pub(crate) struct Link {
    attachment: Mutex<Option<Attachment>>,
}

/// The two ways of the kernel, each with rules of its own.
pub(crate) enum Attachment {
    /// A `bpf_link`: lives as long as a descriptor or a pin of it.
    Link(OwnedFd),
    /// `BPF_PROG_ATTACH`: lives until it is detached, or until its cgroup is removed.
    Program(ProgramAttachment),
}

impl Link {
    pub(crate) fn new(attachment: Attachment) -> Arc<Self> {
        Arc::new(Self {
            attachment: Mutex::new(Some(attachment)),
        })
    }

    /// Ends the attachment. Once is enough: later calls find nothing to do.
    ///
    /// Fails when somebody else has replaced or detached it before; theirs is left alone. After any other failure the
    /// link is not closed: the program is attached still.
    pub(crate) fn close(&self) -> Result<()> {
        let mut attachment = self.attachment();
        let result = match &*attachment {
            None | Some(Attachment::Link(_)) => Ok(()), // Dropping the descriptor detaches, unless the link is pinned.
            Some(Attachment::Program(attachment)) => attachment.detach(),
        };
        if !matches!(&result, Err(error) if error.code() != Code::NotAttached) {
            *attachment = None;
        }
        result
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.attachment().is_none()
    }

    /// Whether the kernel still has it: a removed cgroup takes its attachments with it.
    pub(crate) fn is_attached(&self) -> Result<bool> {
        match &*self.attachment() {
            None => Ok(false),
            Some(Attachment::Link(fd)) => Ok(LinkInfo::of(fd)?.cgroup_is_there()),
            Some(Attachment::Program(attachment)) => attachment.is_attached(),
        }
    }

    /// Puts `program` in the place of the attached one, in one step; with `expected` only if that is still there.
    pub(crate) fn update(
        &self,
        program: &ProgramCell,
        expected: Option<&ProgramCell>,
    ) -> Result<()> {
        let new = program.fd()?;
        let old = expected.map(ProgramCell::fd).transpose()?;
        match self.attachment().as_mut().ok_or_else(closed)? {
            Attachment::Link(fd) => {
                require_direction(program, &new, fd)?;
                sys::link_update(&*fd, &*new, old.as_deref().map(std::os::fd::AsFd::as_fd))
                    .map_err(|error| update_error(program, fd, old.as_deref(), &error))
            }
            Attachment::Program(attachment) => attachment.replace_by(new, old.as_deref()),
        }
    }

    /// The number of the descriptor; attachments of `BPF_PROG_ATTACH` have none.
    pub(crate) fn raw_fd(&self) -> Result<RawFd> {
        self.with_fd(|fd| Ok(fd.as_raw_fd()))
    }

    pub(crate) fn with_fd<T>(&self, run: impl FnOnce(&OwnedFd) -> Result<T>) -> Result<T> {
        match self.attachment().as_ref().ok_or_else(closed)? {
            Attachment::Link(fd) => run(fd),
            Attachment::Program(_) => Err(no_link()),
        }
    }

    /// Takes the descriptor out; the link is closed then, but still attached.
    pub(crate) fn take_fd(&self) -> Result<OwnedFd> {
        let mut attachment = self.attachment();
        match attachment.take().ok_or_else(closed)? {
            Attachment::Link(fd) => Ok(fd),
            program @ Attachment::Program(_) => {
                *attachment = Some(program);
                Err(no_link())
            }
        }
    }

    pub(crate) fn attachment(&self) -> MutexGuard<'_, Option<Attachment>> {
        self.attachment
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Link {
    /// An orderly end releases what is owned. Whoever wants to know how that went has called `close` before.
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// The kernel does not look whether the program may be attached in the link's direction, as it does when a link is made:
/// a verdict that only egress knows would be misread.
fn require_direction(program: &ProgramCell, fd: &OwnedFd, link: &OwnedFd) -> Result<()> {
    let Some(direction) = LinkInfo::of(link)?.attach_type else {
        return Ok(()); // A link of another kind: that, the kernel refuses.
    };
    let attach_type = AyaAttachType::from(direction).into();
    if sys::may_link(fd, attach_type, Placement::default()) {
        return Ok(());
    }
    let message = format!(
        "cannot put program \"{}\" in place: it may return what {direction:?} does not know",
        program.name
    );
    let invalid = std::io::Error::from_raw_os_error(libc::EINVAL);
    Err(
        Error::command(Code::Attach, message, "BPF_LINK_CREATE", &invalid)
            .text("program", &program.name),
    )
}

fn update_error(
    program: &ProgramCell,
    link: &OwnedFd,
    expected: Option<&OwnedFd>,
    error: &std::io::Error,
) -> Error {
    let name = &program.name;
    let failed = |code, reason| {
        let message = format!("cannot put program \"{name}\" in place: {reason}: {error}");
        Error::command(code, message, "BPF_LINK_UPDATE", error).text("program", name)
    };
    match (error.raw_os_error(), expected) {
        (Some(libc::EPERM), Some(expected)) => {
            let conflict = failed(
                Code::Conflict,
                "the link has another program than the expected one",
            );
            if has_program(link, expected) {
                failure::permission(conflict)
            } else {
                conflict
            }
        }
        (Some(libc::ENOLINK), _) => failed(Code::NotAttached, "its cgroup has been removed"),
        _ => failure::permission(failed(Code::Attach, "the kernel refused")),
    }
}

/// Whether this is the link's program, or cannot be told to be another one.
fn has_program(link: &OwnedFd, program: &OwnedFd) -> bool {
    match (LinkInfo::of(link), program_id(program.as_fd())) {
        (Ok(info), Ok(id)) => info.program_id == id,
        _ => true,
    }
}

pub(crate) fn closed() -> Error {
    Error::closed("the link")
}

fn no_link() -> Error {
    Error::new(
        Code::Unsupported,
        "a program that is attached with a CgroupAttachMode has no link: it has no descriptor and cannot be pinned",
    )
    .text("feature", "bpf_link of a program attached by BPF_PROG_ATTACH")
}
