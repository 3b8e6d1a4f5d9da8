//! Symbols: their names, the sections that they are in, and that they lie there.

use object::{
    elf::{SHN_LORESERVE, SHN_XINDEX, STT_FUNC, STT_GNU_IFUNC},
    read::elf::Sym as _,
};

use super::{
    file::{ENDIAN, File},
    relocations::INSTRUCTION,
};
use crate::error::{Error, Kind, Result};

/// `sizeof(Elf64_Sym)`
const SYMBOL: usize = 24;

pub(super) fn check(file: &File<'_>) -> Result<()> {
    let table = file.symbols.section().0;
    let table = file.sections.get(table).map_or("", |section| section.name);
    for (number, symbol) in file.numbered_symbols() {
        let refuse =
            |reason: String| Error::in_section(Kind::Parse, table, number * SYMBOL, reason);
        let name = symbol.name(ENDIAN, file.symbols.strings()).ok();
        let Some(name) = name.and_then(|name| str::from_utf8(name).ok()) else {
            let start = symbol.st_name(ENDIAN);
            return Err(refuse(format!(
                "symbol {number} has no readable name: it begins at byte {start} of the names"
            )));
        };
        let index = symbol.st_shndx(ENDIAN);
        let Some(section) = file.section_of(number, symbol) else {
            if index == 0 || (index >= SHN_LORESERVE && index != SHN_XINDEX) {
                continue;
            }
            let count = file.sections.len();
            return Err(refuse(format!(
                "symbol {number} (\"{name}\") is in section {index}; the object has {count}"
            )));
        };
        let (start, size) = (symbol.st_value(ENDIAN), symbol.st_size(ENDIAN));
        if start
            .checked_add(size)
            .is_none_or(|end| end > section.size())
        {
            return Err(section.refuse(
                start,
                format!(
                    "symbol \"{name}\" ends outside of it: {size} bytes from there, where the section has {}",
                    section.size()
                ),
            ));
        }
        let is_function = matches!(symbol.st_type(), STT_FUNC | STT_GNU_IFUNC);
        if is_function && section.has_code() && (start | size) % INSTRUCTION as u64 != 0 {
            return Err(section.refuse(
                start,
                format!("function \"{name}\" of {size} bytes does not consist of whole instructions of 8 bytes"),
            ));
        }
    }
    Ok(())
}
