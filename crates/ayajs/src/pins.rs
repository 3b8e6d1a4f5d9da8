//! Where the maps of an object are pinned.
//!
//! aya is told of no pin: it would write the object's initial values into a map that it finds, which programs may be using,
//! and leave pins behind when a later step of opening fails. What is there takes the place of aya's map, as given maps do
//! (`inject.rs`); a map of another shape is refused before. What is not there is pinned when all else has been done.

use std::{
    collections::BTreeMap,
    fs,
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
};

use aya::Ebpf;
use aya_obj::{Object, generated::bpf_map_info};
use ayajs_object::MapPlan;

use crate::{
    error::{Code, Error, Result},
    inject::{self, Given},
    links::pin_error,
    loader::{DEFAULT_PIN_DIRECTORY, LoadOptions},
    object_maps::map_fd,
    shape::Shape,
    sys::{self, ObjectKind},
};

/// The pins of an object that is being opened.
#[derive(Default)]
pub(crate) struct Pins {
    /// The maps that are there.
    pub(crate) present: Vec<Given>,
    /// Where each map is pinned, or is to be.
    paths: BTreeMap<String, PathBuf>,
}

impl Pins {
    /// Finds the maps that are there, and compares them with what the object says.
    pub(crate) fn find(object: &Object, plan: &MapPlan, options: &LoadOptions) -> Result<Self> {
        let mut pins = Self::default();
        for (name, map) in &object.maps {
            let Some(path) = path_of(name, plan, options) else {
                continue;
            };
            let of_maps = plan.map_of_maps(name);
            let wanted = Shape::planned(map, of_maps, options.max_entries_of(name));
            if let Some(fd) = find(name, &path, &wanted)? {
                let inner = inject::inner_of(object, map, of_maps);
                inject::check_inner(name, inner.as_ref(), &fd)?;
                let name = name.clone();
                pins.present.push(Given { name, fd });
            }
            pins.paths.insert(name.clone(), path);
        }
        Ok(pins)
    }

    pub(crate) fn has(&self, map: &str) -> bool {
        self.present.iter().any(|present| present.name == map)
    }

    /// Pins what was not there, all or nothing.
    pub(crate) fn make(&self, what: &str, ebpf: &Ebpf) -> Result<()> {
        let mut made: Vec<&Path> = Vec::new();
        for (name, path) in self.paths.iter().filter(|(name, _)| !self.has(name)) {
            let Some(map) = ebpf.map(name) else {
                continue; // A kernel without global variables: aya has left them out.
            };
            if let Err(error) = sys::object_pin(map_fd(map), path) {
                for path in made {
                    let _is_gone = fs::remove_file(path);
                }
                let error = pin_error(&format!("map \"{name}\""), path, &error);
                return Err(error
                    .text("map", name)
                    .prefix(&format!("cannot open {what}")));
            }
            made.push(path);
        }
        Ok(())
    }

    /// Where each map is pinned now.
    pub(crate) fn into_paths(self) -> BTreeMap<String, PathBuf> {
        self.paths
    }
}

/// Where a map would be pinned, if at all.
pub(crate) fn path_of(name: &str, plan: &MapPlan, options: &LoadOptions) -> Option<PathBuf> {
    if let Some(path) = options.map_pin_path_of(name) {
        return Some(path.to_owned());
    }
    let directory = options
        .pin_directory()
        .unwrap_or(Path::new(DEFAULT_PIN_DIRECTORY));
    let by_name = plan.pinned.iter().any(|pinned| pinned == name);
    by_name.then(|| directory.join(name))
}

/// The map that is pinned there, if it has this shape.
fn find(name: &str, path: &Path, wanted: &Shape) -> Result<Option<OwnedFd>> {
    // Nothing there, or nothing that may be opened: the map is made, and pinning it says why not.
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
