//! What maps hold from the start: `.values = { [2] = &inner }`, relocations in the section `.maps`.

use std::collections::BTreeMap;

use object::{
    SectionIndex, SymbolIndex,
    elf::{STT_FUNC, STT_SECTION},
    read::elf::{SectionHeader as _, Sym as _},
};

use super::{
    definition::{Definition, Holds},
    malformed,
};
use crate::{
    error::{Error, Kind, Result},
    symbols::{Elf, NamedPlace},
};

/// Each slot is a pointer of eBPF.
const SLOT_BYTES: u64 = 8;

/// Far beyond what anybody writes down: what an object may make this module do.
const MAX_SLOTS: usize = 1 << 16;

/// An element that a map has from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The map's name.
    pub map: String,
    /// Its key.
    pub index: u32,
    /// What it holds there.
    pub held: Held,
}

/// What a map can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Another map of the object, by name.
    Map(String),
    /// A program of the object, by name.
    Program(String),
}

/// The elements that the maps with these definitions have from the start.
pub(super) fn read(
    elf: &Elf<'_>,
    data: &[u8],
    definitions: &[(String, Definition)],
) -> Result<Vec<Slot>> {
    let mut slots = Vec::new();
    if definitions.iter().all(|(_, one)| one.values.is_none()) {
        return Ok(slots);
    }
    let Some((maps, section)) = elf.section(b".maps") else {
        return Ok(slots);
    };
    let mut names: Vec<_> = elf.named_places().collect();
    names.sort_unstable();
    let reader = Reader {
        elf,
        maps,
        contents: section.data(elf.endian, data).map_err(malformed)?,
        definitions: definitions
            .iter()
            .map(|(name, one)| (name.as_str(), one))
            .collect(),
        names,
    };
    for relocations in elf.sections.iter() {
        let Some((entries, _)) = relocations.rel(elf.endian, data).map_err(malformed)? else {
            continue;
        };
        if relocations.info_link(elf.endian) != maps {
            continue;
        }
        for entry in entries {
            if slots.len() >= MAX_SLOTS {
                let reason = format!("maps hold more than {MAX_SLOTS} elements from the start");
                return Err(refuse(0, reason));
            }
            let symbol = SymbolIndex(entry.r_sym(elf.endian) as usize);
            slots.push(reader.slot(entry.r_offset.get(elf.endian), symbol)?);
        }
    }
    Ok(slots)
}

struct Reader<'a> {
    elf: &'a Elf<'a>,
    maps: SectionIndex,
    contents: &'a [u8],
    definitions: BTreeMap<&'a str, &'a Definition>,
    /// Sorted: an object may have many of them, and as many slots.
    names: Vec<NamedPlace<'a>>,
}

impl Reader<'_> {
    fn slot(&self, offset: u64, symbol: SymbolIndex) -> Result<Slot> {
        let (map, start) = self
            .name_before(self.maps, offset, false)
            .ok_or_else(|| refuse(offset, "the value of no map lies here"))?;
        let values = self
            .definitions
            .get(map)
            .and_then(|definition| definition.values.as_ref())
            .ok_or_else(|| refuse(offset, format!("map \"{map}\" has no values")))?;
        let place = offset
            .checked_sub(start)
            .and_then(|place| place.checked_sub(values.offset.into()))
            .filter(|place| place % SLOT_BYTES == 0)
            .and_then(|place| u32::try_from(place / SLOT_BYTES).ok())
            .ok_or_else(|| refuse(offset, format!("no slot of map \"{map}\" lies here")))?;
        let held = match values.holds {
            Holds::Maps(..) => self.held_map(offset, symbol),
            Holds::Programs => self.held_program(offset, symbol),
        };
        let held = held.ok_or_else(|| {
            refuse(
                offset,
                format!("slot {place} of map \"{map}\" refers to nothing that it can hold"),
            )
        })?;
        Ok(Slot {
            map: map.to_owned(),
            index: place,
            held,
        })
    }

    fn held_map(&self, offset: u64, symbol: SymbolIndex) -> Option<Held> {
        let (section, place, _) = self.target(offset, symbol)?;
        if section != self.maps {
            return None;
        }
        let (name, start) = self.name_before(section, place, false)?;
        (start == place).then(|| Held::Map(name.to_owned()))
    }

    fn held_program(&self, offset: u64, symbol: SymbolIndex) -> Option<Held> {
        let (section, place, name) = self.target(offset, symbol)?;
        if let Some(name) = name {
            return Some(Held::Program(name.to_owned()));
        }
        let (name, start) = self.name_before(section, place, true)?;
        (start == place).then(|| Held::Program(name.to_owned()))
    }

    /// Where a relocation leads to: a section and a place in it; and the name of a function.
    fn target(&self, offset: u64, index: SymbolIndex) -> Option<(SectionIndex, u64, Option<&str>)> {
        let symbol = self.elf.symbols.symbol(index).ok()?;
        let section = SectionIndex(symbol.st_shndx(self.elf.endian).into());
        if section.0 == 0 {
            return None;
        }
        let mut place = symbol.st_value(self.elf.endian);
        let mut name = None;
        match symbol.st_type() {
            // `static` things have no symbol of their own here: what is added to their section's stands in its place.
            STT_SECTION => place = place.checked_add(self.added(offset)?)?,
            STT_FUNC => name = self.elf.symbol_name(symbol),
            _ => {}
        }
        Some((section, place, name))
    }

    fn added(&self, offset: u64) -> Option<u64> {
        let start = usize::try_from(offset).ok()?;
        let bytes = self.contents.get(start..start.checked_add(8)?)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// The last map or function of a section that does not begin behind `place`.
    fn name_before(
        &self,
        section: SectionIndex,
        place: u64,
        is_function: bool,
    ) -> Option<(&str, u64)> {
        let end = self.names.partition_point(|one| {
            (one.section, one.is_function, one.value) <= (section.0, is_function, place)
        });
        let found = self.names.get(end.checked_sub(1)?)?;
        ((found.section, found.is_function) == (section.0, is_function))
            .then_some((found.name, found.value))
    }
}

fn refuse(offset: u64, reason: impl Into<String>) -> Error {
    let mut error = Error::new(Kind::Parse, reason);
    error.section = Some(String::from(".maps"));
    error.offset = Some(offset);
    error
}
