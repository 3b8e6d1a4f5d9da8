//! Why the kernel refuses to make a map: its error number alone says nothing.

use std::io;

use aya_obj::{Map, Object, generated::bpf_map_type};

use crate::{
    error::{Code, Error},
    failure,
    shape::Shape,
};

const BPF_F_NO_PREALLOC: u32 = 1;
const BPF_F_NUMA_NODE: u32 = 1 << 2;

/// The longest prefix that a trie takes, with its length (`trie_alloc` of kernel/bpf).
const LPM_KEY_BYTES: std::ops::RangeInclusive<u32> = 5..=260;

/// The shape of a map that aya could not make. Maps inside of maps have names of aya's, `outer.inner`.
pub(crate) fn shape(object: &Object, name: &str) -> Option<Shape> {
    if let Some(map) = object.maps.get(name) {
        return Some(Shape::wanted(map, None));
    }
    let inner = object.maps.get(name.strip_suffix(".inner")?)?.inner()?;
    Some(Shape::wanted(&inner, None))
}

/// The error for a map that the kernel would not make.
pub(crate) fn create_error(
    what: &str,
    name: &str,
    error: &io::Error,
    shape: Option<&Shape>,
) -> Error {
    let shown = shape.map_or_else(String::new, |shape| format!(", {shape}"));
    let defect = shape.and_then(|shape| defect(shape, error));
    let reason = defect.map_or_else(String::new, |defect| format!("; {}", defect.reason));
    let message =
        format!("cannot open {what}: the kernel refused map \"{name}\"{shown}: {error}{reason}");
    let refused = Error::command(Code::Map, message, "BPF_MAP_CREATE", error).text("map", name);
    failure::permission(match defect {
        Some(defect) => refused.text("remedy", defect.when_opened),
        None => refused,
    })
}

/// The error for a map of a type that aya has no name for, and so no kernel that it knows.
pub(crate) fn type_error(what: &str, map_type: u32, data: &[u8]) -> Error {
    let object = Object::parse(data).ok();
    let maps = object.iter().flat_map(|object| &object.maps);
    let mut named = maps.filter(|(_, map)| map.map_type() == map_type);
    let name = named.next().map_or("", |(name, _)| name);
    let message = format!(
        "cannot open {what}: map \"{name}\" is of type {map_type}, which aya does not know"
    );
    Error::new(Code::Unsupported, message)
        .text("map", name)
        .text("feature", format!("maps of type {map_type}"))
}

/// Whether aya tells the kernel the types of a map, or of the maps inside of it.
pub(crate) fn has_types(object: &Object, name: &str) -> bool {
    let is_typed = |map: &Map| match map {
        Map::Btf(map) => map.def.btf_key_type_id != 0 || map.def.btf_value_type_id != 0,
        Map::Legacy(_) => false,
    };
    let map = object.maps.get(name);
    map.is_some_and(|map| is_typed(map) || map.inner().is_some_and(|inner| is_typed(&inner)))
}

/// The error for a map that somebody makes alone, by `create`. `what` is how it was to be.
pub(crate) fn new_map_error(what: &str, name: &str, error: &io::Error, shape: &Shape) -> Error {
    let defect = defect(shape, error);
    let reason = defect.map_or_else(String::new, |defect| format!("; {}", defect.reason));
    let message = format!("cannot create {what}: {error}{reason}");
    let refused = Error::command(Code::Map, message, "BPF_MAP_CREATE", error).text("map", name);
    match defect {
        Some(RING_SIZE) if shape.whole_ring() != 0 => refused.text(
            "remedy",
            format!("Set maxEntries to {}.", shape.whole_ring()),
        ),
        Some(defect) => refused.text("remedy", defect.when_made),
        None => refused,
    }
}

/// What is wrong, and what to do: in the object that defines the map, or in the options that it is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Defect {
    reason: &'static str,
    when_opened: &'static str,
    when_made: &'static str,
}

const fn defective(
    reason: &'static str,
    when_opened: &'static str,
    when_made: &'static str,
) -> Defect {
    Defect {
        reason,
        when_opened,
        when_made,
    }
}

const RING_SIZE: Defect = defective(
    "the size of a ring buffer is a power of two, and whole pages",
    "Set such a size, as max_entries in the object or by the option mapMaxEntries.",
    "Set maxEntries to such a size.",
);

/// What the kernel does not like about such a map.
fn defect(shape: &Shape, error: &io::Error) -> Option<Defect> {
    match error.raw_os_error()? {
        libc::ENOMEM => Some(defective(
            "there is not enough memory for so many entries",
            "Set fewer, as max_entries in the object or by the option mapMaxEntries.",
            "Set fewer maxEntries.",
        )),
        libc::E2BIG => Some(defective(
            "its keys, its values or all of it are larger than the kernel allows",
            "Make them smaller, or set fewer entries by the option mapMaxEntries.",
            "Make them smaller, or set fewer maxEntries.",
        )),
        libc::EINVAL if is_storage(shape) => Some(storage_defect(shape)),
        libc::EINVAL => size_defect(shape).or_else(|| flag_defect(shape)),
        _ => None,
    }
}

fn size_defect(shape: &Shape) -> Option<Defect> {
    let is_array = shape.is_one_of(&[
        bpf_map_type::BPF_MAP_TYPE_ARRAY,
        bpf_map_type::BPF_MAP_TYPE_PERCPU_ARRAY,
        bpf_map_type::BPF_MAP_TYPE_PROG_ARRAY,
        bpf_map_type::BPF_MAP_TYPE_ARRAY_OF_MAPS,
    ]);
    let is_trie = shape.is(bpf_map_type::BPF_MAP_TYPE_LPM_TRIE);
    if shape.max_entries == 0 {
        Some(defective(
            "it has no room for entries",
            "Set max_entries in the object, or the option mapMaxEntries.",
            "Set maxEntries to at least 1.",
        ))
    } else if is_trie && !LPM_KEY_BYTES.contains(&shape.key_size) {
        Some(defective(
            "the key of a trie is a length of 4 bytes and 1 to 256 bytes of data",
            "Set such a key in the object.",
            "Set keySize to 5 to 260.",
        ))
    } else if is_array && shape.key_size != 4 {
        Some(defective(
            "the key of an array has 4 bytes",
            "Set such a key in the object.",
            "Set keySize to 4.",
        ))
    } else if shape.key_size == 0 && wants_keys(shape) {
        Some(defective(
            "its key has no size",
            "Set key or key_size in the object.",
            "Set keySize to at least 1.",
        ))
    } else if shape.key_size != 0 && !wants_keys(shape) {
        Some(defective(
            "maps of its type have no keys",
            "Set neither key nor key_size in the object.",
            "Set keySize to 0.",
        ))
    } else if shape.value_size == 0 && wants_values(shape) {
        Some(defective(
            "its value has no size",
            "Set value or value_size in the object.",
            "Set valueSize to at least 1.",
        ))
    } else if shape.is(bpf_map_type::BPF_MAP_TYPE_RINGBUF)
        && shape.max_entries != shape.whole_ring()
    {
        Some(RING_SIZE)
    } else {
        None
    }
}

fn flag_defect(shape: &Shape) -> Option<Defect> {
    let is_trie = shape.is(bpf_map_type::BPF_MAP_TYPE_LPM_TRIE);
    if is_trie && shape.map_flags & BPF_F_NO_PREALLOC == 0 {
        Some(defective(
            "a trie cannot be allocated in advance",
            "Set map_flags to BPF_F_NO_PREALLOC in the object.",
            "Add BPF_F_NO_PREALLOC (1) to flags.",
        ))
    } else if shape.map_flags & BPF_F_NUMA_NODE != 0 {
        Some(defective(
            "this machine may not have the NUMA node that it is to lie on",
            "Build the object without BPF_F_NUMA_NODE, or for another numa_node.",
            "Leave BPF_F_NUMA_NODE (4) out of flags.",
        ))
    } else {
        None
    }
}

/// What hangs on sockets, inodes, tasks and cgroups (`bpf_local_storage_map_alloc_check`).
fn is_storage(shape: &Shape) -> bool {
    shape.is_one_of(&[
        bpf_map_type::BPF_MAP_TYPE_SK_STORAGE,
        bpf_map_type::BPF_MAP_TYPE_INODE_STORAGE,
        bpf_map_type::BPF_MAP_TYPE_TASK_STORAGE,
        bpf_map_type::BPF_MAP_TYPE_CGRP_STORAGE,
    ])
}

fn storage_defect(shape: &Shape) -> Defect {
    if shape.map_flags & BPF_F_NO_PREALLOC == 0 {
        defective(
            "local storage cannot be allocated in advance",
            "Set map_flags to BPF_F_NO_PREALLOC in the object.",
            "Add BPF_F_NO_PREALLOC (1) to flags.",
        )
    } else if shape.max_entries != 0 {
        defective(
            "local storage has no number of entries",
            "Set no max_entries, neither in the object nor as an option.",
            "Set maxEntries to 0.",
        )
    } else if shape.key_size != 4 {
        defective(
            "the key of local storage is an int",
            "Set such a key in the object.",
            "Set keySize to 4.",
        )
    } else if shape.value_size == 0 {
        defective(
            "its value has no size",
            "Set value in the object.",
            "Set valueSize to at least 1.",
        )
    } else {
        defective(
            "local storage must have types of keys and values that the kernel takes",
            "Set key and value by __type in the object, and compile it with -g.",
            "Define it in an object that is compiled with -g: a map that is made alone has no types.",
        )
    }
}

fn wants_keys(shape: &Shape) -> bool {
    !shape.is_one_of(&[
        bpf_map_type::BPF_MAP_TYPE_QUEUE,
        bpf_map_type::BPF_MAP_TYPE_STACK,
        bpf_map_type::BPF_MAP_TYPE_BLOOM_FILTER,
        bpf_map_type::BPF_MAP_TYPE_RINGBUF,
        bpf_map_type::BPF_MAP_TYPE_USER_RINGBUF,
        bpf_map_type::BPF_MAP_TYPE_ARENA,
    ])
}

fn wants_values(shape: &Shape) -> bool {
    !shape.is_one_of(&[
        bpf_map_type::BPF_MAP_TYPE_RINGBUF,
        bpf_map_type::BPF_MAP_TYPE_USER_RINGBUF,
        bpf_map_type::BPF_MAP_TYPE_ARENA,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use bpf_map_type::{
        BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LPM_TRIE, BPF_MAP_TYPE_QUEUE,
        BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_SK_STORAGE,
    };

    fn shape(map_type: bpf_map_type, sizes: [u32; 3], map_flags: u32) -> Shape {
        let [key_size, value_size, max_entries] = sizes;
        Shape::new(&crate::sys::NewMap {
            map_type: map_type as u32,
            key_size,
            value_size,
            max_entries,
            map_flags,
            map_extra: 0,
            name: [0; 16],
            numa_node: 0,
        })
    }

    #[test]
    fn what_the_kernel_dislikes_is_named() {
        let cases = [
            (shape(BPF_MAP_TYPE_HASH, [4, 4, 0], 0), "no room"),
            (shape(BPF_MAP_TYPE_HASH, [0, 4, 1], 0), "key has no size"),
            (shape(BPF_MAP_TYPE_HASH, [4, 0, 1], 0), "value has no size"),
            (shape(BPF_MAP_TYPE_ARRAY, [8, 4, 1], 0), "key of an array"),
            (shape(BPF_MAP_TYPE_ARRAY, [4, 4, 1], 4), "NUMA"),
            (shape(BPF_MAP_TYPE_QUEUE, [4, 4, 1], 0), "no keys"),
            (shape(BPF_MAP_TYPE_RINGBUF, [0, 0, 5000], 0), "whole pages"),
            (
                shape(BPF_MAP_TYPE_LPM_TRIE, [4, 4, 1], 1),
                "length of 4 bytes",
            ),
            (shape(BPF_MAP_TYPE_LPM_TRIE, [8, 4, 1], 0), "in advance"),
            (shape(BPF_MAP_TYPE_SK_STORAGE, [4, 4, 0], 0), "in advance"),
            (
                shape(BPF_MAP_TYPE_SK_STORAGE, [4, 4, 9], 1),
                "no number of entries",
            ),
            (
                shape(BPF_MAP_TYPE_SK_STORAGE, [4, 4, 0], 1),
                "types of keys",
            ),
        ];
        let invalid = io::Error::from_raw_os_error(libc::EINVAL);
        for (shape, reason) in cases {
            let Defect { reason: found, .. } = defect(&shape, &invalid).unwrap();
            assert!(found.contains(reason), "{shape}: {found}");
        }
        let ring = shape(BPF_MAP_TYPE_RINGBUF, [0, 0, crate::sys::page_size()], 0);
        assert_eq!(defect(&ring, &invalid), None);
        let busy = io::Error::from_raw_os_error(libc::EBUSY);
        assert_eq!(defect(&shape(BPF_MAP_TYPE_HASH, [4, 4, 0], 0), &busy), None);
    }
}
