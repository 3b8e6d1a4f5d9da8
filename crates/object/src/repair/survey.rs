//! What an object holds: its code by section, and the functions in it, complete even where their symbols are not.

use std::ops::Range;

use object::{
    Endianness,
    elf::{
        SHF_EXECINSTR, SHN_LORESERVE, SHT_PROGBITS, SHT_REL, SHT_RELA, STT_FUNC, STT_GNU_IFUNC,
        STT_NOTYPE, STT_SECTION, SectionHeader64, Sym64,
    },
    read::elf::{SectionHeader as _, Sym as _},
};

use super::sections::{self, Role};
use crate::{
    error::{Error, Kind, Result, malformed},
    symbols::Elf,
};

/// What a section is to aya.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Code: its number in [`Survey::codes`].
    Code(usize),
    /// Definitions of maps, in `maps` (legacy) or `.maps`.
    Maps { legacy: bool },
    /// Global variables.
    Data,
    /// Nothing that an instruction may refer to.
    Other,
}

/// A section with instructions.
pub(super) struct Code<'a> {
    pub(super) section: usize,
    pub(super) name: &'a str,
    pub(super) role: Role,
    pub(super) bytes: &'a [u8],
    /// The sections with its relocations.
    pub(super) relocations: Vec<usize>,
    /// Its functions, in [`Survey::functions`].
    pub(super) functions: Range<usize>,
}

/// A function.
pub(super) struct Function<'a> {
    pub(super) symbol: usize,
    pub(super) name: &'a str,
    pub(super) code: usize,
    pub(super) start: u64,
    pub(super) end: u64,
    /// Whether its symbol says that it is one, and how large.
    pub(super) is_complete: bool,
}

/// A symbol in a section with definitions of maps.
pub(super) struct MapSymbol {
    pub(super) symbol: usize,
    pub(super) section: usize,
    pub(super) is_legacy: bool,
    /// Whether it is a map's, and not the section's.
    pub(super) is_map: bool,
    pub(super) start: u64,
    pub(super) is_complete: bool,
}

/// The whole of it.
pub(super) struct Survey<'a> {
    pub(super) elf: &'a Elf<'a>,
    pub(super) data: &'a [u8],
    /// By number of section.
    pub(super) places: Vec<Place>,
    pub(super) codes: Vec<Code<'a>>,
    /// By section and place.
    pub(super) functions: Vec<Function<'a>>,
    /// By section and place.
    pub(super) maps: Vec<MapSymbol>,
}

impl<'a> Survey<'a> {
    pub(super) fn of(data: &'a [u8], elf: &'a Elf<'a>) -> Result<Self> {
        let mut survey = Self {
            elf,
            data,
            places: Vec::with_capacity(elf.sections.len()),
            codes: Vec::new(),
            functions: Vec::new(),
            maps: Vec::new(),
        };
        survey.read_sections()?;
        survey.read_symbols()?;
        survey.complete()?;
        Ok(survey)
    }

    pub(super) fn header(&self, section: usize) -> Result<&'a SectionHeader64<Endianness>> {
        let index = object::SectionIndex(section);
        self.elf.sections.section(index).map_err(malformed)
    }

    /// The place of a symbol's section; `None` for symbols of none.
    pub(super) fn place_of(&self, symbol: &Sym64<Endianness>) -> Option<(usize, Place)> {
        let section = symbol.st_shndx(self.elf.endian);
        if section == 0 || section >= SHN_LORESERVE {
            return None;
        }
        let section = usize::from(section);
        Some((section, *self.places.get(section)?))
    }

    /// The function that the instruction at `offset` belongs to.
    pub(super) fn function_at(&self, code: usize, offset: u64) -> Option<usize> {
        let range = self.codes.get(code)?.functions.clone();
        let functions = self.functions.get(range.clone())?;
        let behind = functions.partition_point(|function| function.start <= offset);
        let found = behind.checked_sub(1)?;
        (functions.get(found)?.end > offset).then_some(range.start + found)
    }

    fn read_sections(&mut self) -> Result<()> {
        let (elf, data) = (self.elf, self.data);
        let mut total = 0_u64;
        for (index, header) in elf.sections.enumerate() {
            let name = elf
                .sections
                .section_name(elf.endian, header)
                .map_err(malformed)?;
            let name = readable(name, || format!("section {}", index.0))?;
            let is_code = header.sh_type(elf.endian) == SHT_PROGBITS
                && header.sh_flags(elf.endian) & u64::from(SHF_EXECINSTR) != 0
                && header.sh_size(elf.endian) > 0;
            let place = if is_code {
                let bytes = header.data(elf.endian, data).map_err(malformed)?;
                total = total.saturating_add(bytes.len() as u64);
                self.codes.push(Code {
                    section: index.0,
                    name,
                    role: sections::role(name),
                    bytes,
                    relocations: Vec::new(),
                    functions: 0..0,
                });
                Place::Code(self.codes.len() - 1)
            } else {
                place_by_name(name)
            };
            self.places.push(place);
        }
        for (index, header) in elf.sections.enumerate() {
            if matches!(header.sh_type(elf.endian), SHT_REL | SHT_RELA) {
                let of = header.sh_info(elf.endian) as usize;
                if let Some(Place::Code(code)) = self.places.get(of)
                    && let Some(code) = self.codes.get_mut(*code)
                {
                    total = total.saturating_add(header.sh_size(elf.endian));
                    code.relocations.push(index.0);
                }
            }
        }
        // Else one stretch of the file, under many headers, would make work for hours.
        if total > data.len() as u64 {
            return Err(refuse(
                "sections of code or relocations overlap in the file",
            ));
        }
        Ok(())
    }

    fn read_symbols(&mut self) -> Result<()> {
        let elf = self.elf;
        let mut untyped = Vec::new();
        for (index, symbol) in elf.symbols.enumerate().skip(1) {
            let Some((section, place)) = self.place_of(symbol) else {
                continue;
            };
            let (kind, start) = (symbol.st_type(), symbol.st_value(elf.endian));
            let size = symbol.st_size(elf.endian);
            if let Place::Maps { legacy } = place {
                self.maps.push(MapSymbol {
                    symbol: index.0,
                    section,
                    is_legacy: legacy,
                    is_map: kind != STT_SECTION && symbol.st_name(elf.endian) != 0,
                    start,
                    is_complete: !legacy || (size != 0 && kind != STT_NOTYPE),
                });
            } else if let Place::Code(code) = place
                && matches!(kind, STT_FUNC | STT_GNU_IFUNC | STT_NOTYPE)
            {
                let name = symbol
                    .name(elf.endian, elf.symbols.strings())
                    .map_err(malformed)?;
                let name = readable(name, || format!("symbol {}", index.0))?;
                let is_typed = kind != STT_NOTYPE;
                let function = Function {
                    symbol: index.0,
                    name,
                    code,
                    start,
                    end: start.saturating_add(size),
                    is_complete: is_typed && size != 0,
                };
                match name {
                    "" => {}
                    _ if is_typed => self.functions.push(function),
                    _ if is_label(name) => {}
                    _ => untyped.push(function),
                }
            }
        }
        // Where functions are marked as such, other names are labels inside of them.
        let mut has_typed = vec![false; self.codes.len()];
        for function in &self.functions {
            if let Some(has_typed) = has_typed.get_mut(function.code) {
                *has_typed = true;
            }
        }
        untyped.retain(|function| {
            let code = self.codes.get(function.code);
            has_typed.get(function.code) == Some(&false)
                && code.is_some_and(|code| function.start < code.bytes.len() as u64)
        });
        self.functions.append(&mut untyped);
        Ok(())
    }

    /// Sorts the functions, and has those without a size reach to the next one.
    fn complete(&mut self) -> Result<()> {
        self.functions
            .sort_unstable_by_key(|one| (one.code, one.start, one.symbol));
        self.maps
            .sort_unstable_by_key(|one| (one.section, one.start, one.symbol));
        let mut next: Option<(usize, u64, u64)> = None; // Section, start, and where what begins there may end.
        for function in self.functions.iter_mut().rev() {
            let size = self
                .codes
                .get(function.code)
                .map_or(0, |code| code.bytes.len() as u64);
            let limit = match next {
                Some((code, start, limit)) if code == function.code && start == function.start => {
                    limit
                }
                Some((code, start, _)) if code == function.code => start,
                _ => size,
            };
            next = Some((function.code, function.start, limit));
            if !function.is_complete && function.end <= function.start {
                function.end = limit;
            }
            if function.end > size || function.end <= function.start {
                let section = self.codes.get(function.code).map_or("", |code| code.name);
                let (name, start, end) = (function.name, function.start, function.end);
                return Err(refuse(format!(
                    "function \"{name}\" lies outside of its section \"{section}\": it goes from {start} to {end}, the section has {size} bytes"
                )));
            }
        }
        let mut start = 0;
        for (number, code) in self.codes.iter_mut().enumerate() {
            let rest = self.functions.get(start..).unwrap_or_default();
            let count = rest.partition_point(|function| function.code == number);
            code.functions = start..start + count;
            start += count;
        }
        Ok(())
    }
}

/// The sections with code, to be found by name.
pub(super) struct CodeNames<'a> {
    sorted: Vec<(&'a str, usize)>,
}

impl<'a> CodeNames<'a> {
    pub(super) fn of(survey: &Survey<'a>) -> Self {
        let names = survey.codes.iter().map(|code| code.name);
        let mut sorted: Vec<_> = names.zip(0..).collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// The first one of this name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let first = self.sorted.partition_point(|(known, _)| *known < name);
        let (known, code) = self.sorted.get(first)?;
        (*known == name).then_some(*code)
    }
}

fn place_by_name(name: &str) -> Place {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if begins(&["maps", ".maps"]) {
        Place::Maps {
            legacy: name.starts_with('m'),
        }
    } else if begins(&[".data", ".bss", ".rodata"]) {
        Place::Data
    } else {
        Place::Other
    }
}

/// Names are kept for each program, and may share their bytes in the file.
const MAX_NAME: usize = 4096;

fn readable(name: &[u8], what: impl Fn() -> String) -> Result<&str> {
    if name.len() > MAX_NAME {
        let length = name.len();
        return Err(refuse(format!(
            "the name of {} is {length} bytes long; the limit is {MAX_NAME}",
            what()
        )));
    }
    std::str::from_utf8(name)
        .map_err(|_error| refuse(format!("the name of {} is not UTF-8", what())))
}

/// A target of jumps, which LLVM gives a symbol.
fn is_label(name: &str) -> bool {
    name.starts_with("LBB") || name.starts_with(".L")
}

pub(super) fn refuse(reason: impl Into<String>) -> Error {
    Error::new(Kind::Parse, reason)
}
