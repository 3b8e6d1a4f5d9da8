//! Sections and symbols of an object: where variables and definitions of maps lie.

use object::{
    Endianness, SectionIndex,
    elf::{FileHeader64, SHT_SYMTAB, STB_GLOBAL, STT_FUNC, STT_OBJECT, SectionHeader64, Sym64},
    read::elf::{FileHeader as _, SectionTable, Sym as _, SymbolTable},
};

use crate::{
    error::{Error, Kind, Result},
    to_usize,
};

/// Where a variable or definition lies.
pub(super) struct Place<'a> {
    pub(super) section: &'a SectionHeader64<Endianness>,
    pub(super) section_name: &'a str,
    pub(super) value: u64,
    pub(super) size: u64,
}

/// An object, with its sections and symbols at hand.
pub(super) struct Elf<'a> {
    pub(super) header: &'a FileHeader64<Endianness>,
    pub(super) endian: Endianness,
    pub(super) sections: SectionTable<'a, FileHeader64<Endianness>>,
    pub(super) symbols: SymbolTable<'a, FileHeader64<Endianness>>,
}

/// A map, a variable or a function, in the order in which they lie in the object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NamedPlace<'a> {
    /// The number of its section.
    pub(super) section: usize,
    pub(super) is_function: bool,
    pub(super) value: u64,
    pub(super) size: u64,
    pub(super) name: &'a str,
    /// Its number among the symbols.
    pub(super) symbol: usize,
}

impl<'a> Elf<'a> {
    pub(super) fn parse(data: &'a [u8]) -> object::Result<Self> {
        let header = FileHeader64::<Endianness>::parse(data)?;
        let endian = header.endian()?;
        let sections = header.sections(endian, data)?;
        let symbols = sections.symbols(endian, data, SHT_SYMTAB)?;
        Ok(Self {
            header,
            endian,
            sections,
            symbols,
        })
    }

    pub(super) fn section(
        &self,
        name: &[u8],
    ) -> Option<(SectionIndex, &'a SectionHeader64<Endianness>)> {
        self.sections.section_by_name(self.endian, name)
    }

    pub(super) fn variable(&self, name: &str) -> Option<Place<'a>> {
        self.find(name, is_data)
    }

    pub(super) fn variable_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .objects()
            .filter(|(_, place, _)| is_data(place.section_name))
            .map(|(name, ..)| name.to_owned())
            .collect();
        names.sort();
        names
    }

    /// The name of the section of a number.
    pub(super) fn section_name(&self, number: usize) -> Option<&'a str> {
        let section = self.sections.section(SectionIndex(number)).ok()?;
        let name = self.sections.section_name(self.endian, section).ok()?;
        std::str::from_utf8(name).ok()
    }

    pub(super) fn symbol_name(&self, symbol: &Sym64<Endianness>) -> Option<&'a str> {
        let name = symbol.name(self.endian, self.symbols.strings()).ok()?;
        std::str::from_utf8(name).ok()
    }

    pub(super) fn named_places(&self) -> impl Iterator<Item = NamedPlace<'a>> + '_ {
        self.symbols.enumerate().filter_map(move |(index, symbol)| {
            if !matches!(symbol.st_type(), STT_OBJECT | STT_FUNC) {
                return None;
            }
            Some(NamedPlace {
                section: symbol.st_shndx(self.endian).into(),
                is_function: symbol.st_type() == STT_FUNC,
                value: symbol.st_value(self.endian),
                size: symbol.st_size(self.endian),
                name: self.symbol_name(symbol).filter(|name| !name.is_empty())?,
                symbol: index.0,
            })
        })
    }

    pub(super) fn has_legacy_maps(&self) -> bool {
        self.sections.iter().any(|section| {
            let name = self.sections.section_name(self.endian, section);
            name.is_ok_and(|name| name.starts_with(b"maps"))
        })
    }

    pub(super) fn is_btf_map(&self, name: &str) -> bool {
        self.find(name, |section| section == ".maps").is_some()
    }

    /// What is visible everywhere goes before what is `static`: there may be several of those.
    pub(super) fn find(&self, name: &str, is_there: impl Fn(&str) -> bool) -> Option<Place<'a>> {
        self.objects()
            .filter(|(known, place, _)| *known == name && is_there(place.section_name))
            .max_by_key(|(.., is_global)| *is_global)
            .map(|(_, place, _)| place)
    }

    fn objects(&self) -> impl Iterator<Item = (&'a str, Place<'a>, bool)> + '_ {
        self.symbols.iter().filter_map(move |symbol| {
            if symbol.st_type() != STT_OBJECT {
                return None;
            }
            let index = SectionIndex(symbol.st_shndx(self.endian).into());
            let place = Place {
                section: self.sections.section(index).ok()?,
                section_name: self.section_name(index.0)?,
                value: symbol.st_value(self.endian),
                size: symbol.st_size(self.endian),
            };
            let name = self.symbol_name(symbol)?;
            Some((name, place, symbol.st_bind() == STB_GLOBAL))
        })
    }
}

fn is_data(section: &str) -> bool {
    [".data", ".bss", ".rodata"]
        .iter()
        .any(|prefix| section.starts_with(prefix))
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
