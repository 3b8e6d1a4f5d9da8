//! An open object: aya's `Ebpf` behind a lock, and beside it what must not wait for that lock.

use std::{
    collections::BTreeMap,
    os::fd::BorrowedFd,
    sync::{
        Arc, Mutex, MutexGuard, TryLockError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use aya::{Ebpf, EbpfError, maps::MapError};
use ayajs_object::{LateValue, PinPaths, Prepared, Settings, UnsupportedProgram, Untyped};

use crate::{
    error::{Code, Error, Result},
    failure, features,
    guard::catch_panic,
    inject::{self, Given},
    kernel::RunningKernel,
    loader::LoadOptions,
    map_defects,
    object_maps::{ObjectMaps, map_fd},
    pins::Pins,
    planned_maps::{self, ProgramSlots},
    programs::{ProgramCell, Refusals, table},
    sys, variables,
};

/// What `Ebpf.load` opened. The registry owns it.
pub struct Object {
    closed: AtomicBool,
    programs: BTreeMap<String, Arc<ProgramCell>>,
    program_slots: ProgramSlots,
    maps: ObjectMaps,
    refusals: Refusals,
    ebpf: Mutex<Ebpf>,
}

impl Object {
    /// Parses, relocates and creates the maps, or uses those that are given; loads no program. `what` names the object in
    /// errors.
    pub(crate) fn open_bytes(
        what: &str,
        data: &[u8],
        options: &LoadOptions,
        given: &[Given],
    ) -> Result<Arc<Self>> {
        let Opened {
            mut ebpf,
            prepared,
            pins,
        } = open_aya(what, data, options, given)?;
        variables::make_mappable(&ebpf, options)?;
        for late in &prepared.late {
            write_late(what, &ebpf, late)?;
        }
        let is_given = |map: &str| {
            let mut given = given.iter().chain(&pins.present);
            given.any(|given| given.name == map)
        };
        planned_maps::make(what, &ebpf, &prepared.maps, is_given)?;
        inject::replace(&ebpf, given)?;
        inject::replace(&ebpf, &pins.present)?;
        planned_maps::fill(what, &ebpf, &prepared.maps, is_given)?;
        pins.make(what, &ebpf)?;
        let hooks = hooks(&ebpf, data);
        let unsupported = prepared.unsupported;
        Ok(Arc::new_cyclic(|object| Self {
            closed: AtomicBool::new(false),
            programs: programs(&ebpf, hooks, unsupported, object),
            program_slots: planned_maps::program_slots(prepared.maps),
            maps: ObjectMaps::take_from(&mut ebpf, pins.into_paths()),
            refusals: Refusals {
                absent: prepared.absent,
                unresolved: prepared.unresolved,
            },
            ebpf: Mutex::new(ebpf),
        }))
    }

    /// Whether it is still open; `ERR_EBPF_CLOSED` if not.
    pub(crate) fn open(&self) -> Result<()> {
        if self.is_closed() {
            Err(Error::closed("the object"))
        } else {
            Ok(())
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Detaches the links that its programs own and closes the descriptors. aya's part ends with the last holder:
    /// a load that is running finishes first.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for program in self.programs.values() {
            program.release();
        }
        self.maps.close();
    }

    pub(crate) fn programs(&self) -> &BTreeMap<String, Arc<ProgramCell>> {
        &self.programs
    }

    pub(crate) fn maps(&self) -> &ObjectMaps {
        &self.maps
    }

    /// What is known about refusals of its programs.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Puts a program that has been loaded where arrays of programs hold it from the start.
    pub(crate) fn hold_program(&self, name: &str, fd: BorrowedFd<'_>) -> Result<()> {
        for (map, index) in self.program_slots.get(name).into_iter().flatten() {
            let hold =
                |array: BorrowedFd<'_>| planned_maps::hold_program(name, fd, map, array, *index);
            self.maps.with_descriptor(map, hold).transpose()?;
        }
        Ok(())
    }

    /// aya's part, for the JavaScript thread: it does not wait.
    pub(crate) fn try_lock(&self) -> Result<MutexGuard<'_, Ebpf>> {
        self.ebpf.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::busy("the object"),
            TryLockError::Poisoned(_) => poisoned(),
        })
    }

    /// aya's part, for a thread of the pool.
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, Ebpf>> {
        self.ebpf.lock().map_err(|_poison| poisoned())
    }
}

/// What aya has opened.
struct Opened<'a> {
    ebpf: Ebpf,
    prepared: Prepared<'a>,
    pins: Pins,
}

/// Has aya open the object. A map that the kernel refuses is tried again without the types of its keys and values, as libbpf
/// does (`bpf_object__create_map`): where the kernel refuses those of the object, there is nothing that they refer to.
fn open_aya<'a>(
    what: &str,
    data: &'a [u8],
    options: &LoadOptions,
    given: &[Given],
) -> Result<Opened<'a>> {
    check(what, data)?;
    let kernel = RunningKernel::default();
    let mut untyped = Vec::new();
    let mut pins = None;
    let mut first_error = None;
    loop {
        let is_all = untyped.len() > MAX_UNTYPED;
        let wanted = if is_all {
            Untyped::All
        } else {
            Untyped::Named(&untyped)
        };
        let prepared = prepare(what, data, options, wanted, &kernel)?;
        if pins.is_none() {
            pins = Some(check_maps(what, &prepared, options, given)?);
        }
        features::detect(what)?;
        let loaded = read_by_aya(what, || {
            options.with_loader(&prepared, |loader| {
                sys::without_signals(|| loader.load(&prepared.data))
            })
        })?;
        let error = match loaded {
            Ok(ebpf) => {
                return Ok(Opened {
                    ebpf,
                    prepared,
                    pins: pins.unwrap_or_default(),
                });
            }
            Err(EbpfError::MapError(MapError::CreateError { name, io_error })) => {
                let object = aya_obj::Object::parse(&prepared.data).ok();
                let shape = object
                    .as_ref()
                    .and_then(|object| map_defects::shape(object, &name));
                let error = map_defects::create_error(what, &name, &io_error, shape.as_ref());
                let name = name.strip_suffix(".inner").unwrap_or(&name).to_owned();
                let helps = io_error.raw_os_error() != Some(libc::EPERM)
                    && object.is_some_and(|object| map_defects::has_types(&object, &name));
                if helps && !is_all && !untyped.contains(&name) {
                    untyped.push(name);
                    first_error.get_or_insert(error);
                    continue;
                }
                error
            }
            Err(EbpfError::MapError(MapError::InvalidMapType { map_type })) => {
                map_defects::type_error(what, map_type, &prepared.data)
            }
            Err(error) => failure::open(what, &error),
        };
        return Err(first_error.unwrap_or(error));
    }
}

/// How many maps are tried without types one by one, before all are.
const MAX_UNTYPED: usize = 2;

/// Refuses maps that do not fit, before anything is made; finds those that are pinned already.
fn check_maps(
    what: &str,
    prepared: &Prepared<'_>,
    options: &LoadOptions,
    given: &[Given],
) -> Result<Pins> {
    let plan = &prepared.maps;
    let may_pin = options.pins_maps() || !plan.pinned.is_empty();
    // What does not parse, aya refuses with its own words a moment later.
    if (may_pin || !given.is_empty() || plan.lacks_maps())
        && let Ok(object) = read_by_aya(what, || aya_obj::Object::parse(&prepared.data))?
    {
        inject::check(&object, given, plan, options)?;
        let pins = Pins::find(&object, plan, options)?;
        planned_maps::check(what, plan, options, |map| {
            pins.has(map) || given.iter().any(|given| given.name == map)
        })?;
        return Ok(pins);
    }
    Ok(Pins::default())
}

/// The names of the programs and maps in an object.
pub(crate) fn names(what: &str, data: &[u8]) -> Result<(Vec<String>, Vec<String>)> {
    check(what, data)?;
    // No kernel is asked, for symbols or for maps: what is taken from it has no names of ours.
    let settings = Settings {
        pin_paths: PinPaths::All,
        ..Settings::default()
    };
    let prepared = ayajs_object::prepare(data, &settings)?;
    check_prepared(what, &prepared)?;
    let object = read_by_aya(what, || aya_obj::Object::parse(&prepared.data))?
        .map_err(|error| failure::open(what, &error.into()))?;
    let unsupported = prepared.unsupported.into_iter();
    Ok((
        object
            .programs
            .into_keys()
            .chain(unsupported.map(|program| program.name))
            .collect(),
        object.maps.into_keys().collect(),
    ))
}

/// aya's programs, and those that it did not get to see.
fn programs(
    ebpf: &Ebpf,
    mut hooks: BTreeMap<String, String>,
    unsupported: Vec<UnsupportedProgram>,
    object: &Weak<Object>,
) -> BTreeMap<String, Arc<ProgramCell>> {
    let unsupported = unsupported
        .into_iter()
        .map(|program| ProgramCell::unsupported(program, object.clone()));
    ebpf.programs()
        .map(|(name, program)| {
            ProgramCell::of_object(name, program, hooks.remove(name), object.clone())
        })
        .chain(unsupported)
        .map(|cell| (cell.name.clone(), Arc::new(cell)))
        .collect()
}

/// `data` has been checked.
fn prepare<'a>(
    what: &str,
    data: &'a [u8],
    options: &LoadOptions,
    untyped: Untyped<'_>,
    kernel: &RunningKernel,
) -> Result<Prepared<'a>> {
    let prepared = ayajs_object::prepare(data, &options.settings(untyped, kernel))?;
    check_prepared(what, &prepared)?;
    Ok(prepared)
}

fn check(what: &str, data: &[u8]) -> Result<()> {
    ayajs_object::check(data)
        .map_err(|error| Error::from(error).prefix(&format!("cannot open {what}")))
}

fn check_prepared(what: &str, prepared: &Prepared<'_>) -> Result<()> {
    ayajs_object::check_prepared(prepared)
        .map_err(|error| Error::from(error).prefix(&format!("cannot open {what}")))
}

/// Runs aya on an object. What is known to make it panic has been refused; what is not known, or depends on the kernel's
/// types, is the object's fault all the same, and no error inside of this crate.
fn read_by_aya<T>(what: &str, run: impl FnOnce() -> T) -> Result<T> {
    catch_panic(run).map_err(|panic| {
        let message = format!("cannot open {what}: aya could not read this object ({panic})");
        Error::new(Code::Parse, message)
    })
}

/// What the programs are for, by their names: aya forgets the names of sections.
fn hooks(ebpf: &Ebpf, data: &[u8]) -> BTreeMap<String, String> {
    if !ebpf
        .programs()
        .any(|(_, program)| table::hook(program).is_some())
    {
        return BTreeMap::new();
    }
    ayajs_object::program_sections(data)
        .into_iter()
        .filter_map(|(name, section)| Some((name, table::hook_of(&section)?.to_owned())))
        .collect()
}

fn write_late(what: &str, ebpf: &Ebpf, late: &LateValue) -> Result<()> {
    let Some(map) = ebpf.map(&late.map) else {
        return Ok(()); // A kernel without global variables: aya has left them out.
    };
    sys::write_variables(map_fd(map), &late.value).map_err(|error| {
        let message = format!(
            "cannot open {what}: cannot write map \"{}\": {error}",
            late.map
        );
        let error = Error::command(Code::Map, message, "BPF_MAP_UPDATE_ELEM", &error);
        failure::permission(error.text("map", &late.map))
    })
}

fn poisoned() -> Error {
    Error::internal(String::from(
        "an earlier internal error has left this object in an unknown state; close it",
    ))
}
