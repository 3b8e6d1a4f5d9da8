//! Where the records of a well-formed object lie, so that mutations hit fields instead of the bytes between them.

use object::{
    Endianness,
    elf::{
        FileHeader64, SHF_EXECINSTR, SHT_NOBITS, SHT_REL, SHT_STRTAB, SHT_SYMTAB, SectionHeader64,
    },
    read::elf::{FileHeader as _, SectionHeader as _, SectionTable},
};

use crate::btf_layout;

/// A field: where it begins in its record, and how many bytes it has.
pub(crate) type Field = (usize, usize);

/// Records of one kind, one behind the other.
#[derive(Clone)]
pub(crate) struct Records {
    pub(crate) kind: &'static str,
    pub(crate) start: usize,
    pub(crate) size: usize,
    pub(crate) count: usize,
    pub(crate) fields: &'static [Field],
}

const FILE: &[Field] = &[
    (4, 1),
    (5, 1),
    (16, 2),
    (18, 2),
    (20, 4),
    (40, 8),
    (52, 2),
    (58, 2),
    (60, 2),
    (62, 2),
];
const SECTION: &[Field] = &[
    (0, 4),
    (4, 4),
    (8, 8),
    (16, 8),
    (24, 8),
    (32, 8),
    (40, 4),
    (44, 4),
    (48, 8),
    (56, 8),
];
const SYMBOL: &[Field] = &[(0, 4), (4, 1), (5, 1), (6, 2), (8, 8), (16, 8)];
const RELOCATION: &[Field] = &[(0, 8), (8, 4), (12, 4)];
const INSTRUCTION: &[Field] = &[(0, 1), (1, 1), (2, 2), (4, 4)];
pub(crate) const WORD: &[Field] = &[(0, 4)];
const BYTE: &[Field] = &[(0, 1)];

/// All records of an object; none for what is no ELF file.
pub(crate) fn records(data: &[u8]) -> Vec<Records> {
    let Ok(header) = FileHeader64::<Endianness>::parse(data) else {
        return Vec::new();
    };
    let endian = Endianness::default();
    let Ok(sections) = header.sections(endian, data) else {
        return Vec::new();
    };
    let mut found = vec![
        Records {
            kind: "file header",
            start: 0,
            size: 64,
            count: 1,
            fields: FILE,
        },
        Records {
            kind: "section headers",
            start: to_usize(header.e_shoff.get(endian)),
            size: 64,
            count: sections.len(),
            fields: SECTION,
        },
    ];
    for section in sections.iter() {
        of_section(data, &sections, section, &mut found);
    }
    found.retain(|records| records.count > 0);
    found
}

fn of_section(
    data: &[u8],
    sections: &SectionTable<'_, FileHeader64<Endianness>>,
    section: &SectionHeader64<Endianness>,
    found: &mut Vec<Records>,
) {
    let endian = Endianness::default();
    let (start, length) = (
        to_usize(section.sh_offset(endian)),
        to_usize(section.sh_size(endian)),
    );
    let name = sections.section_name(endian, section).unwrap_or_default();
    let mut add = |kind, size: usize, fields| {
        found.push(Records {
            kind,
            start,
            size,
            count: length / size,
            fields,
        });
    };
    match (name, section.sh_type(endian)) {
        (_, SHT_NOBITS) => {}
        (_, SHT_SYMTAB) => add("symbols", 24, SYMBOL),
        (_, SHT_REL) => add("relocations", 16, RELOCATION),
        (_, SHT_STRTAB) => add("names", 1, BYTE),
        (b".BTF", _) => btf_layout::types(data, start, length, found),
        (b".BTF.ext", _) => add(".BTF.ext", 4, WORD),
        (b"license" | b"version", _) => add("licence", 1, BYTE),
        (name, _) if name.starts_with(b"maps") => add("legacy maps", 4, WORD),
        (name, _) if name.starts_with(b".debug") => {}
        _ if section.sh_flags(endian) & u64::from(SHF_EXECINSTR) != 0 => {
            add("instructions", 8, INSTRUCTION);
        }
        _ => add("contents", 4, WORD),
    }
}

/// The raw BTF in an object.
pub(crate) fn btf(data: &[u8]) -> Option<&[u8]> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let sections = header.sections(Endianness::default(), data).ok()?;
    let (_, section) = sections.section_by_name(Endianness::default(), b".BTF")?;
    section.data(Endianness::default(), data).ok()
}

pub(crate) fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
