//! CO-RE relocations as the compiler writes them (`struct bpf_core_relo`), and the lines of C that they are in.

use std::collections::HashMap;

use object::{SectionIndex, elf::SHT_NOBITS, read::elf::SectionHeader as _};

use crate::{
    btf::Btf,
    btf_ext::{RELOCATIONS, number, records},
    error::{Error, Kind as ErrorKind, Result},
    symbols::Elf,
    to_usize,
};

/// What is asked about a type, a field or a value (`enum bpf_core_relo_kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    FieldOffset,
    FieldSize,
    FieldExists,
    FieldSigned,
    FieldLeftShift,
    FieldRightShift,
    TypeIdLocal,
    TypeIdTarget,
    TypeExists,
    TypeSize,
    ValueExists,
    Value,
    TypeMatches,
}

/// What a relocation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Field,
    Type,
    Value,
}

/// A relocation.
pub(super) struct Record<'a> {
    pub(super) section: SectionIndex,
    /// The instruction, in bytes from the section's beginning.
    pub(super) offset: u64,
    /// Where the instruction and the end of its section are in the file.
    pub(super) place: usize,
    pub(super) end: usize,
    pub(super) type_id: u32,
    /// Indexes of members and elements, `0:1:2`.
    pub(super) path: &'a str,
    pub(super) kind: Kind,
    /// Where the name of its section is in the strings of `.BTF`.
    pub(super) section_name: u32,
}

impl Kind {
    fn of(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::FieldOffset,
            1 => Self::FieldSize,
            2 => Self::FieldExists,
            3 => Self::FieldSigned,
            4 => Self::FieldLeftShift,
            5 => Self::FieldRightShift,
            6 => Self::TypeIdLocal,
            7 => Self::TypeIdTarget,
            8 => Self::TypeExists,
            9 => Self::TypeSize,
            10 => Self::ValueExists,
            11 => Self::Value,
            12 => Self::TypeMatches,
            _ => return None,
        })
    }

    pub(super) fn about(self) -> About {
        match self {
            Self::FieldOffset
            | Self::FieldSize
            | Self::FieldExists
            | Self::FieldSigned
            | Self::FieldLeftShift
            | Self::FieldRightShift => About::Field,
            Self::TypeIdLocal
            | Self::TypeIdTarget
            | Self::TypeExists
            | Self::TypeSize
            | Self::TypeMatches => About::Type,
            Self::ValueExists | Self::Value => About::Value,
        }
    }
}

/// The relocations of an object. `data` is the whole file, `extension` its `.BTF.ext`, which has been checked.
pub(super) fn read<'a>(
    data: &[u8],
    elf: &Elf<'_>,
    btf: &Btf<'a>,
    extension: &[u8],
) -> Result<Vec<Record<'a>>> {
    let mut found = Vec::new();
    let sections = Sections::of(elf);
    let mut section: Option<Code> = None;
    for (name, bytes) in records(extension, RELOCATIONS) {
        let field = |index: usize| number(bytes, index * 4).unwrap_or(u32::MAX);
        let (offset, kind) = (u64::from(field(0)), field(3));
        let known = section.filter(|(known, ..)| *known == name);
        let (_, index, start, end) = match known.or_else(|| sections.find(btf, name)) {
            Some(code) => *section.insert(code),
            None => return Err(nowhere(btf, name, offset)),
        };
        let place = to_usize(start.saturating_add(offset));
        let end = to_usize(end).min(data.len());
        let (Some(path), Some(kind), true) = (
            btf.string(field(2)),
            Kind::of(kind),
            place.saturating_add(8) <= end,
        ) else {
            return Err(nowhere(btf, name, offset));
        };
        found.push(Record {
            section: index,
            offset,
            place,
            end,
            type_id: field(1),
            path,
            kind,
            section_name: name,
        });
    }
    Ok(found)
}

/// A section: the offset of its name, its number, and where it begins and ends in the file.
type Code = (u32, SectionIndex, u64, u64);

/// The sections of an object, by name: an object may have many, and its relocations go from one to another.
struct Sections<'a, 'b> {
    elf: &'b Elf<'a>,
    by_name: HashMap<&'a [u8], usize>,
}

impl<'a, 'b> Sections<'a, 'b> {
    fn of(elf: &'b Elf<'a>) -> Self {
        let mut by_name = HashMap::new();
        for index in 0..elf.sections.len() {
            if let Some(name) = elf.section_name(index) {
                by_name.entry(name.as_bytes()).or_insert(index);
            }
        }
        Self { elf, by_name }
    }

    fn find(&self, btf: &Btf<'_>, name: u32) -> Option<Code> {
        let index = SectionIndex(*self.by_name.get(btf.string(name)?.as_bytes())?);
        let header = self.elf.sections.section(index).ok()?;
        if header.sh_type(self.elf.endian) == SHT_NOBITS {
            return None;
        }
        let start = header.sh_offset(self.elf.endian);
        let end = start.checked_add(header.sh_size(self.elf.endian))?;
        Some((name, index, start, end))
    }
}

fn nowhere(btf: &Btf<'_>, section: u32, offset: u64) -> Error {
    let section = btf.string(section).unwrap_or_default();
    let reason = "a CO-RE relocation is for an instruction that is not there";
    Error::in_section(ErrorKind::Btf, section, offset, reason)
}
