//! Pinned maps that an object would reuse: aya takes whatever lies at the path. A map of another shape is refused here,
//! before aya writes its initial data into it.

use std::{
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
};

use aya_obj::{Map, Object, generated::bpf_map_info, maps::PinningType};
use ayajs_object::MapPlan;

use crate::{
    error::{Code, Error, Result},
    loader::{DEFAULT_PIN_DIRECTORY, LoadOptions},
    shape::Shape,
    sys::{self, ObjectKind},
};

/// Compares every map that is about to be reused with what the object says, and tells their names. Those that aya has another
/// map for are not its business.
pub(crate) fn check(object: &Object, plan: &MapPlan, options: &LoadOptions) -> Result<Vec<String>> {
    let mut reused = Vec::new();
    for (name, map) in &object.maps {
        if !plan.has_other(name)
            && let Some(path) = pin_path(name, map, options)
            && check_pin(name, map, &path, options)?
        {
            reused.push(name.clone());
        }
    }
    Ok(reused)
}

/// Where a map would be pinned, if at all.
pub(crate) fn pin_path(name: &str, map: &Map, options: &LoadOptions) -> Option<PathBuf> {
    path_of(name, map.pinning() == PinningType::ByName, options)
}

/// [`pin_path`] of a map whose definition says whether it is pinned by its name.
pub(crate) fn path_of(name: &str, by_name: bool, options: &LoadOptions) -> Option<PathBuf> {
    if let Some(path) = options.map_pin_path_of(name) {
        return Some(path.to_owned());
    }
    let directory = options
        .pin_directory()
        .unwrap_or(Path::new(DEFAULT_PIN_DIRECTORY));
    by_name.then(|| directory.join(name))
}

/// Whether a map is there, and fits.
fn check_pin(name: &str, map: &Map, path: &Path, options: &LoadOptions) -> Result<bool> {
    let wanted = Shape::wanted(map, options.max_entries_of(name));
    Ok(find(name, path, &wanted)?.is_some())
}

/// The map that is pinned there, if it has this shape.
pub(crate) fn find(name: &str, path: &Path, wanted: &Shape) -> Result<Option<OwnedFd>> {
    // Nothing there, or nothing that may be opened: aya makes the map, or says why not.
    let Ok(fd) = sys::object_get(path) else {
        return Ok(None);
    };
    let mismatch = |found: &str| {
        let message = format!(
            "map \"{name}\" cannot use what is pinned at {}: it is {found}, the object wants {wanted}",
            path.display()
        );
        Error::new(Code::Map, message)
            .text("map", name)
            .text("path", path.to_string_lossy())
    };
    if !matches!(sys::object_kind(fd.as_fd()), Ok(ObjectKind::Map)) {
        return Err(mismatch("not a map"));
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
    if found.satisfies(wanted) {
        Ok(Some(fd))
    } else {
        Err(mismatch(&found.to_string()))
    }
}
