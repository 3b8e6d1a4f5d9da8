//! Where the records of type information lie.

use crate::layout::{Field, Records, WORD};

const HEADER: &[Field] = &[
    (0, 2),
    (2, 1),
    (3, 1),
    (4, 4),
    (8, 4),
    (12, 4),
    (16, 4),
    (20, 4),
];
/// Name, number of members, kind, size or type.
const TYPE: &[Field] = &[(0, 4), (4, 2), (7, 1), (8, 4)];
const BYTE: &[Field] = &[(0, 1)];

/// The heads of types, what follows them, and the names, of the BTF at `start`.
pub(crate) fn types(data: &[u8], start: usize, length: usize, found: &mut Vec<Records>) {
    let Some(btf) = data.get(start..start.saturating_add(length)) else {
        return;
    };
    let records = |kind, at: usize, size: usize, count, fields| Records {
        kind,
        start: start + at,
        size,
        count,
        fields,
    };
    found.push(records("BTF header", 0, 24, 1, HEADER));
    let word = |at: usize| number(btf, at).unwrap_or(0);
    let (header, type_length) = (word(4), word(12));
    let mut at = header + word(8);
    let end = at + type_length;
    while at < end {
        let Some(size) = size(btf, at) else {
            break;
        };
        found.push(records("BTF types", at, 12, 1, TYPE));
        if size > 12 {
            found.push(records("BTF members", at + 12, 4, (size - 12) / 4, WORD));
        }
        at += size;
    }
    found.push(records("BTF names", header + word(16), 1, word(20), BYTE));
}

fn size(btf: &[u8], at: usize) -> Option<usize> {
    let info = number(btf, at + 4)?;
    let count = info & 0xffff;
    Some(
        12 + match (info >> 24) & 0x1f {
            1 | 14 | 17 => 4,
            3 => 12,
            4 | 5 | 15 | 19 => 12 * count,
            6 | 13 => 8 * count,
            _ => 0,
        },
    )
}

fn number(data: &[u8], at: usize) -> Option<usize> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_ne_bytes(bytes.try_into().ok()?)).ok()
}
