//! `.BTF.ext`, in which the places of types and lines go by names of sections, rewritten for sections that are renamed,
//! joined or dropped.

use std::ops::Range;

use crate::btf_ext::{FUNCTIONS, LINES, RELOCATIONS, entries, number, part};

/// A record on its way.
pub(super) struct Record {
    /// Where the name of its section is in the strings of `.BTF`.
    pub(super) section: u32,
    /// The instruction, in bytes from the section's beginning.
    pub(super) offset: u32,
}

/// Where a section's records go.
pub(super) struct Target {
    /// What is the same for sections that become one.
    pub(super) group: usize,
    /// The name's offset in the strings of `.BTF`; `None` where it stays.
    pub(super) name: Option<u32>,
    /// What is added to the offsets of instructions.
    pub(super) base: u32,
}

/// Rewrites it: `target` says where the records of a section (the offset of its name) go, `keeps` whether a record
/// stays. `None` if it is malformed.
pub(super) fn rewrite(
    data: &[u8],
    target: impl Fn(u32) -> Target,
    keeps: impl Fn(&Record) -> bool,
) -> Option<Vec<u8>> {
    let length = usize::try_from(number(data, 4)?).ok()?;
    let mut copy = data.get(..length)?.to_vec();
    for at in [FUNCTIONS, LINES, RELOCATIONS] {
        if at + 8 > length {
            break;
        }
        let offset = u32::try_from(copy.len() - length).ok()?;
        rewrite_part(part(data, at)?, &target, &keeps, &mut copy)?;
        let size = u32::try_from(copy.len() - length).ok()? - offset;
        copy.get_mut(at..at + 4)?
            .copy_from_slice(&offset.to_ne_bytes());
        copy.get_mut(at + 4..at + 8)?
            .copy_from_slice(&size.to_ne_bytes());
    }
    Some(copy)
}

/// The records of one section.
struct Entry {
    target: Target,
    section: u32,
    records: Range<usize>,
}

fn rewrite_part(
    data: &[u8],
    target: impl Fn(u32) -> Target,
    keeps: impl Fn(&Record) -> bool,
    copy: &mut Vec<u8>,
) -> Option<()> {
    let (size, entries) = entries(data)?;
    if size == 0 {
        return Some(());
    }
    let of = |(section, records)| Entry {
        target: target(section),
        section,
        records,
    };
    let mut entries: Vec<Entry> = entries.into_iter().map(of).collect();
    // Within a group by place; stable, so that two entries of one section stay in their order.
    entries.sort_by_key(|entry| (entry.target.group, entry.target.base));
    copy.extend_from_slice(data.get(..4)?);
    let mut head: Option<(usize, usize)> = None; // The group, and where its count is.
    for entry in entries {
        let at = match head {
            Some((group, at)) if group == entry.target.group => at,
            _ => {
                copy.extend(entry.target.name.unwrap_or(entry.section).to_ne_bytes());
                copy.extend([0; 4]);
                copy.len() - 4
            }
        };
        head = Some((entry.target.group, at));
        let mut count = number(copy, at)?;
        for bytes in data.get(entry.records)?.chunks_exact(size) {
            let record = Record {
                section: entry.section,
                offset: number(bytes, 0)?,
            };
            if keeps(&record) {
                copy.extend(record.offset.checked_add(entry.target.base)?.to_ne_bytes());
                copy.extend_from_slice(bytes.get(4..)?);
                count = count.checked_add(1)?;
            }
        }
        copy.get_mut(at..at + 4)?
            .copy_from_slice(&count.to_ne_bytes());
    }
    Some(())
}
