//! `.BTF.ext`: what is known about instructions, in records by section (`struct btf_ext_header` of libbpf). Nothing here
//! trusts a length: what does not fit is `None`.

use std::ops::Range;

/// Where the parts are described. Old headers end before the last one.
pub(super) const FUNCTIONS: usize = 8;
pub(super) const LINES: usize = 16;
pub(super) const RELOCATIONS: usize = 24;

/// The bytes of a part.
pub(super) fn part(data: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::try_from(number(data, 4)?).ok()?;
    if at + 8 > length {
        return None;
    }
    let start = length.checked_add(usize::try_from(number(data, at)?).ok()?)?;
    let end = start.checked_add(usize::try_from(number(data, at + 4)?).ok()?)?;
    data.get(start..end)
}

/// What a part has about a section: where the section's name is in the strings of `.BTF`, and where the records are.
pub(super) type Entry = (u32, Range<usize>);

/// How large a record is, and where those of each section are.
pub(super) fn entries(part: &[u8]) -> Option<(usize, Vec<Entry>)> {
    if part.is_empty() {
        return Some((0, Vec::new()));
    }
    let size = usize::try_from(number(part, 0)?).ok()?;
    if size < 4 {
        return None;
    }
    let (mut entries, mut offset) = (Vec::new(), 4);
    while offset < part.len() {
        let (section, count) = (number(part, offset)?, number(part, offset.checked_add(4)?)?);
        let start = offset.checked_add(8)?;
        let length = usize::try_from(count).ok()?.checked_mul(size)?;
        let records = start..length.checked_add(start)?;
        part.get(records.clone())?;
        offset = records.end;
        entries.push((section, records));
    }
    Some((size, entries))
}

/// The records of a part, each with the offset of its section's name; none of one that is malformed.
pub(super) fn records(data: &[u8], at: usize) -> Vec<(u32, &[u8])> {
    let Some((part, (size, entries))) =
        part(data, at).and_then(|part| Some((part, entries(part)?)))
    else {
        return Vec::new();
    };
    let records = entries.into_iter().flat_map(|(section, records)| {
        let bytes = part.get(records).unwrap_or_default();
        bytes
            .chunks_exact(size.max(1))
            .map(move |record| (section, record))
    });
    records.collect()
}

pub(super) fn number(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}
