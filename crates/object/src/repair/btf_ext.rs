//! `.BTF.ext`, in which the places of types, lines and CO-RE relocations go by names of sections (`struct btf_ext_header`
//! of libbpf).

use std::ops::Range;

/// Where the parts are described: functions, lines, CO-RE. Old headers end before the last one.
const PARTS: [usize; 3] = [8, 16, 24];

/// The part with CO-RE relocations, and where their kind is in `struct bpf_core_relo`.
const CORE_PART: usize = 24;
const CORE_KIND: usize = 12;

/// The last kind of CO-RE relocation that aya knows (`BPF_CORE_ENUMVAL_VALUE`).
const LAST_CORE_KIND: u32 = 11;

/// A record on its way.
pub(super) struct Record<'a> {
    /// Where the name of its section is in the strings of `.BTF`.
    pub(super) section: u32,
    /// The instruction, in bytes from the section's beginning.
    pub(super) offset: u32,
    is_core: bool,
    bytes: &'a [u8],
}

impl Record<'_> {
    /// Whether it is one of the relocations that aya applies.
    pub(super) fn is_core(&self) -> bool {
        self.is_core
    }

    /// The kind of a CO-RE relocation that aya does not know.
    pub(super) fn foreign_kind(&self) -> Option<u32> {
        let kind = number(self.bytes, CORE_KIND).filter(|_| self.is_core)?;
        (kind > LAST_CORE_KIND).then_some(kind)
    }
}

/// Whether any CO-RE relocation is of a kind that aya does not know, and which: section, instruction and kind.
pub(super) fn foreign_relocations(data: &[u8]) -> Vec<(u32, u32, u32)> {
    let mut found = Vec::new();
    each_foreign_relocation(data, &mut found);
    found
}

fn each_foreign_relocation(data: &[u8], found: &mut Vec<(u32, u32, u32)>) -> Option<()> {
    let part = part(data, CORE_PART)?;
    let size = usize::try_from(number(part, 0)?).ok()?;
    let mut offset = 4;
    while offset < part.len() {
        let (section, records) = entry(part, size, offset)?;
        for bytes in part.get(records.clone())?.chunks_exact(size) {
            let record = Record {
                section,
                offset: number(bytes, 0)?,
                is_core: true,
                bytes,
            };
            if let Some(kind) = record.foreign_kind() {
                found.push((section, record.offset, kind));
            }
        }
        offset = records.end;
    }
    Some(())
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
    keeps: impl Fn(&Record<'_>) -> bool,
) -> Option<Vec<u8>> {
    let length = usize::try_from(number(data, 4)?).ok()?;
    let mut copy = data.get(..length)?.to_vec();
    for at in PARTS {
        if at + 8 > length {
            break;
        }
        let contents = part(data, at)?;
        let offset = u32::try_from(copy.len() - length).ok()?;
        let records = Records {
            data: contents,
            is_core: at == CORE_PART,
        };
        records.rewrite(&target, &keeps, &mut copy)?;
        let size = u32::try_from(copy.len() - length).ok()? - offset;
        copy.get_mut(at..at + 4)?
            .copy_from_slice(&offset.to_ne_bytes());
        copy.get_mut(at + 4..at + 8)?
            .copy_from_slice(&size.to_ne_bytes());
    }
    Some(copy)
}

/// The records of one kind.
struct Records<'a> {
    data: &'a [u8],
    is_core: bool,
}

/// Those of one section.
struct Entry {
    target: Target,
    section: u32,
    records: Range<usize>,
}

impl Records<'_> {
    fn rewrite(
        &self,
        target: impl Fn(u32) -> Target,
        keeps: impl Fn(&Record<'_>) -> bool,
        copy: &mut Vec<u8>,
    ) -> Option<()> {
        if self.data.is_empty() {
            return Some(());
        }
        let size = usize::try_from(number(self.data, 0)?).ok()?;
        let mut entries = self.entries(size, target)?;
        // Within a group by place; stable, so that two entries of one section stay in their order.
        entries.sort_by_key(|entry| (entry.target.group, entry.target.base));
        copy.extend_from_slice(self.data.get(..4)?);
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
            for bytes in self.data.get(entry.records)?.chunks_exact(size) {
                let record = Record {
                    section: entry.section,
                    offset: number(bytes, 0)?,
                    is_core: self.is_core,
                    bytes,
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

    fn entries(&self, size: usize, target: impl Fn(u32) -> Target) -> Option<Vec<Entry>> {
        let (mut entries, mut offset) = (Vec::new(), 4);
        while offset < self.data.len() {
            let (section, records) = entry(self.data, size, offset)?;
            offset = records.end;
            entries.push(Entry {
                target: target(section),
                section,
                records,
            });
        }
        Some(entries)
    }
}

/// The bytes of a part.
fn part(data: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::try_from(number(data, 4)?).ok()?;
    if at + 8 > length {
        return None;
    }
    let start = length.checked_add(usize::try_from(number(data, at)?).ok()?)?;
    let end = start.checked_add(usize::try_from(number(data, at + 4)?).ok()?)?;
    data.get(start..end)
}

/// The section that an entry is about, and where its records are.
fn entry(data: &[u8], size: usize, offset: usize) -> Option<(u32, Range<usize>)> {
    if size < 4 {
        return None;
    }
    let (section, count) = (number(data, offset)?, number(data, offset.checked_add(4)?)?);
    let start = offset.checked_add(8)?;
    let end = usize::try_from(count)
        .ok()?
        .checked_mul(size)?
        .checked_add(start)?;
    data.get(start..end)?;
    Some((section, start..end))
}

fn number(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}
