//! Pinned maps that an object would reuse: aya takes whatever lies at the path. A map of another shape is refused here,
//! before aya writes its initial data into it.

use std::{
    os::fd::AsFd as _,
    path::{Path, PathBuf},
};

use aya::util::nr_cpus;
use aya_obj::{
    Map, Object,
    generated::{bpf_map_info, bpf_map_type},
    maps::PinningType,
};

use crate::{
    elf,
    error::{Code, Error, Result},
    loader::LoadOptions,
    maps::map_type,
    sys::{self, ObjectKind},
};

/// Where aya looks for maps that are pinned by name, unless it is told otherwise.
const DEFAULT_DIRECTORY: &str = "/sys/fs/bpf";

/// Compares every map that is about to be reused with what the object says.
pub(crate) fn check(data: &[u8], options: &LoadOptions) -> Result<()> {
    if !options.pins_maps() && !elf::may_pin(data) {
        return Ok(());
    }
    // What does not parse, aya refuses with its own words a moment later.
    let Ok(object) = Object::parse(data) else {
        return Ok(());
    };
    for (name, map) in &object.maps {
        if let Some(path) = pin_path(name, map, options) {
            check_pin(name, map, &path, options)?;
        }
    }
    Ok(())
}

fn pin_path(name: &str, map: &Map, options: &LoadOptions) -> Option<PathBuf> {
    if let Some(path) = options.map_pin_path_of(name) {
        return Some(path.to_owned());
    }
    let directory = options
        .pin_directory()
        .unwrap_or(Path::new(DEFAULT_DIRECTORY));
    (map.pinning() == PinningType::ByName).then(|| directory.join(name))
}

fn check_pin(name: &str, map: &Map, path: &Path, options: &LoadOptions) -> Result<()> {
    // Nothing there, or nothing that may be opened: aya makes the map, or says why not.
    let Ok(fd) = sys::object_get(path) else {
        return Ok(());
    };
    let mismatch = |found: &str, wanted: &str| {
        let message = format!(
            "map \"{name}\" cannot use what is pinned at {}: it is {found}, the object wants {wanted}",
            path.display()
        );
        Error::new(Code::Map, message)
            .text("map", name)
            .text("path", path.to_string_lossy())
    };
    let wanted = Shape::wanted(map, options.max_entries_of(name));
    if !matches!(sys::object_kind(fd.as_fd()), Ok(ObjectKind::Map)) {
        return Err(mismatch("not a map", &wanted.to_string()));
    }
    let info: bpf_map_info = sys::object_info(&fd).map_err(|error| {
        Error::command(
            Code::Map,
            format!(
                "cannot inspect the map pinned at {}: {error}",
                path.display()
            ),
            "BPF_OBJ_GET_INFO_BY_FD",
            &error,
        )
    })?;
    let found = Shape::found(&info);
    if found == wanted {
        Ok(())
    } else {
        Err(mismatch(&found.to_string(), &wanted.to_string()))
    }
}

/// What must agree for a map to be reused.
#[derive(PartialEq, Eq)]
struct Shape {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
    map_extra: u64,
}

impl Shape {
    fn found(info: &bpf_map_info) -> Self {
        Self {
            map_type: info.type_,
            key_size: info.key_size,
            value_size: info.value_size,
            max_entries: info.max_entries,
            map_flags: info.map_flags,
            map_extra: info.map_extra,
        }
    }

    /// The shape that aya would give a new map: it adjusts some sizes per type.
    fn wanted(map: &Map, max_entries: Option<u32>) -> Self {
        let mut shape = Self {
            map_type: map.map_type(),
            key_size: map.key_size(),
            value_size: map.value_size(),
            max_entries: max_entries.unwrap_or_else(|| map.max_entries()),
            map_flags: map.map_flags(),
            map_extra: map.map_extra(),
        };
        if shape.map_type == bpf_map_type::BPF_MAP_TYPE_RINGBUF as u32 {
            shape.value_size = 0;
            shape.max_entries = whole_pages(shape.max_entries);
        } else if shape.map_type == bpf_map_type::BPF_MAP_TYPE_PERF_EVENT_ARRAY as u32
            && shape.max_entries == 0
        {
            shape.max_entries = nr_cpus()
                .ok()
                .and_then(|cpus| cpus.try_into().ok())
                .unwrap_or(0);
        }
        shape
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a {} map (key {} bytes, value {} bytes, {} entries, flags {:#x})",
            map_type(self.map_type),
            self.key_size,
            self.value_size,
            self.max_entries,
            self.map_flags
        )
    }
}

/// A ring buffer is a power of two of pages.
fn whole_pages(bytes: u32) -> u32 {
    let page = sys::page_size();
    bytes
        .div_ceil(page)
        .checked_next_power_of_two()
        .unwrap_or(0)
        .saturating_mul(page)
}
