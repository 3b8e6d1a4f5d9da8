//! The parts of an ELF file, each at hand: header, sections with their names and contents, symbols.

use object::{
    Endianness, FileKind, SectionIndex, SymbolIndex,
    elf::{
        EM_BPF, EM_NONE, ET_REL, FileHeader64, SHF_EXECINSTR, SHT_NOBITS, SHT_SYMTAB,
        SectionHeader64, Sym64,
    },
    read::elf::{FileHeader as _, SectionHeader as _, Sym as _, SymbolTable},
};

use super::refuse;
use crate::{
    error::{Error, Kind, Result, malformed},
    to_usize,
};

pub(super) const ENDIAN: Endianness = if cfg!(target_endian = "little") {
    Endianness::Little
} else {
    Endianness::Big
};

/// An ELF file of this machine's byte order.
pub(super) struct File<'a> {
    pub(super) sections: Vec<Section<'a>>,
    pub(super) symbols: SymbolTable<'a, FileHeader64<Endianness>>,
}

/// A section, with its place in the table.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    pub(super) index: usize,
    pub(super) name: &'a str,
    pub(super) header: &'a SectionHeader64<Endianness>,
    /// Empty for a section that has no bytes in the file.
    pub(super) data: &'a [u8],
}

impl Section<'_> {
    pub(super) fn size(&self) -> u64 {
        self.header.sh_size(ENDIAN)
    }

    pub(super) fn has_no_bytes(&self) -> bool {
        self.header.sh_type(ENDIAN) == SHT_NOBITS
    }

    /// Whether aya looks for functions in it.
    pub(super) fn has_code(&self) -> bool {
        self.header.sh_flags(ENDIAN) & u64::from(SHF_EXECINSTR) != 0
            || self.name.starts_with(".text")
    }

    pub(super) fn refuse(&self, offset: impl TryInto<u64>, reason: impl AsRef<str>) -> Error {
        Error::in_section(Kind::Parse, self.name, offset, reason)
    }
}

impl<'a> File<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self> {
        if data.is_empty() {
            return Err(refuse("the object is empty (0 bytes)"));
        }
        let kind = FileKind::parse(data).map_err(|_error| not_elf(data))?;
        if kind != FileKind::Elf64 {
            return Err(refuse(format!(
                "the object is of kind {kind:?}; an eBPF object is 64-bit ELF"
            )));
        }
        let header = FileHeader64::<Endianness>::parse(data).map_err(malformed)?;
        let endian = header.endian().map_err(malformed)?;
        check_header(header, endian)?;
        let table = header.sections(endian, data).map_err(malformed)?;
        let mut sections = Vec::with_capacity(table.len());
        for (SectionIndex(index), section) in table.enumerate() {
            let name = table.section_name(endian, section).ok();
            let Some(name) = name.and_then(|name| str::from_utf8(name).ok()) else {
                return Err(refuse(format!(
                    "section {index} has no readable name: its name begins at byte {} of the names",
                    section.sh_name(endian)
                )));
            };
            let Ok(contents) = section.data(endian, data) else {
                let (start, size) = (section.sh_offset(endian), section.sh_size(endian));
                let reason = format!(
                    "its {size} bytes begin at byte {start} of the file and end after its end: the file has {} bytes; the object is truncated",
                    data.len()
                );
                let name = if name.is_empty() {
                    index.to_string()
                } else {
                    name.to_owned()
                };
                return Err(Error::in_section(Kind::Parse, &name, 0_u64, reason));
            };
            sections.push(Section {
                index,
                name,
                header: section,
                data: contents,
            });
        }
        let symbols = table.symbols(endian, data, SHT_SYMTAB);
        let symbols = symbols.map_err(|error| unreadable_symbols(&sections, error))?;
        Ok(Self { sections, symbols })
    }

    /// The first one of this name, as aya takes it.
    pub(super) fn section_named(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    pub(super) fn symbol(&self, index: usize) -> Option<&'a Sym64<Endianness>> {
        self.symbols.symbol(SymbolIndex(index)).ok()
    }

    /// Symbols with their numbers, without the first one, which is none.
    pub(super) fn numbered_symbols(&self) -> impl Iterator<Item = (usize, &'a Sym64<Endianness>)> {
        let symbols = self.symbols.symbols();
        symbols.iter().enumerate().skip(1)
    }

    /// Where a symbol is defined; nothing for one that is not, or that is absolute.
    pub(super) fn section_of(
        &self,
        number: usize,
        symbol: &Sym64<Endianness>,
    ) -> Option<&Section<'a>> {
        let index = self
            .symbols
            .symbol_section(ENDIAN, symbol, SymbolIndex(number));
        self.sections.get(index.ok()??.0)
    }

    pub(super) fn symbol_name(&self, symbol: &Sym64<Endianness>) -> &'a str {
        let name = symbol
            .name(ENDIAN, self.symbols.strings())
            .unwrap_or_default();
        str::from_utf8(name).unwrap_or_default()
    }
}

fn check_header(header: &FileHeader64<Endianness>, endian: Endianness) -> Result<()> {
    if endian != ENDIAN {
        let target = if cfg!(target_endian = "little") {
            "bpfel"
        } else {
            "bpfeb"
        };
        return Err(at(
            5,
            format!(
                "the object is {}, this machine is {}: compile it with -target {target}",
                endian_name(endian),
                endian_name(ENDIAN),
            ),
        ));
    }
    let machine = header.e_machine(endian);
    // LLVM before 3.9 had no number for eBPF yet.
    if machine != EM_BPF && machine != EM_NONE {
        return Err(at(
            18,
            format!("the object is for machine {machine}, not for eBPF ({EM_BPF})"),
        ));
    }
    if header.e_type(endian) != ET_REL {
        return Err(at(16, "the object is not relocatable: it has been linked"));
    }
    let size = usize::from(header.e_shentsize(endian));
    if size != size_of::<SectionHeader64<Endianness>>() {
        return Err(at(
            58,
            format!("its section headers are {size} bytes large; they have 64 bytes in 64-bit ELF"),
        ));
    }
    if to_usize(header.e_shoff(endian)) == 0 {
        return Err(at(40, "the object has no sections"));
    }
    Ok(())
}

fn unreadable_symbols(sections: &[Section<'_>], error: object::Error) -> Error {
    let is_table = |section: &&Section<'_>| section.header.sh_type(ENDIAN) == SHT_SYMTAB;
    let Some(section) = sections.iter().find(is_table) else {
        return malformed(error);
    };
    let (names, size) = (
        section.header.sh_link(ENDIAN),
        section.header.sh_entsize(ENDIAN),
    );
    section.refuse(
        0_u64,
        format!(
            "it is no table of symbols that can be read: {error} (its names are in section {names} of {}, its entries have {size} bytes)",
            sections.len()
        ),
    )
}

/// A refusal for a field of the file's header.
fn at(offset: u64, reason: impl Into<String>) -> Error {
    Error {
        offset: Some(offset),
        ..refuse(reason)
    }
}

fn not_elf(data: &[u8]) -> Error {
    let start: Vec<String> = data
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    refuse(format!(
        "not an ELF file: it starts with {}",
        start.join(" ")
    ))
}

const fn endian_name(endian: Endianness) -> &'static str {
    match endian {
        Endianness::Little => "little-endian",
        Endianness::Big => "big-endian",
    }
}
