//! Global variables in maps that can be mapped into memory, in place of aya's, which cannot.
//!
//! As with maps that are given (`inject.rs`): no program is loaded yet, and nobody has seen aya's maps.

use std::{
    io,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
};

use aya::Ebpf;
use aya_obj::generated::{BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, bpf_map_info, bpf_map_type};

use crate::{
    error::{Code, Error, Result},
    loader::LoadOptions,
    object_maps::map_fd,
    sys::{self, NewMap},
};

/// Has every section of variables in a map with `BPF_F_MMAPABLE`, with the same contents.
///
/// Where the kernel makes none (before Linux 5.5), aya's stay: they can be read and written by system calls. So do pinned
/// ones: what is at the path is what the program must use.
pub(crate) fn make_mappable(ebpf: &Ebpf, options: &LoadOptions) -> Result<()> {
    for (name, map) in ebpf.maps() {
        if !is_section(name) || options.map_pin_path_of(name).is_some() {
            continue;
        }
        let Ok(copy) = mappable_copy(name, map_fd(map)) else {
            continue;
        };
        sys::take_over(copy.as_fd(), map_fd(map)).map_err(|error| {
            let message = format!("cannot put a map in the place of \"{name}\": {error}");
            Error::command(Code::Map, message, "dup3", &error).text("map", name)
        })?;
    }
    Ok(())
}

fn mappable_copy(name: &str, map: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let info: bpf_map_info = sys::object_info(map)?;
    if !is_plain(&info) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let new = NewMap {
        map_type: info.type_,
        key_size: info.key_size,
        value_size: info.value_size,
        max_entries: info.max_entries,
        map_flags: info.map_flags | BPF_F_MMAPABLE,
        map_extra: 0,
        name: info.name,
        numa_node: 0,
    };
    let copy = sys::map_create(&new, None, None)?;
    // What has no contents in the file is zero, here as there.
    if !name.starts_with(".bss") {
        let mut value = vec![0; info.value_size as usize];
        sys::read_variables(map, &mut value)?;
        sys::write_variables(copy.as_fd(), &value)?;
    }
    // As aya does: the verifier takes the values of frozen constants into account.
    if info.map_flags & BPF_F_RDONLY_PROG != 0 {
        sys::map_freeze(&copy)?;
    }
    Ok(copy)
}

/// Whether nothing would be lost that `NewMap` does not say.
fn is_plain(info: &bpf_map_info) -> bool {
    info.type_ == bpf_map_type::BPF_MAP_TYPE_ARRAY as u32
        && (info.key_size, info.max_entries) == (4, 1)
        && info.map_flags & !BPF_F_RDONLY_PROG == 0
        && info.btf_id == 0
}

fn is_section(name: &str) -> bool {
    [".data", ".bss", ".rodata"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
