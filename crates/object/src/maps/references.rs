//! Which map an instruction means. That of a `static` map is named by its section and a place in it, where aya takes any
//! map of the section: such a relocation gets the symbol of the map.

use object::{
    SectionIndex,
    elf::STT_SECTION,
    read::elf::{SectionHeader as _, Sym as _},
};

use crate::{
    error::{Error, Kind, Result, malformed},
    symbols::{Elf, NamedPlace},
};

/// `Elf64_Rel`: offset, and type and symbol.
const RELOCATION_BYTES: usize = 16;

/// Bytes to be written at places of the file.
pub(super) type Edits = Vec<(usize, Vec<u8>)>;

/// What has to be written into the object for every reference to name its map.
pub(super) fn named(elf: &Elf<'_>, data: &[u8]) -> Result<Edits> {
    let mut edits = Edits::new();
    let mut places = None;
    for relocations in elf.sections.iter() {
        let Some((entries, _)) = relocations.rel(elf.endian, data).map_err(malformed)? else {
            continue;
        };
        let Some(code) = code(elf, relocations.info_link(elf.endian)) else {
            continue;
        };
        for (index, entry) in entries.iter().enumerate() {
            let symbol = object::SymbolIndex(entry.r_sym(elf.endian) as usize);
            let Some(section) = section_of_maps(elf, symbol) else {
                continue;
            };
            let places = places.get_or_insert_with(|| sorted(elf));
            let offset = entry.r_offset.get(elf.endian);
            let start = code
                .checked_add(offset)
                .and_then(|start| start.checked_add(4))
                .and_then(|start| usize::try_from(start).ok());
            let added = start.and_then(|start| data.get(start..start.checked_add(4)?));
            let (Some(start), Some(added)) = (start, added) else {
                return Err(refuse(offset));
            };
            let added = added.try_into().map_or(0, u32::from_ne_bytes);
            let wanted = (section, false, u64::from(added));
            let found = places
                .binary_search_by_key(&wanted, |one| (one.section, one.is_function, one.value));
            let symbol = found
                .ok()
                .and_then(|found| places.get(found))
                .map(|one| one.symbol);
            let symbol = symbol.and_then(|symbol| u64::try_from(symbol).ok());
            let symbol = symbol.ok_or_else(|| refuse(offset))?;
            let info = symbol << 32 | u64::from(entry.r_type(elf.endian));
            let head = relocations.sh_offset(elf.endian);
            let place = usize::try_from(head)
                .ok()
                .and_then(|head| head.checked_add(index * RELOCATION_BYTES + 8));
            edits.push((
                place.ok_or_else(|| refuse(offset))?,
                info.to_ne_bytes().to_vec(),
            ));
            edits.push((start, vec![0; 4]));
        }
    }
    Ok(edits)
}

/// Where a section of instructions lies in the file.
fn code(elf: &Elf<'_>, section: SectionIndex) -> Option<u64> {
    let section = elf.sections.section(section).ok()?;
    let is_code = section.sh_flags(elf.endian) & u64::from(object::elf::SHF_EXECINSTR) != 0;
    is_code.then(|| section.sh_offset(elf.endian))
}

/// The section of maps that this symbol is the symbol of.
fn section_of_maps(elf: &Elf<'_>, symbol: object::SymbolIndex) -> Option<usize> {
    let symbol = elf.symbols.symbol(symbol).ok()?;
    if symbol.st_type() != STT_SECTION {
        return None;
    }
    let number = symbol.st_shndx(elf.endian).into();
    let name = elf.section_name(number)?;
    (name == ".maps" || name.starts_with("maps")).then_some(number)
}

fn sorted<'a>(elf: &Elf<'a>) -> Vec<NamedPlace<'a>> {
    let mut places: Vec<_> = elf.named_places().collect();
    places.sort_unstable();
    places
}

fn refuse(offset: u64) -> Error {
    let mut error = Error::new(
        Kind::Parse,
        "an instruction refers to a section of maps where no map is",
    );
    error.offset = Some(offset);
    error
}
