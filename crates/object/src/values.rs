//! Settings that are bytes: initial values of global variables, and sizes of maps in old layouts.

use object::{elf::SHT_NOBITS, read::elf::SectionHeader as _};

use crate::{
    error::{Error, Kind, Result},
    patch::{Global, LateValue, Prepared},
    symbols::Elf,
    to_usize,
};

/// Where `max_entries` lies in a map definition of a legacy `maps` section.
const MAX_ENTRIES_OFFSET: u64 = 12;

/// A new initial value; where the file has no bytes for it, behind the opening.
pub(super) fn write_global(
    elf: &Elf<'_>,
    global: &Global,
    prepared: &mut Prepared<'_>,
) -> Result<()> {
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
pub(super) fn write_legacy_entries(
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
