//! A copy of an object with settings written into it.

use std::borrow::Cow;

use object::{
    Endianness, SectionIndex,
    elf::{SHT_NOBITS, SectionHeader64},
    read::elf::SectionHeader as _,
};

use super::{
    check,
    externs::{self, Kernel},
    maps::{self, MapPlan, MapWishes, PinPaths, Untyped},
    symbols::Elf,
    texts,
};
use crate::{
    error::{Error, Kind, Result, malformed},
    repair::{self, Obstacle, UnsupportedProgram},
    to_usize,
};

/// Where `max_entries` lies in a map definition of a legacy `maps` section.
const MAX_ENTRIES_OFFSET: u64 = 12;

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
    /// Whether it may pin maps by itself: its definitions speak of it, or it has legacy ones.
    pub may_pin: bool,
    /// What aya cannot be told about its maps.
    pub maps: MapPlan,
    /// Programs that aya will not list: they are listed beside its own, and cannot be loaded.
    pub unsupported: Vec<UnsupportedProgram>,
    /// Weak functions that the kernel does not have, by the numbers of the helpers that are called in their place.
    pub absent: Vec<(u32, String)>,
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
    go_on(readable, &elf, |data, elf| link(data, elf, settings))
}

/// An object whose texts can be read.
fn link<'a>(data: &'a [u8], elf: &Elf<'a>, settings: &Settings<'_>) -> Result<Prepared<'a>> {
    let mut linked = externs::link(data, elf, settings.kernel)?;
    linked.obstacles.extend(check::obstacles(&linked.data)?);
    let prepared = go_on(linked.data, elf, |data, elf| {
        mend(data, elf, settings, &linked.obstacles)
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
        may_pin,
        maps,
        unsupported,
        absent,
    } = next(&copy, &elf)?;
    let changed = match data {
        Cow::Owned(data) => Some(data),
        Cow::Borrowed(_) => None,
    };
    Ok(Prepared {
        data: Cow::Owned(changed.unwrap_or(copy)),
        late,
        max_entries,
        may_pin,
        maps,
        unsupported,
        absent,
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
        late: Vec::new(),
        max_entries: Vec::new(),
        may_pin: elf.has_legacy_maps(),
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
    prepared.may_pin |= prepared.maps.pins;
    Ok(prepared)
}

fn write_global(elf: &Elf<'_>, global: &Global, prepared: &mut Prepared<'_>) -> Result<()> {
    let name = &global.name;
    let Some(place) = elf.variable(name) else {
        if !global.must_exist {
            return Ok(());
        }
        let names = elf.variable_names().join(", ");
        return Err(Error::new(
            Kind::NotFound,
            format!("the object has no global variable \"{name}\". It has: {names}"),
        ));
    };
    let wrong_size = || {
        let (size, given) = (place.size, global.value.len());
        Error::new(
            Kind::OutOfRange,
            format!(
                "The value of global \"{name}\" must be {size} bytes large. Received {given} bytes"
            ),
        )
    };
    let end = place.value.checked_add(place.size);
    let fits = end.is_some_and(|end| end <= place.section.sh_size(elf.endian));
    if place.size != global.value.len() as u64 || !fits {
        return Err(wrong_size());
    }
    let (bytes, start) = if place.section.sh_type(elf.endian) == SHT_NOBITS {
        // Its size has been checked.
        let size = to_usize(place.section.sh_size(elf.endian));
        (late_value(prepared, place.section_name, size), place.value)
    } else {
        let start = place.section.sh_offset(elf.endian);
        let bytes: &mut [u8] = prepared.data.to_mut();
        (bytes, start.saturating_add(place.value))
    };
    let range = to_usize(start)..to_usize(start.saturating_add(place.size));
    bytes
        .get_mut(range)
        .ok_or_else(wrong_size)?
        .copy_from_slice(&global.value);
    Ok(())
}

fn late_value<'a>(prepared: &'a mut Prepared<'_>, map: &str, size: usize) -> &'a mut [u8] {
    let known = prepared.late.iter().position(|late| late.map == map);
    let index = known.unwrap_or_else(|| {
        prepared.late.push(LateValue {
            map: map.to_owned(),
            value: vec![0; size],
        });
        prepared.late.len() - 1
    });
    prepared
        .late
        .get_mut(index)
        .map_or(&mut [], |late| late.value.as_mut_slice())
}

/// `None` when there is no such map with a definition in a legacy section.
fn write_legacy_entries(
    elf: &Elf<'_>,
    name: &str,
    entries: u32,
    prepared: &mut Prepared<'_>,
) -> Option<()> {
    let place = elf.find(name, |section| section.starts_with("maps"))?;
    let start = place
        .section
        .sh_offset(elf.endian)
        .checked_add(place.value)?
        .checked_add(MAX_ENTRIES_OFFSET)?;
    if place.size < MAX_ENTRIES_OFFSET + 4 {
        return None;
    }
    let range = to_usize(start)..to_usize(start.checked_add(4)?);
    let bytes = prepared.data.to_mut().get_mut(range)?;
    bytes.copy_from_slice(&entries.to_ne_bytes());
    Some(())
}

/// Appends the new contents of a section, and has its header point to them.
pub(super) fn replace_section(
    elf: &Elf<'_>,
    index: SectionIndex,
    contents: &[u8],
    data: &mut Vec<u8>,
) -> Result<()> {
    data.resize(data.len().next_multiple_of(8), 0);
    let (offset, size) = (data.len() as u64, contents.len() as u64);
    data.extend_from_slice(contents);
    let header = to_usize(elf.header.e_shoff.get(elf.endian)).saturating_add(
        index
            .0
            .saturating_mul(size_of::<SectionHeader64<Endianness>>()),
    );
    let (offset_at, size_at) = (header.saturating_add(24), header.saturating_add(32));
    for (at, value) in [(offset_at, offset), (size_at, size)] {
        data.get_mut(at..at.saturating_add(8))
            .ok_or_else(|| Error::new(Kind::Parse, "the ELF file is malformed: no section header"))?
            .copy_from_slice(&value.to_ne_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
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
