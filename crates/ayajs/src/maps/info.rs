//! What the kernel knows about a map.

use std::{
    fs, io,
    os::fd::{AsFd, AsRawFd as _},
};

use aya_obj::generated::bpf_map_info;
use napi::{Env, bindgen_prelude::BigInt};
use napi_derive::napi;

use super::{cursor::cursor_size, failed, map_type};
use crate::{
    error::Result,
    guard::guard,
    sys::{self, Ids, MapFd},
};

/// What the kernel knows about a map: `struct bpf_map_info`, in the names of aya's `MapInfo`.
#[napi(object)]
pub struct MapInfo {
    /// The kernel's type, in aya's spelling: `Hash`, `Array`, `RingBuf`, …
    pub map_type: String,
    /// The map's id in the kernel, as `bpftool map show id` takes it.
    pub id: u32,
    /// The name, which the kernel cuts to 15 bytes.
    pub name: String,
    /// The size of a key in bytes.
    pub key_size: u32,
    /// The size of a value in bytes; of one CPU's value where the map is per CPU.
    pub value_size: u32,
    /// How many entries fit; for a ring buffer its size in bytes.
    pub max_entries: u32,
    /// The flags it was created with (`BPF_F_…`).
    pub map_flags: u32,
    /// What the flags do not say, per type (`map_extra`).
    pub map_extra: BigInt,
    /// The id of the BTF that has its types; 0 when it has none.
    pub btf_id: u32,
    /// The number of the key's type in that BTF; 0 when it has none.
    pub btf_key_type_id: u32,
    /// The number of the value's type in that BTF; 0 when it has none.
    pub btf_value_type_id: u32,
    /// Whether user space may change it no more.
    pub frozen: bool,
}

impl MapInfo {
    /// `name` is for errors.
    pub(super) fn of(name: &str, fd: impl AsFd, info: &bpf_map_info) -> Result<Self> {
        let access = Access::of(fd)
            .map_err(|error| failed(name, "cannot tell the state of", "open", &error))?;
        Ok(Self {
            map_type: map_type(info.type_),
            id: info.id,
            name: sys::kernel_name(&info.name),
            key_size: info.key_size,
            value_size: info.value_size,
            max_entries: info.max_entries,
            map_flags: info.map_flags,
            map_extra: BigInt::from(info.map_extra),
            btf_id: info.btf_id,
            btf_key_type_id: info.btf_key_type_id,
            btf_value_type_id: info.btf_value_type_id,
            frozen: access.frozen,
        })
    }
}

/// The sizes with which elements of a map are read and written.
#[napi(object)]
pub struct MapShape {
    /// The kernel's type, in aya's spelling.
    pub map_type: String,
    /// The size of a key in bytes; 0 where there are none (queues, stacks, Bloom filters).
    pub key_size: u32,
    /// The size of a value in bytes; of one CPU's value where the map is per CPU.
    pub value_size: u32,
    /// The size of all CPUs' values, one after the other, each rounded up to 8 bytes; `valueSize` where there is one.
    pub value_bytes: f64,
    /// How many values an element has: as many as CPUs are possible where the map is per CPU, else 1.
    pub cpus: u32,
    /// Whether an element has a value for each CPU.
    pub per_cpu: bool,
    /// How many entries fit.
    pub max_entries: u32,
    /// The flags it was created with (`BPF_F_…`).
    pub map_flags: u32,
    /// How large the cursor of a batch is in bytes.
    pub cursor_size: f64,
}

impl MapShape {
    pub(super) fn of(fd: &MapFd) -> Self {
        let info = fd.info();
        Self {
            map_type: map_type(info.type_),
            key_size: info.key_size,
            value_size: info.value_size,
            value_bytes: number(fd.value_bytes()),
            cpus: u32::try_from(fd.cpus()).unwrap_or(u32::MAX),
            per_cpu: fd.is_per_cpu(),
            max_entries: info.max_entries,
            map_flags: info.map_flags,
            cursor_size: number(cursor_size(fd)),
        }
    }
}

/// A size in bytes for JavaScript.
#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of memory are below 2^53 bytes"
)]
pub(super) fn number(size: usize) -> f64 {
    size as f64
}

/// What only `/proc` tells of an open map.
pub(super) struct Access {
    /// User space may change the map no more (from Linux 5.2 on).
    pub(super) frozen: bool,
    /// This descriptor may read.
    pub(super) reads: bool,
    /// This descriptor may write.
    pub(super) writes: bool,
}

impl Access {
    pub(super) fn of(fd: impl AsFd) -> io::Result<Self> {
        let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
        Ok(Self::parse(&fs::read_to_string(path)?))
    }

    fn parse(facts: &str) -> Self {
        let fact = |name| facts.lines().find_map(|line| line.strip_prefix(name));
        let flags = fact("flags:").and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
        let mode = flags.map(|flags| flags & libc::O_ACCMODE);
        Self {
            frozen: fact("frozen:").is_some_and(|value| value.trim() == "1"),
            reads: mode != Some(libc::O_WRONLY),
            writes: mode != Some(libc::O_RDONLY),
        }
    }
}

/// Every map of the system, as `bpftool map show` lists them. Those that end meanwhile are left out.
///
/// @throws `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
#[napi]
pub fn loaded_maps(env: Env) -> napi::Result<Vec<MapInfo>> {
    guard(env, || {
        sys::walk(Ids::Maps, |fd| {
            let info = sys::object_info(&fd).map_err(|error| {
                failed(
                    "of an id",
                    "cannot inspect",
                    "BPF_OBJ_GET_INFO_BY_FD",
                    &error,
                )
            })?;
            MapInfo::of("of an id", &fd, &info)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_read_from_what_the_kernel_writes() {
        let access = Access::parse("pos:\t0\nflags:\t02000000\nmap_type:\t1\nfrozen:\t1\n");
        assert!(access.frozen && access.reads && !access.writes);
        let access = Access::parse("flags:\t02000001\nfrozen:\t0\n");
        assert!(!access.frozen && !access.reads && access.writes);
        let access = Access::parse("flags:\t02000002\n");
        assert!(!access.frozen && access.reads && access.writes);
    }
}
