//! Attaching to cgroups: links (`BPF_LINK_CREATE`), programs (`BPF_PROG_ATTACH`), and asking what is attached.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd},
};

use aya_obj::generated::{
    BPF_F_AFTER, BPF_F_BEFORE, BPF_F_ID, BPF_F_LINK, BPF_F_QUERY_EFFECTIVE, BPF_F_REPLACE,
    bpf_attach_type, bpf_cmd,
};

use super::{addr_of, bpf, bpf_fd, fd_number, to_u32, zeroed_attr};

/// `BPF_F_PREORDER` of linux/bpf.h, which the generated bindings are too old for.
const PREORDER: u32 = 1 << 6;

/// Where among the others, and under which condition. Numbers come from JavaScript: the kernel checks them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) position: Option<Position>,
    pub(crate) anchor: Option<Anchor>,
    pub(crate) preorder: bool,
    pub(crate) expected_revision: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Before,
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Fd(RawFd),
    Id(u32),
}

impl Placement {
    fn flags(self) -> u32 {
        let position = match self.position {
            Some(Position::Before) => BPF_F_BEFORE,
            Some(Position::After) => BPF_F_AFTER,
            None => 0,
        };
        let id = if matches!(self.anchor, Some(Anchor::Id(_))) {
            BPF_F_ID
        } else {
            0
        };
        position | id | if self.preorder { PREORDER } else { 0 }
    }

    fn relative(self) -> u32 {
        match self.anchor {
            Some(Anchor::Fd(fd)) => fd.cast_unsigned(),
            Some(Anchor::Id(id)) => id,
            None => 0,
        }
    }
}

/// `BPF_LINK_CREATE` of a program on a cgroup; an anchor is a link.
pub(crate) fn link_create(
    program: impl AsFd,
    cgroup: RawFd,
    attach_type: bpf_attach_type,
    placement: Placement,
) -> io::Result<OwnedFd> {
    link_create_raw(fd_number(&program), cgroup, attach_type, placement)
}

/// Whether there can be such a link. The kernel is asked for one on no cgroup: it looks at that last, and what it does not
/// know, or does not allow for the program, is EINVAL before.
pub(crate) fn may_link(
    program: impl AsFd,
    attach_type: bpf_attach_type,
    placement: Placement,
) -> bool {
    !fails_with(
        libc::EINVAL,
        &link_create(program, -1, attach_type, placement),
    )
}

/// Whether the kernel has `BPF_LINK_CREATE` for cgroups: it then looks at the program first, and says EBADF.
pub(crate) fn has_cgroup_links() -> bool {
    let attempt = link_create_raw(
        u32::MAX,
        -1,
        bpf_attach_type::BPF_CGROUP_INET_EGRESS,
        Placement::default(),
    );
    fails_with(libc::EBADF, &attempt)
}

fn fails_with<T>(errno: i32, attempt: &io::Result<T>) -> bool {
    matches!(attempt, Err(error) if error.raw_os_error() == Some(errno))
}

fn link_create_raw(
    program: u32,
    cgroup: RawFd,
    attach_type: bpf_attach_type,
    placement: Placement,
) -> io::Result<OwnedFd> {
    let mut attr = zeroed_attr();
    attr.link_create.__bindgen_anon_1.prog_fd = program;
    attr.link_create.__bindgen_anon_2.target_fd = cgroup.cast_unsigned();
    attr.link_create.attach_type = attach_type as u32;
    let link = if placement.anchor.is_some() {
        BPF_F_LINK
    } else {
        0
    };
    attr.link_create.flags = placement.flags() | link;
    // The struct for cgroups is missing in the generated bindings; the one for tcx has the same layout.
    attr.link_create
        .__bindgen_anon_3
        .tcx
        .__bindgen_anon_1
        .relative_fd = placement.relative();
    attr.link_create.__bindgen_anon_3.tcx.expected_revision = placement.expected_revision;
    // SAFETY: the attributes hold no pointer, and the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_LINK_CREATE, &mut attr) }
}

/// `BPF_LINK_UPDATE`: puts `program` in the place of the link's program, or of `expected` only.
pub(crate) fn link_update(
    link: impl AsFd,
    program: impl AsFd,
    expected: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let mut attr = zeroed_attr();
    attr.link_update.link_fd = fd_number(&link);
    attr.link_update.__bindgen_anon_1.new_prog_fd = fd_number(&program);
    if let Some(expected) = expected {
        attr.link_update.flags = BPF_F_REPLACE;
        attr.link_update.__bindgen_anon_2.old_prog_fd = fd_number(&expected);
    }
    // SAFETY: the attributes hold no pointer.
    unsafe { bpf(bpf_cmd::BPF_LINK_UPDATE, &mut attr) }?;
    Ok(())
}

/// `BPF_PROG_ATTACH`; `mode` is 0, `BPF_F_ALLOW_OVERRIDE` or `BPF_F_ALLOW_MULTI`, an anchor is a program.
pub(crate) fn program_attach(
    program: impl AsFd,
    cgroup: RawFd,
    attach_type: bpf_attach_type,
    mode: u32,
    replace: Option<RawFd>,
    placement: Placement,
) -> io::Result<()> {
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let attach = unsafe { &mut attr.__bindgen_anon_5 };
    attach.__bindgen_anon_1.target_fd = cgroup.cast_unsigned();
    attach.attach_bpf_fd = fd_number(&program);
    attach.attach_type = attach_type as u32;
    attach.attach_flags = mode | placement.flags();
    if let Some(replace) = replace {
        attach.attach_flags |= BPF_F_REPLACE;
        attach.replace_bpf_fd = replace.cast_unsigned();
    }
    attach.__bindgen_anon_2.relative_fd = placement.relative();
    attach.expected_revision = placement.expected_revision;
    // SAFETY: the attributes hold no pointer.
    unsafe { bpf(bpf_cmd::BPF_PROG_ATTACH, &mut attr) }?;
    Ok(())
}

/// As [`may_link`], for `BPF_PROG_ATTACH`.
pub(crate) fn may_attach(
    program: impl AsFd,
    attach_type: bpf_attach_type,
    mode: u32,
    placement: Placement,
) -> bool {
    let attempt = program_attach(program, -1, attach_type, mode, None, placement);
    !fails_with(libc::EINVAL, &attempt)
}

/// `BPF_PROG_DETACH`. Without `BPF_F_ALLOW_MULTI` the kernel detaches whichever program is there.
pub(crate) fn program_detach(
    program: impl AsFd,
    cgroup: impl AsFd,
    attach_type: bpf_attach_type,
    expected_revision: u64,
) -> io::Result<()> {
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let attach = unsafe { &mut attr.__bindgen_anon_5 };
    attach.__bindgen_anon_1.target_fd = fd_number(&cgroup);
    attach.attach_bpf_fd = fd_number(&program);
    attach.attach_type = attach_type as u32;
    attach.expected_revision = expected_revision;
    // SAFETY: the attributes hold no pointer.
    unsafe { bpf(bpf_cmd::BPF_PROG_DETACH, &mut attr) }?;
    Ok(())
}

/// What `BPF_PROG_QUERY` says about a cgroup.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) program_ids: Vec<u32>,
    /// One for all: 0, `BPF_F_ALLOW_OVERRIDE` or `BPF_F_ALLOW_MULTI`.
    pub(crate) attach_flags: u32,
    /// One per program; empty where the kernel does not say (before 6.0, and for effective queries).
    pub(crate) program_flags: Vec<u32>,
    /// Counts changes; 0 where the kernel has no revisions, and for effective queries.
    pub(crate) revision: u64,
}

/// Asks for the programs that are attached to the cgroup or, with `effective`, for those that run for it.
pub(crate) fn program_query(
    cgroup: RawFd,
    attach_type: bpf_attach_type,
    effective: bool,
) -> io::Result<Query> {
    let mut room = 64;
    // Between two questions somebody may attach more: ask again with more room, but not forever.
    for _ in 0..8 {
        let result = query_with_room(cgroup, attach_type, effective, room, !effective);
        match result {
            Err(error) if error.raw_os_error() == Some(libc::ENOSPC) => room *= 4,
            // Kernels before 6.0 refuse the pointer for flags.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && !effective => {
                match query_with_room(cgroup, attach_type, effective, room, false) {
                    Err(error) if error.raw_os_error() == Some(libc::ENOSPC) => room *= 4,
                    other => return other,
                }
            }
            other => return other,
        }
    }
    Err(io::Error::from_raw_os_error(libc::ENOSPC))
}

fn query_with_room(
    cgroup: RawFd,
    attach_type: bpf_attach_type,
    effective: bool,
    room: usize,
    with_flags: bool,
) -> io::Result<Query> {
    let mut program_ids = vec![0_u32; room];
    let mut program_flags = vec![0_u32; if with_flags { room } else { 0 }];
    let mut attr = zeroed_attr();
    attr.query.__bindgen_anon_1.target_fd = cgroup.cast_unsigned();
    attr.query.attach_type = attach_type as u32;
    attr.query.query_flags = if effective { BPF_F_QUERY_EFFECTIVE } else { 0 };
    attr.query.prog_ids = addr_of(&mut program_ids);
    attr.query.__bindgen_anon_2.prog_cnt = to_u32(room)?;
    if with_flags {
        attr.query.prog_attach_flags = addr_of(&mut program_flags);
    }
    // SAFETY: both arrays have room for `prog_cnt` numbers.
    unsafe { bpf(bpf_cmd::BPF_PROG_QUERY, &mut attr) }?;
    // SAFETY: the kernel has filled this arm.
    let query = unsafe { attr.query };
    // SAFETY: as above.
    let count = unsafe { query.__bindgen_anon_2.prog_cnt } as usize;
    program_ids.truncate(count);
    program_flags.truncate(count);
    Ok(Query {
        program_ids,
        attach_flags: query.attach_flags,
        program_flags,
        revision: query.revision,
    })
}
