//! What aya cannot be told about the maps of an object, done when it has made them, and before anything is loaded.

use std::{
    collections::BTreeMap,
    io,
    os::fd::{AsFd as _, BorrowedFd},
    path::Path,
};

use aya::Ebpf;
use aya_obj::generated::{bpf_map_info, bpf_map_type};
use ayajs_object::{Held, MapOfMaps, MapPlan, Slot};

use crate::{
    error::{Code, Error, Result},
    failure,
    loader::LoadOptions,
    map_defects,
    object_maps::map_fd,
    pins,
    shape::Shape,
    sys::{self, Ids, MapTypes, NewMap},
};

/// Where programs go when they have been loaded: maps and keys, by the program's name.
pub(crate) type ProgramSlots = BTreeMap<String, Vec<(String, u32)>>;

/// Refuses maps that only somebody else can make, and that nobody has made.
pub(crate) fn check(
    what: &str,
    plan: &MapPlan,
    options: &LoadOptions,
    is_made: impl Fn(&str) -> bool,
) -> Result<()> {
    let mut unknown = plan.of_maps.iter().filter(|map| map.inner.is_none());
    match unknown.find(|map| !is_made(&map.name)) {
        Some(map) => {
            let pin = pins::path_of(&map.name, plan, options);
            Err(of_unknown_maps(what, map, pin.as_deref()))
        }
        None => Ok(()),
    }
}

fn of_unknown_maps(what: &str, map: &MapOfMaps, pin: Option<&Path>) -> Error {
    let name = &map.name;
    let class = if map.map_type == bpf_map_type::BPF_MAP_TYPE_ARRAY_OF_MAPS as u32 {
        "ArrayOfMaps"
    } else {
        "HashOfMaps"
    };
    let then = pin.map_or_else(
        || format!("give it by the option maps: {{ {name} }}"),
        |path| format!("pin it at {} before", path.display()),
    );
    let message = format!(
        "cannot open {what}: map \"{name}\" is a map of maps, and the object does not say of which maps: its own loader does"
    );
    let remedy = format!(
        "Make one by {class}.create, with its option inner, and {then}; or have the object say so, by __array(values, struct {{ ... }}) in the map's definition."
    );
    Error::new(Code::Map, message)
        .text("map", name)
        .text("remedy", remedy)
}

/// Makes the maps that aya could not, in the places of those that it has made instead. Given ones come later.
pub(crate) fn make(
    what: &str,
    ebpf: &Ebpf,
    plan: &MapPlan,
    is_given: impl Fn(&str) -> bool,
) -> Result<()> {
    for (name, node) in &plan.numa_nodes {
        if let Some(map) = ebpf.map(name).filter(|_| !is_given(name)) {
            let place = map_fd(map);
            let info = info_of(what, name, place)?;
            let new = on_node(&info, *node);
            take_place(what, name, place, (new, None), types_of(&info).as_ref())?;
        }
    }
    for wanted in plan.of_maps.iter().filter(|wanted| !is_given(&wanted.name)) {
        let name = &wanted.name;
        let inner = wanted.inner.as_ref().and_then(|inner| ebpf.map(inner));
        if let (Some(map), Some(inner)) = (ebpf.map(name), inner) {
            let place = map_fd(map);
            let new = of_maps(wanted, &info_of(what, name, place)?);
            take_place(what, name, place, (new, Some(map_fd(inner))), None)?;
        }
    }
    Ok(())
}

/// Puts into the maps of maps what they hold from the start. Those that somebody else has filled keep what they have:
/// given ones, and pinned ones that were there.
pub(crate) fn fill(
    what: &str,
    ebpf: &Ebpf,
    plan: &MapPlan,
    is_foreign: impl Fn(&str) -> bool,
) -> Result<()> {
    for Slot { map, index, held } in &plan.slots {
        let Held::Map(held) = held else {
            continue;
        };
        if is_foreign(map) {
            continue;
        }
        let (Some(outer), Some(inner)) = (ebpf.map(map), ebpf.map(held)) else {
            let message = format!(
                "cannot open {what}: map \"{map}\" is to hold \"{held}\", which the object does not have"
            );
            return Err(Error::new(Code::Parse, message).text("map", map));
        };
        let filled = has_whole_keys(map_fd(outer))
            .and_then(|()| sys::hold(map_fd(outer), *index, map_fd(inner)));
        filled.map_err(|error| {
            let message = format!("cannot open {what}: cannot put map \"{held}\" into slot {index} of map \"{map}\": {error}");
            let refused = Error::command(Code::Map, message, "BPF_MAP_UPDATE_ELEM", &error);
            failure::permission(refused.text("map", map))
        })?;
    }
    Ok(())
}

/// The places that programs take in arrays of programs.
pub(crate) fn program_slots(plan: MapPlan) -> ProgramSlots {
    let mut slots = ProgramSlots::new();
    for Slot { map, index, held } in plan.slots {
        if let Held::Program(program) = held {
            slots.entry(program).or_default().push((map, index));
        }
    }
    slots
}

/// Puts a program that has been loaded into its place in an array of programs.
pub(crate) fn hold_program(
    program: &str,
    fd: BorrowedFd<'_>,
    map: &str,
    array: BorrowedFd<'_>,
    index: u32,
) -> Result<()> {
    has_whole_keys(array)
        .and_then(|()| sys::hold(array, index, fd))
        .map_err(|error| {
            let message = format!(
                "cannot put program \"{program}\" into slot {index} of map \"{map}\": {error}"
            );
            let refused = Error::command(Code::Map, message, "BPF_MAP_UPDATE_ELEM", &error);
            failure::permission(refused.text("map", map).text("program", program))
        })
}

/// Makes a map, and gives it the number of aya's descriptor.
fn take_place(
    what: &str,
    name: &str,
    place: BorrowedFd<'_>,
    (new, inner): (NewMap, Option<BorrowedFd<'_>>),
    types: Option<&MapTypes>,
) -> Result<()> {
    let made = sys::map_create(&new, inner, types)
        .map_err(|error| map_defects::create_error(what, name, &error, Some(&Shape::new(&new))))?;
    sys::take_over(made.as_fd(), place).map_err(|error| {
        let message =
            format!("cannot open {what}: cannot put a map in the place of \"{name}\": {error}");
        Error::command(Code::Map, message, "dup3", &error).text("map", name)
    })
}

/// The same map with its memory on a node.
fn on_node(info: &bpf_map_info, node: u32) -> NewMap {
    NewMap {
        map_type: info.type_,
        key_size: info.key_size,
        value_size: info.value_size,
        max_entries: info.max_entries,
        map_flags: info.map_flags,
        map_extra: info.map_extra,
        name: info.name,
        numa_node: node,
    }
}

/// Whoever may not open BTF by its id has maps without types: programs and user space work all the same.
fn types_of(info: &bpf_map_info) -> Option<MapTypes> {
    if info.btf_value_type_id == 0 {
        return None;
    }
    Some(MapTypes {
        btf: Ids::Btf.open(info.btf_id).ok()?,
        key: info.btf_key_type_id,
        value: info.btf_value_type_id,
    })
}

fn of_maps(wanted: &MapOfMaps, placeholder: &bpf_map_info) -> NewMap {
    NewMap {
        map_type: wanted.map_type,
        key_size: wanted.key_size,
        value_size: 4,
        max_entries: wanted.max_entries,
        map_flags: wanted.map_flags,
        map_extra: 0,
        name: placeholder.name,
        numa_node: wanted.numa_node.unwrap_or(0),
    }
}

fn info_of(what: &str, name: &str, map: BorrowedFd<'_>) -> Result<bpf_map_info> {
    sys::object_info(map).map_err(|error| {
        let message = format!("cannot open {what}: cannot inspect map \"{name}\": {error}");
        let refused = Error::command(Code::Map, message, "BPF_OBJ_GET_INFO_BY_FD", &error);
        failure::permission(refused.text("map", name))
    })
}

fn has_whole_keys(map: BorrowedFd<'_>) -> io::Result<()> {
    let info: bpf_map_info = sys::object_info(map)?;
    if (info.key_size, info.value_size) == (4, 4) {
        Ok(())
    } else {
        Err(io::Error::other("its keys are not of 4 bytes"))
    }
}
