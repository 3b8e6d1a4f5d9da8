//! `FdLink` and `PinnedLink`: links that can outlive the process.

use std::{
    fs, io,
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use napi::Env;
use napi_derive::napi;

use super::{Attachment, Link, LinkInfo, closed};
use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    failure,
    guard::guard,
    programs::CgroupSkb,
    registry::{self, Owned},
    sys::{self, ObjectKind},
};

/// A link by its descriptor, of whatever kind of program: aya's `FdLink`.
#[napi]
pub struct FdLink {
    link: Weak<Link>,
}

#[napi]
impl FdLink {
    /// Pins the link to a file of a bpf file system: it then stays attached after the process. This handle is closed.
    ///
    /// When pinning fails, this handle stays as it is.
    ///
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_PERMISSION`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn pin(
        &self,
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<PinnedLink> {
        guard(env, || {
            let path = args::path("path", &path)?;
            let link = self.link()?;
            link.with_fd(|fd| {
                sys::object_pin(fd, &path).map_err(|error| pin_error("link", &path, &error))
            })?;
            let pinned = PinnedLink::own(link.take_fd()?, path);
            registry::release(&link);
            Ok(pinned)
        })
    }

    /// Replaces the attached program in one step: no packet passes unjudged.
    ///
    /// @param program Loaded, and of the link's kind.
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

    /// Whether the link is attached still: a removed cgroup can have ended it.
    #[napi(getter)]
    pub fn attached(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            self.link
                .upgrade()
                .map_or(Ok(false), |link| link.is_attached())
        })
    }

    /// What the kernel knows about the link.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn info(&self, env: Env) -> napi::Result<LinkInfo> {
        guard(env, || self.link()?.with_fd(LinkInfo::of))
    }

    /// The file descriptor. It belongs to the link: do not close it.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn fd(&self, env: Env) -> napi::Result<i32> {
        guard(env, || self.link()?.raw_fd())
    }

    /// Closes the link: the program is detached, unless the link is pinned elsewhere.
    ///
    /// @throws `ERR_EBPF_CLOSED` the second time.
    #[napi]
    pub fn detach(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            let link = self.link()?;
            registry::release(&link);
            if link.is_closed() {
                Err(closed())
            } else {
                link.close()
            }
        })
    }

    /// Whether `detach()` or `pin()` has been called.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            Ok(self.link.upgrade().is_none_or(|link| link.is_closed()))
        })
    }
}

impl FdLink {
    /// A handle for a link that the registry owns from now on.
    pub(super) fn own(fd: OwnedFd) -> Self {
        Self { link: own(fd) }
    }

    fn link(&self) -> Result<Arc<Link>> {
        self.link.upgrade().ok_or_else(closed)
    }
}

/// A link that is pinned to a file: aya's `PinnedLink`. Closing it detaches nothing.
#[napi]
pub struct PinnedLink {
    link: Weak<Link>,
    path: PathBuf,
}

#[napi]
impl PinnedLink {
    /// Opens the link that is pinned at `path`.
    ///
    /// @throws `ERR_EBPF_PIN` when there is none, or something else; `ERR_EBPF_PERMISSION`.
    #[napi]
    pub fn from_pin(
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<PinnedLink> {
        guard(env, || {
            let path = args::path("path", &path)?;
            let fd = open_pin(ObjectKind::Link, &path)?;
            Ok(Self::own(fd, path))
        })
    }

    /// The path it is pinned at.
    #[napi(getter)]
    pub fn path(&self, env: Env) -> napi::Result<String> {
        guard(env, || Ok(self.path.to_string_lossy().into_owned()))
    }

    /// Removes the file and gives the link back. This handle is closed then. A file that is not this link's is left
    /// alone.
    ///
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn unpin(&self, env: Env) -> napi::Result<FdLink> {
        guard(env, || {
            let link = self.link()?;
            link.with_fd(|fd| {
                remove_pin(ObjectKind::Link, &self.path, |pinned| same_link(fd, pinned))
            })?;
            let fd_link = FdLink::own(link.take_fd()?);
            registry::release(&link);
            Ok(fd_link)
        })
    }

    /// Replaces the attached program in one step: no packet passes unjudged.
    ///
    /// @param program Loaded, and of the link's kind.
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

    /// Whether the link is attached still: a removed cgroup can have ended it.
    #[napi(getter)]
    pub fn attached(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            self.link
                .upgrade()
                .map_or(Ok(false), |link| link.is_attached())
        })
    }

    /// What the kernel knows about the link.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn info(&self, env: Env) -> napi::Result<LinkInfo> {
        guard(env, || self.link()?.with_fd(LinkInfo::of))
    }

    /// The file descriptor. It belongs to the link: do not close it.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn fd(&self, env: Env) -> napi::Result<i32> {
        guard(env, || self.link()?.raw_fd())
    }

    /// Closes the descriptor. The program stays attached, by the file. Twice does nothing.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            if let Some(link) = self.link.upgrade() {
                registry::release(&link);
                link.close()?;
            }
            Ok(())
        })
    }

    /// Whether `close()` or `unpin()` has been called.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            Ok(self.link.upgrade().is_none_or(|link| link.is_closed()))
        })
    }
}

impl PinnedLink {
    fn own(fd: OwnedFd, path: PathBuf) -> Self {
        Self {
            link: own(fd),
            path,
        }
    }

    fn link(&self) -> Result<Arc<Link>> {
        self.link.upgrade().ok_or_else(closed)
    }
}

/// Opens what is pinned at `path`, if it is of this kind.
pub(crate) fn open_pin(kind: ObjectKind, path: &Path) -> Result<OwnedFd> {
    let fd = sys::object_get(path).map_err(|error| {
        let message = format!("cannot open what is pinned at {}: {error}", path.display());
        pin_failure(message, "BPF_OBJ_GET", path, &error)
    })?;
    let found = sys::object_kind(fd.as_fd()).map_err(|error| {
        pin_failure(
            format!("cannot tell what is pinned at {}: {error}", path.display()),
            "readlink",
            path,
            &error,
        )
    })?;
    if found == kind {
        return Ok(fd);
    }
    let message = format!(
        "what is pinned at {} is a {}, not a {}",
        path.display(),
        found.noun(),
        kind.noun()
    );
    Err(Error::new(Code::Pin, message).text("path", path.to_string_lossy()))
}

/// Removes the file at `path` when it is a pin of what `is_ours` recognizes.
pub(crate) fn remove_pin(
    kind: ObjectKind,
    path: &Path,
    is_ours: impl FnOnce(&OwnedFd) -> Result<bool>,
) -> Result<()> {
    if !is_ours(&open_pin(kind, path)?)? {
        let message = format!(
            "the {} pinned at {} is another one now, and is left alone",
            kind.noun(),
            path.display()
        );
        return Err(Error::new(Code::Pin, message).text("path", path.to_string_lossy()));
    }
    fs::remove_file(path).map_err(|error| {
        pin_failure(
            format!("cannot remove {}: {error}", path.display()),
            "unlink",
            path,
            &error,
        )
    })
}

pub(crate) fn pin_error(what: &str, path: &Path, error: &io::Error) -> Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_dotted = name.contains('.') && error.raw_os_error() == Some(libc::EPERM);
    let why = if is_dotted {
        "; a bpf file system takes no names with a dot"
    } else {
        ""
    };
    pin_failure(
        format!("cannot pin the {what} at {}: {error}{why}", path.display()),
        "BPF_OBJ_PIN",
        path,
        error,
    )
}

/// Of capabilities, only `CAP_BPF` is asked for here, and its lack is EPERM; EACCES is about files and directories.
fn pin_failure(message: String, syscall: &'static str, path: &Path, error: &io::Error) -> Error {
    let failed =
        Error::command(Code::Pin, message, syscall, error).text("path", path.to_string_lossy());
    if error.raw_os_error() == Some(libc::EACCES) {
        return failed;
    }
    failure::permission_for(&["CAP_BPF"], failed)
}

fn same_link(ours: &OwnedFd, pinned: &OwnedFd) -> Result<bool> {
    Ok(LinkInfo::of(ours)?.id == LinkInfo::of(pinned)?.id)
}

fn own(fd: OwnedFd) -> Weak<Link> {
    let link = Link::new(Attachment::Link(fd));
    let handle = Arc::downgrade(&link);
    registry::own(Owned::Link(link));
    handle
}
