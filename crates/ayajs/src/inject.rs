//! Maps of others in place of an object's own.
//!
//! aya bakes the *numbers* of its maps' descriptors into the instructions, and loads no program before it is told to. So it
//! makes all maps as ever, and then the descriptors of the given ones take over those numbers (dup3(2)): no privileges, no
//! file system for pins, and aya's own maps, which nobody has seen, are freed. That the shapes agree is checked before
//! anything is made.

use std::os::fd::{AsFd, OwnedFd};

use aya::Ebpf;
use aya_obj::{EbpfSectionKind, Map, Object, generated::bpf_map_info};
use ayajs_object::{MapOfMaps, MapPlan};

use crate::{
    error::{Code, Error, Result},
    failure,
    loader::LoadOptions,
    object_maps::map_fd,
    pins,
    shape::Shape,
    sys,
};

/// A map that is given for one of the object.
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) fd: OwnedFd,
}

/// Compares every given map with what the object says of its own.
pub(crate) fn check(
    object: &Object,
    given: &[Given],
    plan: &MapPlan,
    options: &LoadOptions,
) -> Result<()> {
    for Given { name, fd } in given {
        let Some(map) = object.maps.get(name) else {
            let mut names: Vec<&str> = object.maps.keys().map(String::as_str).collect();
            names.sort_unstable();
            let names = names.join(", ");
            let message = format!("the object has no map \"{name}\". It has: {names}");
            return Err(Error::new(Code::NotFound, message).text("map", name));
        };
        let of_maps = plan.map_of_maps(name);
        check_map(name, map, (plan, of_maps), fd, options)?;
        check_inner(name, inner_of(object, map, of_maps).as_ref(), fd)?;
    }
    Ok(())
}

/// The definition of the maps inside of a map.
pub(crate) fn inner_of(object: &Object, map: &Map, of_maps: Option<&MapOfMaps>) -> Option<Map> {
    match of_maps {
        Some(of_maps) => object.maps.get(of_maps.inner.as_ref()?).cloned(),
        None => map.inner(),
    }
}

/// Puts every given map in the place of aya's.
pub(crate) fn replace(ebpf: &Ebpf, given: &[Given]) -> Result<()> {
    for Given { name, fd } in given {
        let Some(map) = ebpf.map(name) else {
            return Err(refuse(name, "aya has made no map of this name"));
        };
        sys::take_over(fd.as_fd(), map_fd(map)).map_err(|error| {
            let message = format!("cannot use the given map for \"{name}\": {error}");
            Error::command(Code::Map, message, "dup3", &error).text("map", name)
        })?;
    }
    Ok(())
}

fn check_map(
    name: &str,
    map: &Map,
    (plan, of_maps): (&MapPlan, Option<&MapOfMaps>),
    fd: &OwnedFd,
    options: &LoadOptions,
) -> Result<()> {
    let section = map.section_kind();
    if matches!(
        section,
        EbpfSectionKind::Data | EbpfSectionKind::Bss | EbpfSectionKind::Rodata
    ) {
        let reason = "it holds the global variables of this object, which would overwrite those of the other";
        return Err(refuse(name, reason));
    }
    if let Some(path) = pins::path_of(name, plan, options) {
        let path = path.display();
        return Err(refuse(
            name,
            &format!("it is pinned, at {path}: a map is one or the other"),
        ));
    }
    let wanted = Shape::planned(map, of_maps, options.max_entries_of(name));
    let found = shape_of(fd).map_err(|error| inspect_error(name, &error))?;
    if !found.satisfies(&wanted) {
        let reason = format!("it is {found}, the object wants {wanted}");
        return Err(refuse(name, &reason));
    }
    Ok(())
}

/// Compares the maps inside of a map with what the object puts there.
pub(crate) fn check_inner(name: &str, inner: Option<&Map>, fd: &OwnedFd) -> Result<()> {
    let Some(inner) = inner else {
        return Ok(());
    };
    let wanted = Shape::wanted(inner, None);
    // Which maps a map of maps is for, the kernel does not tell: those that it holds do.
    let held = sys::first_inner_map(fd.as_fd(), found_key_size(fd, name)?);
    match held.and_then(|held| held.as_ref().map(shape_of).transpose()) {
        Ok(Some(found)) if !found.satisfies_inner(&wanted) => {
            let reason = format!("it holds {found}, the object wants it to hold {wanted}");
            Err(refuse(name, &reason))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(inspect_error(name, &error)),
    }
}

fn shape_of(fd: impl AsFd) -> std::io::Result<Shape> {
    let info: bpf_map_info = sys::object_info(fd)?;
    Ok(Shape::found(&info))
}

fn found_key_size(fd: &OwnedFd, name: &str) -> Result<usize> {
    let info: bpf_map_info = sys::object_info(fd).map_err(|error| inspect_error(name, &error))?;
    Ok(info.key_size as usize)
}

fn refuse(name: &str, reason: &str) -> Error {
    let message = format!("map \"{name}\" cannot be the given one: {reason}");
    Error::new(Code::Map, message).text("map", name)
}

fn inspect_error(name: &str, error: &std::io::Error) -> Error {
    let message = format!("cannot inspect the map that is given for \"{name}\": {error}");
    failure::permission(
        Error::command(Code::Map, message, "BPF_OBJ_GET_INFO_BY_FD", error).text("map", name),
    )
}
