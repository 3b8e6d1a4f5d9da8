//! Functions: how many there are and what they come to, since aya copies each with all that is known of its section, and
//! links every function into every program.

use object::{
    Endianness,
    elf::{R_BPF_64_64, STT_FUNC, STT_GNU_IFUNC, Sym64},
    read::elf::Sym as _,
};

use super::{
    btf_ext::Infos,
    file::{ENDIAN, File, Section},
    refuse,
    relocations::{self, INSTRUCTION},
};
use crate::error::Result;

/// aya links by recursion. A program has at most 256 functions in the kernel (`BPF_MAX_SUBPROGS`).
const MAX_FUNCTIONS: usize = 2048;

/// Far beyond objects of millions of instructions.
const MAX_BYTES: u64 = 64 << 20;

pub(super) fn check(file: &File<'_>, infos: &Infos<'_>) -> Result<()> {
    let functions: Vec<_> = of(file).collect();
    if functions.len() > MAX_FUNCTIONS {
        return Err(refuse(format!(
            "the object has {} functions; the limit is {MAX_FUNCTIONS}",
            functions.len()
        )));
    }
    let (mut copied, mut shared, mut programs) = (0_u64, 0_u64, 0_u64);
    for function in &functions {
        let infos = infos.bytes.get(function.section.name).copied().unwrap_or(0);
        let size = function.size.saturating_add(infos);
        copied = copied.saturating_add(size);
        if function.section.name.starts_with(".text") {
            shared = shared.saturating_add(size);
        } else {
            programs += 1;
        }
    }
    let bytes = copied.saturating_add(shared.saturating_mul(programs));
    if bytes > MAX_BYTES {
        return Err(refuse(format!(
            "its functions come to {bytes} bytes, linked into each of its {programs} programs; the limit is {MAX_BYTES}"
        )));
    }
    check_places(file)
}

/// A function that aya finds.
pub(super) struct Function<'a, 'b> {
    pub(super) section: &'b Section<'a>,
    pub(super) symbol: &'a Sym64<Endianness>,
    pub(super) start: u64,
    pub(super) size: u64,
}

impl Function<'_, '_> {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }
}

pub(super) fn of<'a, 'b>(file: &'b File<'a>) -> impl Iterator<Item = Function<'a, 'b>> {
    file.numbered_symbols().filter_map(|(number, symbol)| {
        let section = file.section_of(number, symbol)?;
        (is_function(symbol) && section.has_code()).then(|| Function {
            section,
            symbol,
            start: symbol.st_value(ENDIAN),
            size: symbol.st_size(ENDIAN),
        })
    })
}

pub(super) fn is_function(symbol: &Sym64<Endianness>) -> bool {
    matches!(symbol.st_type(), STT_FUNC | STT_GNU_IFUNC)
}

/// Functions in the order of their places, but for those without instructions.
pub(super) fn by_place<'a, 'b>(file: &'b File<'a>) -> Vec<Function<'a, 'b>> {
    let mut functions: Vec<_> = of(file).filter(|function| function.size > 0).collect();
    functions.sort_by_key(|function| (function.section.index, function.start));
    functions
}

/// The function that has the instruction at `offset` of a section.
pub(super) fn at<'a, 'b, 'c>(
    by_place: &'c [Function<'a, 'b>],
    section: usize,
    offset: u64,
) -> Option<&'c Function<'a, 'b>> {
    let next = by_place.partition_point(|one| (one.section.index, one.start) <= (section, offset));
    let found = by_place.get(next.checked_sub(1)?)?;
    (found.section.index == section && found.end() > offset).then_some(found)
}

/// Only two names of one function are in one place; and the second half of a load of 64 bits is not another function's
/// first instruction.
fn check_places(file: &File<'_>) -> Result<()> {
    let functions = by_place(file);
    for (one, other) in functions.iter().zip(functions.iter().skip(1)) {
        let is_same = one.start == other.start && one.size == other.size;
        if one.section.index == other.section.index && one.end() > other.start && !is_same {
            let (one, name) = (file.symbol_name(one.symbol), file.symbol_name(other.symbol));
            let reason = format!("function \"{name}\" begins inside of function \"{one}\"");
            return Err(other.section.refuse(other.start, reason));
        }
    }
    for (section, relocation) in relocations::all(file) {
        let function = at(&functions, section.index, relocation.offset);
        if let Some(function) = function
            && relocation.kind == R_BPF_64_64
            && function.end() == relocation.offset.saturating_add(INSTRUCTION as u64)
        {
            let name = file.symbol_name(function.symbol);
            let reason = format!("function \"{name}\" ends inside of a load of 64 bits");
            return Err(section.refuse(relocation.offset, reason));
        }
    }
    Ok(())
}
