//! Where in C an instruction comes from.

use super::record::Record;
use crate::{
    btf::Btf,
    btf_ext::{LINES, number, records},
    symbols::{Elf, NamedPlace},
};

/// Functions and lines of an object, by place.
pub(super) struct Places<'a, 'b> {
    btf: &'b Btf<'a>,
    functions: Vec<NamedPlace<'a>>,
    /// The section's name, the instruction and the record.
    lines: Vec<(u32, u32, &'a [u8])>,
}

impl<'a, 'b> Places<'a, 'b> {
    pub(super) fn of(elf: &Elf<'a>, btf: &'b Btf<'a>, extension: &'a [u8]) -> Self {
        let mut functions: Vec<_> = elf.named_places().filter(|one| one.is_function).collect();
        functions.sort_unstable();
        let lines = records(extension, LINES).into_iter();
        let mut lines: Vec<_> = lines
            .filter_map(|(section, bytes)| Some((section, number(bytes, 0)?, bytes)))
            .collect();
        lines.sort_by_key(|(section, offset, _)| (*section, *offset));
        Self {
            btf,
            functions,
            lines,
        }
    }

    pub(super) fn function(&self, of: &Record<'_>) -> Option<String> {
        let place = (of.section.0, of.offset);
        let behind = self
            .functions
            .partition_point(|one| (one.section, one.value) <= place);
        let found = self.functions.get(behind.checked_sub(1)?)?;
        let end = found.value.saturating_add(found.size);
        let is_inside = found.section == of.section.0 && of.offset < end;
        is_inside.then(|| found.name.to_owned())
    }

    /// As the verifier writes it: `filter.bpf.c:12: return data[0];`.
    pub(super) fn line(&self, of: &Record<'_>) -> Option<String> {
        let is_before = |(section, offset, _): &(u32, u32, _)| {
            (*section, u64::from(*offset)) <= (of.section_name, of.offset)
        };
        let behind = self.lines.partition_point(is_before);
        let (section, _, bytes) = self.lines.get(behind.checked_sub(1)?)?;
        if *section != of.section_name {
            return None;
        }
        let text = |at: usize| self.btf.string(number(bytes, at)?);
        let (path, text, line) = (text(4)?, text(8)?.trim(), number(bytes, 12)? >> 10);
        let file = path.rsplit('/').next().unwrap_or(path);
        Some(format!("{file}:{line}: {text}"))
    }
}
