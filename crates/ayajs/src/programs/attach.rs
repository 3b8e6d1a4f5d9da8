//! Attaching to a cgroup: what was asked for, put into the two forms that the kernel has.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
    sync::Arc,
};

use aya_obj::generated::{BPF_F_ALLOW_MULTI, BPF_F_ALLOW_OVERRIDE, bpf_attach_type, bpf_link_info};
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

use super::ProgramCell;
use crate::{
    args,
    error::{Code, Error, Result},
    failure,
    links::{Attachment, Link, ProgramAttachment, program_id},
    sys::{self, Anchor, Placement, Position},
};

/// How programs share a cgroup: aya's `CgroupAttachMode`.
#[napi(string_enum)]
#[derive(Clone, Copy)]
pub enum CgroupAttachMode {
    /// One program in the cgroup and all below it; a second one replaces it.
    Single,
    /// One program in the cgroup; a descendant may have its own instead. A second one replaces it.
    AllowOverride,
    /// Any number of programs in the cgroup and below it; all of them run.
    AllowMultiple,
}

impl CgroupAttachMode {
    fn flags(self) -> u32 {
        match self {
            Self::Single => 0,
            Self::AllowOverride => BPF_F_ALLOW_OVERRIDE,
            Self::AllowMultiple => BPF_F_ALLOW_MULTI,
        }
    }
}

/// On which side of the anchor, or of all others.
#[napi(string_enum)]
#[derive(Clone, Copy)]
pub enum AttachPosition {
    /// Before it runs: `BPF_F_BEFORE`.
    Before,
    /// After it: `BPF_F_AFTER`.
    After,
}

/// How a program is attached. Without a mode: by a link.
#[napi(object)]
#[derive(Default)]
pub struct AttachOptions {
    /// By `BPF_PROG_ATTACH` in this mode, instead of by a link.
    pub mode: Option<CgroupAttachMode>,
    /// Before or after the anchor; without an anchor before or after all others.
    pub position: Option<AttachPosition>,
    /// The anchor's descriptor: a link's for a link, a program's with a mode.
    pub anchor_fd: Option<f64>,
    /// The anchor's id, instead of its descriptor.
    pub anchor_id: Option<f64>,
    /// Runs before those of descendants: `BPF_F_PREORDER`.
    pub preorder: Option<bool>,
    /// Fails unless the attachments of the cgroup have this revision.
    pub expected_revision: Option<BigInt>,
    /// With `AllowMultiple`: the descriptor of the program to take the place of.
    pub replace_fd: Option<f64>,
}

/// Attaches a loaded program. Nothing happens unless all that is asked for can be had.
pub(super) fn attach(
    cell: &ProgramCell,
    cgroup: i32,
    attach_type: bpf_attach_type,
    options: &AttachOptions,
) -> Result<Arc<Link>> {
    let program = cell.fd()?;
    let placement = placement(options)?;
    if placement.expected_revision != 0 {
        require_revisions(cgroup, attach_type)?;
    }
    let replace = options
        .replace_fd
        .map(|fd| args::fd("replaceFd", fd))
        .transpose()?;
    let request = Request {
        program: &program,
        cgroup,
        attach_type,
        mode: options.mode.map(CgroupAttachMode::flags),
        placement,
        replace,
    };
    let attachment = match request.mode {
        None => Attachment::Link(
            sys::link_create(&*program, cgroup, attach_type, placement)
                .map_err(|error| request.refused(&cell.name, "BPF_LINK_CREATE", &error))?,
        ),
        Some(mode) => {
            let cgroup_fd = duplicate(cell, cgroup)?;
            let program_id = program_id(program.as_fd())?;
            sys::program_attach(&*program, cgroup, attach_type, mode, replace, placement)
                .map_err(|error| request.refused(&cell.name, "BPF_PROG_ATTACH", &error))?;
            Attachment::Program(ProgramAttachment {
                program: Arc::clone(&program),
                program_id,
                cgroup: cgroup_fd,
                attach_type,
                mode,
                preorder: placement.preorder,
            })
        }
    };
    Ok(Link::new(attachment))
}

fn placement(options: &AttachOptions) -> Result<Placement> {
    let anchor = match (options.anchor_fd, options.anchor_id) {
        (Some(fd), _) => Some(Anchor::Fd(args::fd("anchorFd", fd)?)),
        (None, Some(id)) => Some(Anchor::Id(args::integer("anchorId", id, 1, u32::MAX)?)),
        (None, None) => None,
    };
    Ok(Placement {
        position: options.position.map(|position| match position {
            AttachPosition::Before => Position::Before,
            AttachPosition::After => Position::After,
        }),
        anchor,
        preorder: options.preorder.unwrap_or(false),
        expected_revision: options
            .expected_revision
            .as_ref()
            .map_or(Ok(0), |revision| {
                args::unsigned("expectedRevision", revision)
            })?,
    })
}

/// A kernel without revisions ignores an expected one and attaches: it is asked first.
fn require_revisions(cgroup: i32, attach_type: bpf_attach_type) -> Result<()> {
    match sys::program_query(cgroup, attach_type, false) {
        Ok(query) if query.revision == 0 => Err(unsupported(
            "revisions of a cgroup's attachments (expectedRevision)",
        )),
        // Whatever is wrong with the cgroup, attaching says it better.
        _ => Ok(()),
    }
}

/// What the kernel is asked for.
struct Request<'a> {
    program: &'a OwnedFd,
    cgroup: i32,
    attach_type: bpf_attach_type,
    /// The flags of `BPF_PROG_ATTACH`; `None` for a link.
    mode: Option<u32>,
    placement: Placement,
    /// The program to take the place of.
    replace: Option<i32>,
}

impl Request<'_> {
    /// The error for a program that the kernel did not attach.
    fn refused(&self, name: &str, command: &'static str, error: &io::Error) -> Error {
        let path = path_of(self.cgroup);
        let cgroup = path
            .as_ref()
            .map_or_else(String::new, |path| format!(" \"{path}\""));
        let how = if error.raw_os_error() == Some(libc::ESTALE) {
            self.revisions()
        } else {
            self.place()
        };
        let message =
            format!("cannot attach program \"{name}\" to the cgroup{cgroup}{how}: {error}");
        let failed = |code| {
            let failed = Error::command(code, message, command, error).text("program", name);
            match path {
                Some(path) => failed.text("path", path),
                None => failed,
            }
        };
        match error.raw_os_error() {
            Some(libc::ESTALE) => failed(Code::Conflict),
            Some(libc::EINVAL) => match self.lacking() {
                Some(feature) => unsupported(feature),
                // BPF_PROG_ATTACH says EINVAL, too, when the process may not attach this kind of program.
                None => failure::unless_privileged(&["CAP_NET_ADMIN"], failed(Code::Attach)),
            },
            _ => failure::permission(failed(Code::Attach)),
        }
    }

    /// Where among the others it was to be, by the id of the one that it was to be beside, or in the place of.
    fn place(&self) -> String {
        let what = if self.mode.is_none() {
            "link"
        } else {
            "program"
        };
        let named = |id: Option<u32>| {
            id.map_or_else(|| format!("the given {what}"), |id| format!("{what} {id}"))
        };
        let side = match self.placement.position {
            Some(Position::Before) => "before",
            Some(Position::After) => "after",
            None => "beside",
        };
        match (self.replace, self.placement.anchor) {
            (Some(fd), _) => format!(" in the place of {}", named(self.id_behind(fd))),
            (None, Some(Anchor::Fd(fd))) => format!(" {side} {}", named(self.id_behind(fd))),
            (None, Some(Anchor::Id(id))) => format!(" {side} {}", named(Some(id))),
            (None, None) => String::new(),
        }
    }

    /// The id of the link or, with a mode, of the program behind a descriptor.
    fn id_behind(&self, fd: i32) -> Option<u32> {
        let fd = sys::duplicate(fd).ok()?;
        if self.mode.is_some() {
            return program_id(fd.as_fd()).ok();
        }
        let info: bpf_link_info = sys::object_info(&fd).ok()?;
        Some(info.id)
    }

    /// The revision that was expected, and the one that is there.
    fn revisions(&self) -> String {
        let expected = self.placement.expected_revision;
        let present = sys::program_query(self.cgroup, self.attach_type, false).map_or_else(
            |_| String::new(),
            |query| format!(" and has {}", query.revision),
        );
        format!(", which was to have revision {expected}{present}")
    }

    /// Which part of the request the kernel does not know; found by asking for it part by part, with no cgroup.
    fn lacking(&self) -> Option<&'static str> {
        if self.mode.is_none() && !sys::has_cgroup_links() {
            return Some("links to cgroups (BPF_LINK_CREATE)");
        }
        let Placement {
            position, preorder, ..
        } = self.placement;
        let preorder = Placement {
            preorder,
            ..Placement::default()
        };
        let position = Placement {
            position,
            ..Placement::default()
        };
        if !self.is_known(Placement::default()) {
            None // The program itself cannot be attached so.
        } else if !self.is_known(preorder) {
            Some("running before descendants' programs (preorder)")
        } else if !self.is_known(position) {
            Some("the order of a cgroup's attachments (order)")
        } else {
            None
        }
    }

    fn is_known(&self, placement: Placement) -> bool {
        match self.mode {
            None => sys::may_link(self.program, self.attach_type, placement),
            Some(mode) => sys::may_attach(self.program, self.attach_type, mode, placement),
        }
    }
}

fn unsupported(feature: &str) -> Error {
    Error::new(
        Code::Unsupported,
        format!("this kernel does not have {feature}; nothing has been attached"),
    )
    .text("feature", feature)
}

/// The directory behind a descriptor, where /proc tells it. One that was removed is called by its former name.
fn path_of(cgroup: i32) -> Option<String> {
    let path = std::fs::read_link(format!("/proc/self/fd/{cgroup}")).ok()?;
    let path = path.to_string_lossy();
    let path = path.strip_suffix(" (deleted)").unwrap_or(&path);
    path.starts_with('/').then(|| path.to_owned())
}

/// The attachment has no descriptor of its own: to end it later, the cgroup's is needed.
fn duplicate(cell: &ProgramCell, cgroup: i32) -> Result<OwnedFd> {
    sys::duplicate(cgroup).map_err(|error| {
        let message = format!(
            "cannot attach program \"{}\" to the cgroup: {error}",
            cell.name
        );
        Error::command(Code::Attach, message, "fcntl", &error)
    })
}
