//! `.BTF.ext`: lines, functions and CO-RE relocations by section, each list with the size of its records.

use std::collections::{HashMap, HashSet};

use super::btf::{Types, word};
use crate::{
    btf::kind,
    error::{Error, Kind, Result},
};

const MAGIC: u16 = 0xeb9f;
/// Up to the relocations, which came later.
const MIN_HEADER: usize = 24;
const HEADER: usize = 32;
/// Name and count.
const GROUP: usize = 8;
/// `BPF_CORE_TYPE_MATCHES`, the last one of `enum bpf_core_relo_kind`.
const MAX_RELOCATION_KIND: u32 = 12;
/// For each type, aya looks at all types of the kernel: some 150,000.
const MAX_RELOCATED_TYPES: usize = 2048;
/// Those about types as a whole: `BPF_CORE_TYPE_ID_LOCAL` to `BPF_CORE_TYPE_SIZE`, and `BPF_CORE_TYPE_MATCHES`.
const ABOUT_TYPES: &[u32] = &[6, 7, 8, 9, 12];

/// A list: where the header says where it is, how small its records may be, and what they are.
type List = (usize, usize, &'static str);

const FUNCTIONS: List = (8, 8, "functions");
const LINES: List = (16, 16, "lines");
const RELOCATIONS: List = (24, 16, "relocations");

/// What the lists hold, for each section.
#[derive(Default)]
pub(super) struct Infos<'a> {
    /// How many bytes aya copies for each function in it.
    pub(super) bytes: HashMap<&'a str, u64>,
    /// Names of sections that are relocated against a kernel, and where they are.
    pub(super) relocated: Vec<(&'a str, usize)>,
}

pub(super) fn check<'a>(data: &'a [u8], types: &Types<'a>) -> Result<Infos<'a>> {
    match data {
        [first, second, ..] if u16::from_ne_bytes([*first, *second]) == MAGIC => {}
        _ => return Err(refuse(0, "it does not begin with its magic number, 0xeb9f")),
    }
    let header = word(data, 4).unwrap_or(0) as usize;
    if header < MIN_HEADER || header > data.len() {
        return Err(refuse(
            4,
            format!("its header is {header} bytes large; it has {MIN_HEADER} or more"),
        ));
    }
    let mut infos = Infos::default();
    let mut relocated_types = HashSet::new();
    for list in [FUNCTIONS, LINES, RELOCATIONS] {
        if list.0 == RELOCATIONS.0 && header < HEADER {
            continue;
        }
        for group in groups(data, header, list)? {
            let name = word(data, group.start).filter(|name| types.has_string(*name));
            let Some(name) = name else {
                return Err(refuse(
                    group.start,
                    "the name of a section lies outside of the names in .BTF",
                ));
            };
            let name = types.string(name).unwrap_or_default();
            if list.0 == RELOCATIONS.0 {
                check_relocations(data, &group, types, &mut relocated_types)?;
                infos.relocated.push((name, group.start));
            } else {
                let bytes = infos.bytes.entry(name).or_default();
                *bytes = bytes.saturating_add((group.size * group.count) as u64);
            }
        }
    }
    Ok(infos)
}

/// The records of one section.
struct Group {
    /// Where its head begins.
    start: usize,
    /// How large a record is, and how many there are.
    size: usize,
    count: usize,
}

fn groups(data: &[u8], header: usize, (field, smallest, what): List) -> Result<Vec<Group>> {
    let start = header.saturating_add(word(data, field).unwrap_or(0) as usize);
    let end = start.saturating_add(word(data, field + 4).unwrap_or(0) as usize);
    if end == start {
        return Ok(Vec::new());
    }
    let outside = format!(
        "its {what} are bytes {start} to {end}; it has {} bytes",
        data.len()
    );
    let list = data.get(..end).ok_or_else(|| refuse(field, &outside))?;
    let size = word(list, start).ok_or_else(|| refuse(field, &outside))? as usize;
    if size < smallest || !size.is_multiple_of(4) {
        return Err(refuse(
            start,
            format!("its {what} are {size} bytes large each; they have {smallest} or more"),
        ));
    }
    let mut found = Vec::new();
    let mut at = start + 4;
    while at < end {
        let count = word(list, at + 4).ok_or_else(|| {
            refuse(
                at,
                format!("its {what} end inside of the head of a section"),
            )
        })?;
        let group = Group {
            start: at,
            size,
            count: count as usize,
        };
        let length = size.saturating_mul(group.count);
        at = at.saturating_add(GROUP).saturating_add(length);
        if at > end {
            return Err(refuse(
                group.start + 4,
                format!("{count} {what} of {size} bytes each end after the end of the list"),
            ));
        }
        found.push(group);
    }
    Ok(found)
}

/// `struct bpf_core_relo`: instruction, type, path to a field, kind.
fn check_relocations(
    data: &[u8],
    group: &Group,
    types: &Types<'_>,
    relocated: &mut HashSet<u32>,
) -> Result<()> {
    for number in 0..group.count {
        let at = group.start + GROUP + number * group.size;
        let field = |index: usize| word(data, at + index * 4).unwrap_or(u32::MAX);
        let (instruction, type_id, path, relocation) = (field(0), field(1), field(2), field(3));
        if instruction % 8 != 0 {
            return Err(refuse(
                at,
                format!("a relocation of byte {instruction}, where no instruction begins"),
            ));
        }
        if !types.has_type(type_id) {
            return Err(refuse(
                at + 4,
                format!("a relocation for type {type_id}, which does not exist"),
            ));
        }
        relocated.insert(type_id);
        if relocated.len() > MAX_RELOCATED_TYPES {
            let reason = format!("relocations for more than {MAX_RELOCATED_TYPES} types");
            return Err(refuse(at + 4, reason));
        }
        if !types.has_string(path) {
            return Err(refuse(
                at + 8,
                "a relocation whose path lies outside of the names in .BTF",
            ));
        }
        if relocation > MAX_RELOCATION_KIND {
            return Err(refuse(
                at + 12,
                format!("a relocation of unknown kind {relocation}"),
            ));
        }
        let is_value = types.resolve(type_id).is_none_or(|found| {
            !matches!(
                found.kind,
                kind::FUNC | kind::VAR | kind::DATASEC | kind::DECL_TAG
            )
        });
        if ABOUT_TYPES.contains(&relocation) && !is_value {
            return Err(refuse(
                at + 4,
                format!("a relocation for type {type_id}, which no value has"),
            ));
        }
    }
    Ok(())
}

fn refuse(offset: usize, reason: impl AsRef<str>) -> Error {
    Error::in_section(Kind::Btf, ".BTF.ext", offset, reason)
}
