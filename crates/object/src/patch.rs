//! A copy of an object with settings written into it.

use std::borrow::Cow;

use super::{
    check,
    externs::{self, Kernel},
    maps::{self, MapPlan, MapWishes, PinPaths, Untyped},
    symbols::Elf,
    texts,
    values::{write_global, write_legacy_entries},
};
use crate::{
    error::{Result, malformed},
    relocation::{self, Types, Unresolved},
    repair::{self, Obstacle, UnsupportedProgram},
};

/// The initial value of a global variable.
#[derive(Clone)]
pub struct Global {
    /// The variable's name in C.
    pub name: String,
    /// As many bytes as the variable is large.
    pub value: Vec<u8>,
    /// Whether an object without such a variable is refused.
    pub must_exist: bool,
}

/// What is written into an object.
pub struct Settings<'a> {
    /// Initial values of global variables.
    pub globals: &'a [Global],
    /// Numbers of entries, by the map's name; the last one for a name counts.
    pub max_entries: &'a [(String, u32)],
    /// Maps whose types of keys and values the kernel is not told.
    pub untyped: Untyped<'a>,
    /// Where maps are pinned whatever their definitions say.
    pub pin_paths: PinPaths<'a>,
    /// The size of a page of memory, in bytes.
    pub page_size: u32,
    /// Where `__ksym`, kfuncs and `__kconfig` come from; without one they are all 0.
    pub kernel: Option<&'a dyn Kernel>,
    /// What CO-RE relocations are resolved against.
    pub types: Types<'a>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            globals: &[],
            max_entries: &[],
            untyped: Untyped::Named(&[]),
            pin_paths: PinPaths::Of(&[]),
            page_size: 4096,
            kernel: None,
            types: Types::Nothing,
        }
    }
}

/// An object that aya may read.
pub struct Prepared<'a> {
    /// The object, or a copy with corrections.
    pub data: Cow<'a, [u8]>,
    /// Values of variables that have no place in the file.
    pub late: Vec<LateValue>,
    /// Numbers of entries that have none: aya's loader must set them.
    pub max_entries: Vec<(String, u32)>,
    /// What aya cannot be told about its maps.
    pub maps: MapPlan,
    /// Programs that aya will not list: they are listed beside its own, and cannot be loaded.
    pub unsupported: Vec<UnsupportedProgram>,
    /// Weak functions that the kernel does not have, by the numbers of the helpers that are called in their place.
    pub absent: Vec<(u32, String)>,
    /// What CO-RE relocations want, and the kernel does not have.
    pub unresolved: Vec<Unresolved>,
}

/// The whole initial value of a map that holds global variables.
pub struct LateValue {
    /// The map's name, which is the section's.
    pub map: String,
    /// All of its bytes.
    pub value: Vec<u8>,
}

/// The object with its settings and, where aya errs, with corrected definitions of maps. `data` has been checked.
pub fn prepare<'a>(data: &'a [u8], settings: &Settings<'_>) -> Result<Prepared<'a>> {
    let elf = Elf::parse(data).map_err(malformed)?;
    let readable = texts::readable(data, &elf)?;
    go_on(readable, &elf, |data, elf| relocate(data, elf, settings))
}

/// An object whose texts can be read.
fn relocate<'a>(data: &'a [u8], elf: &Elf<'a>, settings: &Settings<'_>) -> Result<Prepared<'a>> {
    let relocated = relocation::relocate(data, elf, settings.kernel, settings.types)?;
    let Some(relocated) = relocated else {
        return link(data, elf, settings);
    };
    let prepared = go_on(Cow::Owned(relocated.data), elf, |data, elf| {
        link(data, elf, settings)
    })?;
    Ok(Prepared {
        unresolved: relocated.unresolved,
        ..prepared
    })
}

/// An object without CO-RE relocations, linked with the kernel.
fn link<'a>(data: &'a [u8], elf: &Elf<'a>, settings: &Settings<'_>) -> Result<Prepared<'a>> {
    let linked = externs::link(data, elf, settings.kernel)?;
    let mut obstacles = linked.obstacles;
    obstacles.extend(check::obstacles(&linked.data)?);
    let prepared = go_on(linked.data, elf, |data, elf| {
        mend(data, elf, settings, &obstacles)
    })?;
    Ok(Prepared {
        absent: linked.absent,
        ..prepared
    })
}

/// An object in which nothing is extern, repaired.
fn mend<'a>(
    data: &'a [u8],
    elf: &Elf<'a>,
    settings: &Settings<'_>,
    obstacles: &[Obstacle],
) -> Result<Prepared<'a>> {
    let repaired = repair::repair(data, elf, obstacles)?;
    go_on(repaired.data, elf, |data, elf| {
        settle(data, elf, settings, repaired.unsupported)
    })
}

/// The next step, with the object as it is or with a copy, which is read anew.
fn go_on<'a>(
    data: Cow<'a, [u8]>,
    elf: &Elf<'a>,
    next: impl for<'b> FnOnce(&'b [u8], &Elf<'b>) -> Result<Prepared<'b>>,
) -> Result<Prepared<'a>> {
    let copy = match data {
        Cow::Borrowed(data) => return next(data, elf),
        Cow::Owned(copy) => copy,
    };
    let elf = Elf::parse(&copy).map_err(malformed)?;
    let Prepared {
        data,
        late,
        max_entries,
        maps,
        unsupported,
        absent,
        unresolved,
    } = next(&copy, &elf)?;
    let changed = match data {
        Cow::Owned(data) => Some(data),
        Cow::Borrowed(_) => None,
    };
    Ok(Prepared {
        data: Cow::Owned(changed.unwrap_or(copy)),
        late,
        max_entries,
        maps,
        unsupported,
        absent,
        unresolved,
    })
}

/// Settings and definitions of maps, in an object that needs no other repair.
fn settle<'a>(
    data: &'a [u8],
    elf: &Elf<'a>,
    settings: &Settings<'_>,
    unsupported: Vec<UnsupportedProgram>,
) -> Result<Prepared<'a>> {
    let mut prepared = Prepared {
        data: Cow::Borrowed(data),
        unsupported,
        unresolved: Vec::new(),
        late: Vec::new(),
        max_entries: Vec::new(),
        maps: MapPlan::default(),
        absent: Vec::new(),
    };
    for global in settings.globals {
        write_global(elf, global, &mut prepared)?;
    }
    let mut in_btf = Vec::new();
    for (name, entries) in settings.max_entries {
        match write_legacy_entries(elf, name, *entries, &mut prepared) {
            Some(()) => {}
            None if elf.is_btf_map(name) && *entries <= maps::MAX_NUMBER => {
                in_btf.push((name.as_str(), *entries));
            }
            None => prepared.max_entries.push((name.clone(), *entries)),
        }
    }
    let entries_of = |name: &str| {
        let last = in_btf.iter().rev().find(|(set, _)| *set == name);
        last.map(|(_, entries)| *entries)
    };
    let has_place = |name: &str| settings.pin_paths.has(name);
    let wishes = MapWishes {
        entries: &entries_of,
        untyped: settings.untyped,
        has_place: &has_place,
        page_size: settings.page_size,
    };
    prepared.maps = maps::carry(&mut prepared.data, &wishes)?;
    Ok(prepared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::tests::{MAPS, mutants, section};

    const FILTER: &[u8] = include_bytes!("../../../bpf/egress_filter.bpf.o");

    fn global(name: &str, value: &[u8]) -> Global {
        Global {
            name: name.to_owned(),
            value: value.to_vec(),
            must_exist: true,
        }
    }

    fn with_globals<'a>(data: &'a [u8], globals: &[Global]) -> Result<Prepared<'a>> {
        prepare(
            data,
            &Settings {
                globals,
                ..Settings::default()
            },
        )
    }

    fn with_entries<'a>(data: &'a [u8], name: &str, entries: u32) -> Prepared<'a> {
        let max_entries = &[(name.to_owned(), entries)];
        prepare(
            data,
            &Settings {
                max_entries,
                ..Settings::default()
            },
        )
        .unwrap()
    }

    #[test]
    fn without_anything_to_change_nothing_is_copied() {
        let prepared = with_globals(FILTER, &[]).unwrap();
        assert!(matches!(prepared.data, Cow::Borrowed(_)));
    }

    #[test]
    fn values_go_into_the_file_and_those_of_bss_behind_the_opening() {
        let prepared =
            with_globals(MAPS, &[global("step", &[7; 8]), global("total", &[9; 8])]).unwrap();
        assert_eq!(section(&prepared.data, ".data"), [7; 8]);
        assert_eq!(prepared.data.len(), MAPS.len());
        let [late] = prepared.late.as_slice() else {
            panic!("one late value was expected");
        };
        assert_eq!(late.map, ".bss");
        assert!(late.value.windows(8).any(|bytes| bytes == [9; 8]));
    }

    #[test]
    fn unknown_variables_and_wrong_sizes_are_refused() {
        let refusal = |globals: &[Global]| with_globals(FILTER, globals).err().unwrap();
        let error = refusal(&[global("denied", &[0; 2])]);
        assert_eq!(error.kind, Kind::NotFound);
        assert!(error.message.ends_with("It has: denied_port"), "{error:?}");
        let error = refusal(&[global("denied_port", &[0; 9])]);
        assert_eq!(error.kind, Kind::OutOfRange);
    }

    #[test]
    fn entries_go_into_the_definition_or_to_the_loader() {
        let prepared = with_entries(MAPS, "hash", 3);
        assert!(prepared.max_entries.is_empty());
        assert!(prepared.data.len() > MAPS.len());
        for (name, entries) in [(".data", 3), ("hash", 1 << 30)] {
            let prepared = with_entries(MAPS, name, entries);
            assert_eq!(prepared.max_entries, [(name.to_owned(), entries)]);
        }
    }

    #[test]
    fn hostile_objects_are_refused_or_survived() {
        let globals = &[global("step", &[7; 8]), global("total", &[9; 8])];
        let max_entries = &[(String::from("hash"), 3)];
        let settings = &Settings {
            globals,
            max_entries,
            ..Settings::default()
        };
        for mutant in mutants(MAPS, 20_000) {
            if crate::check(&mutant).is_ok()
                && let Ok(prepared) = prepare(&mutant, settings)
            {
                assert!(prepared.data.len() < 100 * MAPS.len());
            }
        }
    }
}
