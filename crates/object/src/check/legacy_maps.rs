//! Definitions in legacy `maps` sections (`struct bpf_map_def`): what aya would read as something else.

use object::read::elf::Sym as _;

use super::file::{ENDIAN, File};
use crate::{error::Result, to_usize};

/// Type, sizes of key and value, entries, flags, id, pinning: what aya reads.
const DEFINITION: usize = 28;

/// Where `pinning` begins, which aya reads as an enum of 0 and 1: another number is undefined behaviour.
const PINNING: usize = 24;

pub(super) fn check(file: &File<'_>) -> Result<()> {
    for (number, symbol) in file.numbered_symbols() {
        let Some(section) = file.section_of(number, symbol) else {
            continue;
        };
        if !section.name.starts_with("maps") {
            continue;
        }
        let name = file.symbol_name(symbol);
        let (start, size) = (symbol.st_value(ENDIAN), symbol.st_size(ENDIAN));
        let definition = section
            .data
            .get(to_usize(start)..to_usize(start.saturating_add(size)))
            .unwrap_or_default();
        let (known, more) = definition.split_at(DEFINITION.min(definition.len()));
        let pinning = known.get(PINNING..).unwrap_or_default();
        let (first, rest) = pinning.split_first().unwrap_or((&0, &[]));
        if *first > 1 || rest.iter().any(|byte| *byte != 0) {
            return Err(section.refuse(
                start.saturating_add(PINNING as u64),
                format!(
                    "map \"{name}\" has pinning {pinning:?}; only 0 (none) and 1 (by name) exist"
                ),
            ));
        }
        if let Some(at) = more.iter().position(|byte| *byte != 0) {
            return Err(section.refuse(
                start.saturating_add((DEFINITION + at) as u64),
                format!(
                    "map \"{name}\" has a definition of {size} bytes, of which only the first {DEFINITION} are known, and the others are not 0"
                ),
            ));
        }
    }
    Ok(())
}
