//! Objects of the kernel by descriptor, path and id, and what it says about them.

use std::{
    ffi::CString,
    io,
    mem::MaybeUninit,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd},
    path::Path,
};

use aya_obj::generated::{
    bpf_btf_info, bpf_cmd, bpf_link_info, bpf_map_info, bpf_prog_info, bpf_stats_type,
};

use crate::{
    error::{Code, Error, Result},
    failure,
};

use super::{addr_of, bpf, bpf_fd, fd_number, to_u32, zeroed_attr};

/// A struct that `BPF_OBJ_GET_INFO_BY_FD` can fill.
///
/// # Safety
///
/// Implementors are plain `repr(C)` data, for which every bit pattern is valid.
pub(crate) unsafe trait ObjectInfo: Copy {}
// SAFETY: generated from the kernel's headers: integers and arrays of integers.
unsafe impl ObjectInfo for bpf_prog_info {}
// SAFETY: generated from the kernel's headers: integers and arrays of integers.
unsafe impl ObjectInfo for bpf_map_info {}
// SAFETY: generated from the kernel's headers: integers.
unsafe impl ObjectInfo for bpf_btf_info {}
// SAFETY: generated from the kernel's headers: integers, and a union of such.
unsafe impl ObjectInfo for bpf_link_info {}

/// `BPF_OBJ_GET_INFO_BY_FD`: what the kernel says about a program, map or link.
pub(crate) fn object_info<T: ObjectInfo>(fd: impl AsFd) -> io::Result<T> {
    // SAFETY: `ObjectInfo` promises that zeroes are a valid value.
    let mut info = unsafe { MaybeUninit::<T>::zeroed().assume_init() };
    // SAFETY: no pointer is set in `info`.
    unsafe { fill_object_info(fd, &mut info) }?;
    Ok(info)
}

/// The ids of the maps that a program uses.
pub(crate) fn program_map_ids(fd: impl AsFd, count: u32) -> io::Result<Vec<u32>> {
    let mut ids = vec![0_u32; count as usize];
    // SAFETY: as in `object_info`.
    let mut info = unsafe { MaybeUninit::<bpf_prog_info>::zeroed().assume_init() };
    info.nr_map_ids = count;
    info.map_ids = addr_of(&mut ids);
    // SAFETY: `map_ids` points to `nr_map_ids` numbers of ours.
    unsafe { fill_object_info(fd, &mut info) }?;
    ids.truncate(info.nr_map_ids as usize);
    Ok(ids)
}

/// The BTF with this id; a failure names its command.
pub(crate) fn btf_by_id(id: u32) -> std::result::Result<Vec<u8>, (&'static str, io::Error)> {
    let mut attr = zeroed_attr();
    attr.__bindgen_anon_6.__bindgen_anon_1.start_id = id;
    // SAFETY: the attributes hold no pointer, and the command returns a new descriptor.
    let fd = unsafe { bpf_fd(bpf_cmd::BPF_BTF_GET_FD_BY_ID, &mut attr) }
        .map_err(|error| ("BPF_BTF_GET_FD_BY_ID", error))?;
    btf_bytes(&fd).map_err(|error| ("BPF_OBJ_GET_INFO_BY_FD", error))
}

fn btf_bytes(fd: &OwnedFd) -> io::Result<Vec<u8>> {
    let size = object_info::<bpf_btf_info>(fd)?.btf_size;
    let mut bytes = vec![0_u8; size as usize];
    // SAFETY: as in `object_info`.
    let mut info = unsafe { MaybeUninit::<bpf_btf_info>::zeroed().assume_init() };
    info.btf = addr_of(&mut bytes);
    info.btf_size = size;
    // SAFETY: `btf` points to `btf_size` bytes of ours.
    unsafe { fill_object_info(fd, &mut info) }?;
    Ok(bytes)
}

/// What a descriptor of bpf(2) stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Program,
    Map,
    Link,
    Other,
}

impl ObjectKind {
    /// For messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Map => "map",
            Self::Link => "link",
            Self::Other => "something else",
        }
    }
}

/// Tells programs, maps and links apart: the kernel names their descriptors (`bpf_prog_new_fd` and its like).
pub(crate) fn object_kind(fd: BorrowedFd<'_>) -> io::Result<ObjectKind> {
    let target = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()))?;
    Ok(match target.as_os_str().to_str() {
        Some("anon_inode:bpf-prog") => ObjectKind::Program,
        Some("anon_inode:bpf-map") => ObjectKind::Map,
        Some("anon_inode:bpf_link" | "anon_inode:bpf-link") => ObjectKind::Link,
        _ => ObjectKind::Other,
    })
}

/// `BPF_OBJ_PIN`: makes a file at `path` that keeps the object alive.
pub(crate) fn object_pin(fd: impl AsFd, path: &Path) -> io::Result<()> {
    let path = c_path(path)?;
    let mut attr = zeroed_attr();
    attr.__bindgen_anon_4.pathname = path.as_ptr() as u64;
    attr.__bindgen_anon_4.bpf_fd = fd_number(&fd);
    // SAFETY: `path` is alive and ends in NUL.
    unsafe { bpf(bpf_cmd::BPF_OBJ_PIN, &mut attr) }?;
    Ok(())
}

/// `BPF_OBJ_GET`: opens what is pinned at `path`.
pub(crate) fn object_get(path: &Path) -> io::Result<OwnedFd> {
    let path = c_path(path)?;
    let mut attr = zeroed_attr();
    attr.__bindgen_anon_4.pathname = path.as_ptr() as u64;
    // SAFETY: `path` is alive and ends in NUL, and the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_OBJ_GET, &mut attr) }
}

/// The commands that open an object by its id, and walk the ids.
#[derive(Clone, Copy)]
pub(crate) enum Ids {
    Programs,
    Maps,
    Links,
    Btf,
}

impl Ids {
    /// The id after `id`; `None` at the end.
    pub(crate) fn next(self, id: u32) -> io::Result<Option<u32>> {
        let command = match self {
            Self::Programs => bpf_cmd::BPF_PROG_GET_NEXT_ID,
            Self::Maps => bpf_cmd::BPF_MAP_GET_NEXT_ID,
            Self::Links => bpf_cmd::BPF_LINK_GET_NEXT_ID,
            Self::Btf => bpf_cmd::BPF_BTF_GET_NEXT_ID,
        };
        let mut attr = zeroed_attr();
        attr.__bindgen_anon_6.__bindgen_anon_1.start_id = id;
        // SAFETY: the attributes hold no pointer.
        match unsafe { bpf(command, &mut attr) } {
            // SAFETY: the kernel has filled this arm.
            Ok(_) => Ok(Some(unsafe { attr.__bindgen_anon_6.next_id })),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A descriptor of the object with this id.
    pub(crate) fn open(self, id: u32) -> io::Result<OwnedFd> {
        let command = match self {
            Self::Programs => bpf_cmd::BPF_PROG_GET_FD_BY_ID,
            Self::Maps => bpf_cmd::BPF_MAP_GET_FD_BY_ID,
            Self::Links => bpf_cmd::BPF_LINK_GET_FD_BY_ID,
            Self::Btf => bpf_cmd::BPF_BTF_GET_FD_BY_ID,
        };
        let mut attr = zeroed_attr();
        attr.__bindgen_anon_6.__bindgen_anon_1.start_id = id;
        // SAFETY: the attributes hold no pointer, and the command returns a new descriptor.
        unsafe { bpf_fd(command, &mut attr) }
    }
}

/// What `of` makes of every object. Those that are freed between being named and being opened are left out, and so are
/// links that are being made: the kernel names them already, but says EAGAIN.
pub(crate) fn walk<T>(ids: Ids, of: impl Fn(OwnedFd) -> Result<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut id = 0;
    while let Some(next) = ids.next(id).map_err(|error| walk_error(&error))? {
        id = next;
        match ids.open(id) {
            Ok(fd) => found.push(of(fd)?),
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EAGAIN)) => {}
            Err(error) => return Err(walk_error(&error)),
        }
    }
    Ok(found)
}

fn walk_error(error: &io::Error) -> Error {
    let message = format!("cannot walk the objects of the kernel: {error}");
    failure::permission_for(
        &["CAP_SYS_ADMIN"],
        Error::command(Code::Syscall, message, "BPF_OBJ_GET_NEXT_ID", error),
    )
}

/// The inode number of an open file or directory; 0 when it cannot be told.
pub(crate) fn inode(fd: RawFd) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(format!("/proc/self/fd/{fd}")).map_or(0, |metadata| metadata.ino())
}

/// `BPF_ENABLE_STATS`: run times and counts of all programs are kept while the descriptor is open.
pub(crate) fn enable_run_time_stats() -> io::Result<OwnedFd> {
    let mut attr = zeroed_attr();
    attr.enable_stats.type_ = bpf_stats_type::BPF_STATS_RUN_TIME as u32;
    // SAFETY: the attributes hold no pointer, and the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_ENABLE_STATS, &mut attr) }
}

/// The cgroup's id and the attach type in the information of a link of a cgroup.
pub(crate) fn cgroup_of(info: &bpf_link_info) -> (u64, u32) {
    // SAFETY: every arm is plain data; the caller asks about links of cgroups, for which the kernel fills this one.
    let cgroup = unsafe { info.__bindgen_anon_1.cgroup };
    (cgroup.cgroup_id, cgroup.attach_type)
}

/// A name as the kernel stores it: at most 15 bytes, then NUL.
pub(crate) fn kernel_name(name: &[libc::c_char; 16]) -> String {
    let bytes: Vec<u8> = name
        .iter()
        .map(|c| c.to_ne_bytes()[0])
        .take_while(|byte| *byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// aya has been handed the path too, and refuses NUL bytes: so have our arguments.
fn c_path(path: &Path) -> io::Result<CString> {
    use std::os::unix::ffi::OsStrExt as _;
    CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)
}

/// # Safety
///
/// Every pointer that the caller has set in `info` is valid for the count beside it.
unsafe fn fill_object_info<T: ObjectInfo>(fd: impl AsFd, info: &mut T) -> io::Result<()> {
    let mut attr = zeroed_attr();
    attr.info.bpf_fd = fd_number(&fd);
    attr.info.info_len = to_u32(size_of::<T>())?;
    attr.info.info = (&raw mut *info) as u64;
    // SAFETY: `info` is alive and `info_len` bytes large; its pointers are the caller's promise.
    unsafe { bpf(bpf_cmd::BPF_OBJ_GET_INFO_BY_FD, &mut attr) }?;
    Ok(())
}
