//! Where in C an instruction comes from.

use super::record::Record;
use crate::{
    btf::Btf,
    btf_ext::{LINES, number, records},
    error::shortened,
    symbols::{Elf, NamedPlace},
};

/// The functions of an object, by place.
pub(super) struct Functions<'a> {
    sorted: Vec<NamedPlace<'a>>,
}

impl<'a> Functions<'a> {
    pub(super) fn of(elf: &Elf<'a>) -> Self {
        let mut sorted: Vec<_> = elf.named_places().filter(|one| one.is_function).collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// The number of the function that an instruction is in, or behind.
    pub(super) fn number(&self, of: &Record<'_>) -> usize {
        let place = (of.section.0, of.offset);
        self.sorted
            .partition_point(|one| (one.section, one.value) <= place)
    }

    fn name(&self, of: &Record<'_>) -> Option<String> {
        let found = self.sorted.get(self.number(of).checked_sub(1)?)?;
        let end = found.value.saturating_add(found.size);
        let is_inside = found.section == of.section.0 && of.offset < end;
        is_inside.then(|| shortened(found.name).into_owned())
    }
}

/// Functions and lines of an object, by place.
pub(super) struct Places<'a, 'b> {
    btf: &'b Btf<'a>,
    functions: &'b Functions<'a>,
    /// The section's name, the instruction and the record.
    lines: Vec<(u32, u32, &'a [u8])>,
}

impl<'a, 'b> Places<'a, 'b> {
    pub(super) fn of(functions: &'b Functions<'a>, btf: &'b Btf<'a>, extension: &'a [u8]) -> Self {
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
        self.functions.name(of)
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
        let (file, text) = (shortened(file), shortened(text));
        Some(format!("{file}:{line}: {text}"))
    }
}
