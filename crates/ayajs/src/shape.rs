//! The shape of a map: what must agree where an object uses a map that it did not make. aya takes whatever it is given,
//! and then lets the kernel write past the end of its buffers.

use aya::util::nr_cpus;
use aya_obj::{
    Map,
    generated::{bpf_map_info, bpf_map_type},
};

use ayajs_object::MapOfMaps;

use crate::{
    maps::map_type,
    sys::{self, NewMap},
};

/// Maps of devices: the kernel adds this flag to those that were asked for.
const BPF_F_RDONLY_PROG: u32 = 1 << 7;
const BPF_F_INNER_MAP: u32 = 1 << 12;

/// What must agree for a map to be used by an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) map_type: u32,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) max_entries: u32,
    pub(crate) map_flags: u32,
    map_extra: u64,
}

impl Shape {
    pub(crate) fn found(info: &bpf_map_info) -> Self {
        let mut shape = Self {
            map_type: info.type_,
            key_size: info.key_size,
            value_size: info.value_size,
            max_entries: info.max_entries,
            map_flags: info.map_flags,
            map_extra: info.map_extra,
        };
        if shape.is_of_devices() {
            shape.map_flags &= !BPF_F_RDONLY_PROG;
        }
        shape
    }

    /// The shape that aya would give a new map: it adjusts some sizes per type.
    pub(crate) fn wanted(map: &Map, max_entries: Option<u32>) -> Self {
        let mut shape = Self::of_definition(map, max_entries);
        if shape.is(bpf_map_type::BPF_MAP_TYPE_RINGBUF) {
            shape.value_size = 0;
            shape.max_entries = whole_pages(shape.max_entries);
        } else if shape.is(bpf_map_type::BPF_MAP_TYPE_PERF_EVENT_ARRAY) && shape.max_entries == 0 {
            shape.max_entries = nr_cpus()
                .ok()
                .and_then(|cpus| cpus.try_into().ok())
                .unwrap_or(0);
        }
        shape
    }

    /// The shape that a map of the object is to have, whether or not aya knows all of its definition.
    pub(crate) fn planned(map: &Map, plan: Option<&MapOfMaps>, max_entries: Option<u32>) -> Self {
        plan.map_or_else(|| Self::wanted(map, max_entries), Self::of_maps)
    }

    /// A map of maps that aya knows nothing of.
    fn of_maps(wanted: &MapOfMaps) -> Self {
        Self {
            map_type: wanted.map_type,
            key_size: wanted.key_size,
            value_size: 4,
            max_entries: wanted.max_entries,
            map_flags: wanted.map_flags,
            map_extra: 0,
        }
    }

    pub(crate) fn new(new: &NewMap) -> Self {
        Self {
            map_type: new.map_type,
            key_size: new.key_size,
            value_size: new.value_size,
            max_entries: new.max_entries,
            map_flags: new.map_flags,
            map_extra: new.map_extra,
        }
    }

    /// Whether a map of this shape does where `wanted` is asked for.
    pub(crate) fn satisfies(&self, wanted: &Self) -> bool {
        let mut wanted = *wanted;
        // aya makes them with 4 or 8 bytes, whichever the kernel has, whatever the object says.
        if wanted.has_sizes_of_the_kernel() && matches!(self.value_size, 4 | 8) {
            wanted.value_size = self.value_size;
        }
        if wanted.is_of_devices() {
            wanted.map_flags &= !BPF_F_RDONLY_PROG;
        }
        *self == wanted
    }

    /// As [`Self::satisfies`] for maps inside of a map: their number of entries may differ, except for arrays.
    pub(crate) fn satisfies_inner(&self, wanted: &Self) -> bool {
        let mut wanted = *wanted;
        // `array_map_meta_equal` of kernel/bpf/arraymap.c.
        let is_fixed =
            wanted.is(bpf_map_type::BPF_MAP_TYPE_ARRAY) && wanted.map_flags & BPF_F_INNER_MAP == 0;
        if !is_fixed {
            wanted.max_entries = self.max_entries;
        }
        self.satisfies(&wanted)
    }

    fn of_definition(map: &Map, max_entries: Option<u32>) -> Self {
        Self {
            map_type: map.map_type(),
            key_size: map.key_size(),
            value_size: map.value_size(),
            max_entries: max_entries.unwrap_or_else(|| map.max_entries()),
            map_flags: map.map_flags(),
            map_extra: map.map_extra(),
        }
    }

    pub(crate) fn is_one_of(&self, map_types: &[bpf_map_type]) -> bool {
        map_types.iter().any(|map_type| self.is(*map_type))
    }

    pub(crate) fn is(&self, map_type: bpf_map_type) -> bool {
        self.map_type == map_type as u32
    }

    /// The size that a ring buffer of this one needs: a power of two, and whole pages. 0 where there is none.
    pub(crate) fn whole_ring(&self) -> u32 {
        whole_pages(self.max_entries)
    }

    fn is_of_devices(&self) -> bool {
        self.is(bpf_map_type::BPF_MAP_TYPE_DEVMAP)
            || self.is(bpf_map_type::BPF_MAP_TYPE_DEVMAP_HASH)
    }

    fn has_sizes_of_the_kernel(&self) -> bool {
        self.is_of_devices() || self.is(bpf_map_type::BPF_MAP_TYPE_CPUMAP)
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let map_type = map_type(self.map_type);
        let article = if map_type.starts_with(['A', 'I', 'U']) {
            "an"
        } else {
            "a"
        };
        write!(
            f,
            "{article} {map_type} map (key {} bytes, value {} bytes, {} entries, flags {:#x})",
            self.key_size, self.value_size, self.max_entries, self.map_flags
        )
    }
}

/// A ring buffer is a power of two of pages. Without any, the kernel refuses it.
fn whole_pages(bytes: u32) -> u32 {
    if bytes == 0 {
        return 0;
    }
    let page = sys::page_size();
    bytes
        .div_ceil(page)
        .checked_next_power_of_two()
        .unwrap_or(0)
        .saturating_mul(page)
}
