//! A copy of an object in the making: headers, symbols and relocations changed in place, contents and names added behind.

use object::{
    Endianness,
    elf::{Rel64, Rela64, SHT_RELA, SectionHeader64, Sym64},
    read::elf::{FileHeader as _, SectionHeader as _},
};

use super::references::At;
use crate::{
    error::{Error, Result, malformed},
    symbols::Elf,
    to_usize,
};

/// Where fields lie in a section's header (`Elf64_Shdr`).
pub(super) mod header {
    pub(crate) const NAME: usize = 0;
    pub(crate) const FLAGS: usize = 8;
    pub(crate) const OFFSET: usize = 24;
    pub(crate) const SIZE: usize = 32;
    pub(crate) const INFO: usize = 44;
}

/// Where fields lie in a symbol (`Elf64_Sym`).
pub(super) mod symbol {
    pub(crate) const INFO: usize = 4;
    pub(crate) const SECTION: usize = 6;
    pub(crate) const VALUE: usize = 8;
    pub(crate) const SIZE: usize = 16;
}

/// Where the machine lies in the file's header (`Elf64_Ehdr`).
const MACHINE: usize = 18;

const SYMBOL: usize = size_of::<Sym64<Endianness>>();

/// An offset that no instruction has.
const NOWHERE: u64 = u64::MAX - 7;

/// The copy.
pub(super) struct Copy<'a> {
    elf: &'a Elf<'a>,
    pub(super) data: Vec<u8>,
    /// All names of sections, with those that were added.
    names: Vec<u8>,
    has_new_names: bool,
    new_symbols: Vec<u8>,
}

impl<'a> Copy<'a> {
    pub(super) fn of(data: &[u8], elf: &'a Elf<'a>) -> Result<Self> {
        let mut copy = Self {
            elf,
            data: data.to_vec(),
            names: Vec::new(),
            has_new_names: false,
            new_symbols: Vec::new(),
        };
        copy.names = copy.contents(copy.names_section()?)?.to_vec();
        Ok(copy)
    }

    /// The contents of a section, with what has been changed in place.
    pub(super) fn contents(&self, section: usize) -> Result<&[u8]> {
        let header = self.header(section)?;
        let (offset, size) = header.file_range(self.elf.endian).unwrap_or_default();
        let start = to_usize(offset);
        let end = start.checked_add(to_usize(size));
        end.and_then(|end| self.data.get(start..end))
            .ok_or_else(truncated)
    }

    /// Puts new contents behind everything else.
    pub(super) fn replace(&mut self, section: usize, contents: &[u8]) -> Result<()> {
        self.data.resize(self.data.len().next_multiple_of(8), 0);
        let offset = self.data.len() as u64;
        self.data.extend_from_slice(contents);
        self.set_header(section, header::OFFSET, &offset.to_ne_bytes())?;
        self.set_header(
            section,
            header::SIZE,
            &(contents.len() as u64).to_ne_bytes(),
        )
    }

    pub(super) fn set_header(&mut self, section: usize, field: usize, value: &[u8]) -> Result<()> {
        let headers = to_usize(self.elf.header.e_shoff(self.elf.endian));
        let start = section
            .checked_mul(size_of::<SectionHeader64<Endianness>>())
            .and_then(|offset| offset.checked_add(field)?.checked_add(headers));
        self.put(start, value)
    }

    pub(super) fn set_symbol(&mut self, number: usize, field: usize, value: &[u8]) -> Result<()> {
        let header = self.header(self.elf.symbols.section().0)?;
        let symbols = to_usize(header.sh_offset(self.elf.endian));
        let start = number
            .checked_mul(SYMBOL)
            .and_then(|offset| offset.checked_add(field)?.checked_add(symbols));
        self.put(start, value)
    }

    /// Adds a symbol without a name.
    pub(super) fn add_symbol(&mut self, info: u8, section: u16, value: u64, size: u64) {
        self.new_symbols.extend([0, 0, 0, 0, info, 0]);
        self.new_symbols.extend(section.to_ne_bytes());
        self.new_symbols.extend(value.to_ne_bytes());
        self.new_symbols.extend(size.to_ne_bytes());
    }

    pub(super) fn rename(&mut self, section: usize, name: &str) -> Result<()> {
        let offset = u32::try_from(self.names.len()).map_err(|_error| truncated())?;
        self.names.extend(name.bytes());
        self.names.push(0);
        self.has_new_names = true;
        self.set_header(section, header::NAME, &offset.to_ne_bytes())
    }

    /// Has a relocation apply to no instruction.
    pub(super) fn remove_relocation(&mut self, at: At) -> Result<()> {
        let start = self.relocation(at)?;
        self.put(start, &NOWHERE.to_ne_bytes())
    }

    /// Has a relocation mean another symbol.
    pub(super) fn redirect(&mut self, at: At, symbol: usize) -> Result<()> {
        // The upper half of `r_info`, behind `r_offset`.
        let half = if cfg!(target_endian = "little") {
            12
        } else {
            8
        };
        let symbol = u32::try_from(symbol).map_err(|_error| truncated())?;
        let start = self
            .relocation(at)?
            .and_then(|start| start.checked_add(half));
        self.put(start, &symbol.to_ne_bytes())
    }

    /// Gives a relocation another kind.
    pub(super) fn set_kind(&mut self, at: At, kind: u32) -> Result<()> {
        // The lower half of `r_info`.
        let half = if cfg!(target_endian = "little") {
            8
        } else {
            12
        };
        let start = self
            .relocation(at)?
            .and_then(|start| start.checked_add(half));
        self.put(start, &kind.to_ne_bytes())
    }

    /// Says which machine the object is for.
    pub(super) fn set_machine(&mut self, machine: u16) -> Result<()> {
        self.put(Some(MACHINE), &machine.to_ne_bytes())
    }

    /// The whole of it.
    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        if self.has_new_names {
            let names = std::mem::take(&mut self.names);
            self.replace(self.names_section()?, &names)?;
        }
        if !self.new_symbols.is_empty() {
            let section = self.elf.symbols.section().0;
            let mut symbols = self.contents(section)?.to_vec();
            symbols.append(&mut self.new_symbols);
            self.replace(section, &symbols)?;
        }
        Ok(self.data)
    }

    fn names_section(&self) -> Result<usize> {
        let (elf, data) = (self.elf, self.data.as_slice());
        let index = elf.header.shstrndx(elf.endian, data).map_err(malformed)?;
        Ok(index as usize)
    }

    fn relocation(&self, at: At) -> Result<Option<usize>> {
        let header = self.header(at.section)?;
        let size = if header.sh_type(self.elf.endian) == SHT_RELA {
            size_of::<Rela64<Endianness>>()
        } else {
            size_of::<Rel64<Endianness>>()
        };
        let offset = at.number.checked_mul(size);
        Ok(offset
            .and_then(|offset| offset.checked_add(to_usize(header.sh_offset(self.elf.endian)))))
    }

    fn header(&self, section: usize) -> Result<&'a SectionHeader64<Endianness>> {
        let index = object::SectionIndex(section);
        self.elf.sections.section(index).map_err(malformed)
    }

    fn put(&mut self, start: Option<usize>, value: &[u8]) -> Result<()> {
        let range = start.and_then(|start| Some(start..start.checked_add(value.len())?));
        let bytes = range.and_then(|range| self.data.get_mut(range));
        bytes.ok_or_else(truncated)?.copy_from_slice(value);
        Ok(())
    }
}

fn truncated() -> Error {
    malformed("a table ends after the end of the file")
}
