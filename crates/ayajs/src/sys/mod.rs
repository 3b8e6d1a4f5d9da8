//! The only room with raw bpf(2), raw file descriptors, raw Node-API and `unsafe`: one file per subject, each safe to call.

mod batch;
mod bytes;
mod cgroup;
mod drain;
mod element;
mod epoll;
mod inject;
mod js;
mod map;
mod mapped_buffer;
mod mapping;
mod object;
mod perf;
mod prefetch;
mod probe;
mod process;
mod program;
mod ring;
mod shared;
mod signals;

use std::{
    io, mem,
    os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
};

use aya_obj::generated::{bpf_attr, bpf_cmd};

pub(crate) use self::{
    batch::*, bytes::*, cgroup::*, drain::*, element::*, epoll::*, inject::*, js::*, map::*,
    mapped_buffer::*, mapping::*, object::*, perf::*, probe::*, process::*, program::*, ring::*,
    shared::*, signals::*,
};

fn zeroed_attr() -> bpf_attr {
    // SAFETY: a union of plain integers, for which zeroes are valid; the kernel wants unused bytes zero.
    unsafe { mem::zeroed() }
}

fn fd_number(fd: &impl AsFd) -> u32 {
    fd.as_fd().as_raw_fd().cast_unsigned()
}

fn addr_of<T>(buffer: &mut [T]) -> u64 {
    buffer.as_mut_ptr() as u64
}

fn to_u32(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}

/// # Safety
///
/// Every pointer in `attr` is valid for what `command` does with it.
unsafe fn bpf(command: bpf_cmd, attr: &mut bpf_attr) -> io::Result<i64> {
    // SAFETY: `attr` is alive and as large as stated; its pointers are the caller's promise.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command as libc::c_long,
            &raw mut *attr,
            size_of::<bpf_attr>(),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// # Safety
///
/// As [`bpf`], and `command` returns a new descriptor.
unsafe fn bpf_fd(command: bpf_cmd, attr: &mut bpf_attr) -> io::Result<OwnedFd> {
    // SAFETY: the caller's promise.
    let fd = unsafe { bpf(command, attr) }?;
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made it (close-on-exec), and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
