//! A look at an object before aya parses it: what aya would misread, or die of, is refused with a reason.

use object::{
    Endianness, FileKind, SectionIndex,
    elf::{EM_BPF, ET_REL, FileHeader64, SHT_NOBITS, SHT_SYMTAB, STT_OBJECT},
    read::elf::{FileHeader as _, SectionHeader as _, SectionTable, Sym as _},
};

use crate::error::{Code, Error, Result};

/// The largest `.bss` section: aya allocates it at once, and an allocation that fails aborts the process.
const MAX_NOBITS_BYTES: u64 = 256 << 20;

/// What BTF begins with (linux/btf.h).
const BTF_MAGIC: u16 = 0xeb9f;

/// Where `pinning` begins in a map definition of a legacy `maps` section: aya reads it as an enum of 0 and 1.
const PINNING_OFFSET: u64 = 24;

/// Refuses what is not an eBPF object of this machine's byte order.
pub(crate) fn check(data: &[u8]) -> Result<()> {
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
    let machine = header.e_machine(endian);
    if machine != EM_BPF {
        return Err(refuse(format!(
            "the object is for machine {machine}, not for eBPF ({EM_BPF})"
        )));
    }
    if endian != native_endian() {
        return Err(refuse(format!(
            "the object is {}, this machine is {}",
            endian_name(endian),
            endian_name(native_endian()),
        )));
    }
    if header.e_type(endian) != ET_REL {
        return Err(refuse("the object is not relocatable: it has been linked"));
    }
    let sections = header.sections(endian, data).map_err(malformed)?;
    for (index, section) in sections.enumerate() {
        let size = section.sh_size(endian);
        if section.sh_type(endian) == SHT_NOBITS {
            if size > MAX_NOBITS_BYTES {
                let name = sections.section_name(endian, section).map_err(malformed)?;
                return Err(refuse(format!(
                    "section {} ({}) is {size} bytes large; the limit is {MAX_NOBITS_BYTES}",
                    index.0,
                    String::from_utf8_lossy(name),
                )));
            }
        } else if let Ok(bytes) = section.data(endian, data) {
            if sections.section_name(endian, section) == Ok(b".BTF") {
                check_btf(bytes)?;
            }
        } else {
            return Err(refuse(format!(
                "section {} ends after the end of the file: offset {}, size {size}, file {} bytes; the object is truncated",
                index.0,
                section.sh_offset(endian),
                data.len(),
            )));
        }
    }
    check_legacy_maps(&sections, endian, data)
}

/// aya takes type information for what it says without looking at its first two bytes.
pub(crate) fn check_btf(btf: &[u8]) -> Result<()> {
    match btf {
        [first, second, ..] if u16::from_ne_bytes([*first, *second]) == BTF_MAGIC => Ok(()),
        _ => Err(Error::new(
            Code::Btf,
            "the BTF does not begin with its magic number, 0xeb9f in this machine's byte order",
        )),
    }
}

/// Whether the object may pin maps: its own definitions speak of it, or it has legacy ones.
pub(crate) fn may_pin(data: &[u8]) -> bool {
    contains(data, b"pinning\0") || has_legacy_maps(data).unwrap_or(true)
}

/// The names of the global variables that an object defines, sorted.
pub(crate) fn globals(data: &[u8]) -> object::Result<Vec<String>> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let symbols = sections.symbols(endian, data, SHT_SYMTAB)?;
    let mut names = Vec::new();
    for symbol in symbols
        .iter()
        .filter(|symbol| symbol.st_type() == STT_OBJECT)
    {
        let section = sections.section(SectionIndex(symbol.st_shndx(endian).into()))?;
        let section = sections.section_name(endian, section)?;
        if [&b".data"[..], b".bss", b".rodata"]
            .iter()
            .any(|prefix| section.starts_with(prefix))
        {
            names.push(
                String::from_utf8_lossy(symbol.name(endian, symbols.strings())?).into_owned(),
            );
        }
    }
    names.sort();
    Ok(names)
}

fn has_legacy_maps(data: &[u8]) -> object::Result<bool> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    Ok(sections
        .iter()
        .any(|section| is_legacy_maps(&sections, endian, section)))
}

fn is_legacy_maps(
    sections: &SectionTable<'_, FileHeader64<Endianness>>,
    endian: Endianness,
    section: &object::elf::SectionHeader64<Endianness>,
) -> bool {
    sections
        .section_name(endian, section)
        .is_ok_and(|name| name.starts_with(b"maps"))
}

/// A value that is neither 0 nor 1 (iproute2 has 2) would be an invalid enum inside aya: undefined behaviour.
fn check_legacy_maps(
    sections: &SectionTable<'_, FileHeader64<Endianness>>,
    endian: Endianness,
    data: &[u8],
) -> Result<()> {
    let symbols = sections
        .symbols(endian, data, SHT_SYMTAB)
        .map_err(malformed)?;
    for symbol in symbols.iter() {
        let Ok(Some(index)) = symbols.symbol_section(endian, symbol, object::SymbolIndex(0)) else {
            continue;
        };
        let Ok(section) = sections.section(index) else {
            continue;
        };
        if !is_legacy_maps(sections, endian, section) {
            continue;
        }
        let definition = section.data(endian, data).map_err(malformed)?;
        let start = symbol.st_value(endian).saturating_add(PINNING_OFFSET);
        let end = start.saturating_add(4).min(
            symbol
                .st_value(endian)
                .saturating_add(symbol.st_size(endian)),
        );
        let pinning = definition
            .get(to_usize(start)..to_usize(end))
            .unwrap_or_default();
        let (first, rest) = pinning.split_first().unwrap_or((&0, &[]));
        if *first > 1 || rest.iter().any(|byte| *byte != 0) {
            let name = symbol.name(endian, symbols.strings()).map_err(malformed)?;
            return Err(refuse(format!(
                "map \"{}\" has pinning {pinning:?} in its legacy definition; only 0 (none) and 1 (by name) exist",
                String::from_utf8_lossy(name),
            )));
        }
    }
    Ok(())
}

fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
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

fn malformed(error: object::Error) -> Error {
    refuse(format!(
        "the ELF file is malformed: {error}; the object may be truncated"
    ))
}

fn refuse(reason: impl Into<String>) -> Error {
    Error::new(Code::Parse, reason)
}

const fn native_endian() -> Endianness {
    if cfg!(target_endian = "little") {
        Endianness::Little
    } else {
        Endianness::Big
    }
}

const fn endian_name(endian: Endianness) -> &'static str {
    match endian {
        Endianness::Little => "little-endian",
        Endianness::Big => "big-endian",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &[u8] = include_bytes!("../../../bpf/egress_filter.bpf.o");

    fn refusal(data: &[u8]) -> String {
        check(data).unwrap_err().message().to_owned()
    }

    #[test]
    fn a_compiled_object_is_accepted() {
        check(OBJECT).unwrap();
    }

    #[test]
    fn empty_foreign_and_other_machines_are_refused_by_name() {
        assert!(refusal(&[]).contains("empty"));
        assert!(refusal(b"#!/bin/sh\n").contains("23 21 2f 62"));
        let mut x86 = OBJECT.to_vec();
        x86[18] = 62;
        assert!(refusal(&x86).contains("machine 62"));
        let mut big = OBJECT.to_vec();
        big[5] = 2;
        assert!(!refusal(&big).is_empty());
    }

    #[test]
    fn globals_are_listed_by_name() {
        assert_eq!(globals(OBJECT).unwrap(), ["denied_port"]);
    }

    #[test]
    fn every_truncation_is_refused() {
        for length in 0..OBJECT.len() {
            assert!(
                check(&OBJECT[..length]).is_err(),
                "{length} bytes were accepted"
            );
        }
    }
}
