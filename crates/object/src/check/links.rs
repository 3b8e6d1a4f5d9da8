//! What functions and definitions of maps refer to, and what aya would take for something else.

use std::{cell::OnceCell, collections::HashSet};

use object::{
    elf::{R_BPF_64_64, SHN_ABS, STB_WEAK, STT_SECTION},
    read::elf::Sym as _,
};

use super::{
    btf::Types,
    file::{ENDIAN, File, Section},
    functions::{self, Function, is_function},
    relocations::{self, Relocation, is_call},
};
use crate::{
    error::{Error, Result, shortened},
    to_usize,
};

/// A pointer in a definition in `.maps`.
const POINTER: usize = 8;

/// An instruction that refers to something that neither the object has, nor is declared to come from the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// The number of its section.
    pub(crate) section: usize,
    /// Where in that section, in bytes.
    pub(crate) offset: u64,
    /// What about it, in words that follow the name of the function.
    pub(crate) reason: String,
}

pub(super) fn check(file: &File<'_>) -> Result<()> {
    check_licence(file)?;
    let functions = functions::by_place(file);
    for missing in missing(file) {
        let function = functions::at(&functions, missing.section, missing.offset);
        if let Some(function) = function {
            return Err(refuse_in(file, function, missing.offset, &missing.reason));
        }
    }
    check_targets(file, &functions)?;
    check_definitions(file)
}

/// What nobody defines. aya leaves the instruction as the compiler wrote it: a load of 0, or a call of itself.
pub(super) fn missing(file: &File<'_>) -> Vec<Missing> {
    let declared = OnceCell::new();
    let is_declared = |name: &str| declared.get_or_init(|| declarations(file)).contains(name);
    relocations::all(file)
        .filter(|(section, _)| section.has_code())
        .filter_map(|(section, relocation)| {
            Some(Missing {
                section: section.index,
                offset: relocation.offset,
                reason: why_missing(file, section, relocation, is_declared)?,
            })
        })
        .collect()
}

fn why_missing(
    file: &File<'_>,
    section: &Section<'_>,
    relocation: Relocation,
    is_declared: impl Fn(&str) -> bool,
) -> Option<String> {
    let symbol = file.symbol(relocation.symbol)?;
    if file.section_of(relocation.symbol, symbol).is_some() {
        return None;
    }
    let whole = file.symbol_name(symbol);
    let name = shortened(whole);
    if symbol.st_shndx(ENDIAN) == SHN_ABS {
        return Some(format!(
            "uses the number \"{name}\", which is not written into it; use a constant of C"
        ));
    }
    if is_function(symbol) || is_call(section, relocation.offset) {
        return Some(format!(
            "calls \"{name}\", which the object does not have; define it there"
        ));
    }
    // A weak one is 0 when it does not exist. What is declared to come from the kernel is looked for there.
    let is_wanted =
        relocation.kind == R_BPF_64_64 && symbol.st_bind() != STB_WEAK && !is_declared(whole);
    is_wanted.then(|| format!("uses \"{name}\", which the object does not have; define it there"))
}

fn declarations<'a>(file: &File<'a>) -> HashSet<&'a str> {
    let types = file.section_named(".BTF").map(|section| section.data);
    let types = types.and_then(|types| Types::check(types).ok());
    types.map_or_else(HashSet::new, |types| types.declared())
}

/// aya takes everything in a section with functions for a function.
fn check_targets(file: &File<'_>, functions: &[Function<'_, '_>]) -> Result<()> {
    let mut with_functions: Vec<usize> = functions.iter().map(|one| one.section.index).collect();
    with_functions.dedup();
    for (section, relocation) in relocations::all(file) {
        let Some(function) = functions::at(functions, section.index, relocation.offset) else {
            continue;
        };
        let Some(symbol) = file.symbol(relocation.symbol) else {
            continue;
        };
        let is_other = !is_function(symbol) && symbol.st_type() != STT_SECTION;
        if is_other
            && let Some(target) = file.section_of(relocation.symbol, symbol)
            && with_functions.binary_search(&target.index).is_ok()
        {
            let name = file.symbol_name(symbol);
            let reason = format!(
                "refers to \"{name}\" in section {}, which is no function",
                target.name
            );
            return Err(refuse_in(file, function, relocation.offset, &reason));
        }
    }
    Ok(())
}

fn refuse_in(file: &File<'_>, function: &Function<'_, '_>, offset: u64, reason: &str) -> Error {
    let name = file.symbol_name(function.symbol);
    let reason = format!("function \"{name}\" {reason}");
    function.section.refuse(offset, reason)
}

fn check_licence(file: &File<'_>) -> Result<()> {
    let Some(section) = file.section_named("license") else {
        return Ok(());
    };
    let Some((0, licence)) = section.data.split_last() else {
        return Err(section.refuse(0_u64, "the licence has no NUL byte at its end"));
    };
    if licence.is_empty() {
        return Err(section.refuse(0_u64, "the licence is empty"));
    }
    if let Some(at) = licence.iter().position(|byte| *byte == 0) {
        return Err(section.refuse(at, "the licence has a NUL byte before its end"));
    }
    match str::from_utf8(licence) {
        Ok(_) => Ok(()),
        Err(error) => Err(section.refuse(error.valid_up_to(), "the licence is not UTF-8")),
    }
}

/// All that a definition says is in its type: a value in its bytes would be lost.
fn check_definitions(file: &File<'_>) -> Result<()> {
    let is_of_maps = |section: &Section<'_>| section.name.starts_with(".maps");
    let pointers: HashSet<(usize, u64)> = relocations::all(file)
        .filter(|(section, _)| is_of_maps(section))
        .map(|(section, relocation)| (section.index, relocation.offset))
        .collect();
    for section in file.sections.iter().filter(|section| is_of_maps(section)) {
        let is_pointer = |at: usize| {
            let start = (at / POINTER * POINTER) as u64;
            pointers.contains(&(section.index, start))
        };
        let mut bytes = section.data.iter().enumerate();
        if let Some((at, _)) = bytes.find(|(at, byte)| **byte != 0 && !is_pointer(*at)) {
            let name = definition_at(file, section, at).unwrap_or_default();
            return Err(section.refuse(
                at,
                format!("the definition of map \"{name}\" has a value there; only \"values\" may have some"),
            ));
        }
    }
    Ok(())
}

fn definition_at<'a>(file: &File<'a>, section: &Section<'_>, at: usize) -> Option<&'a str> {
    let mut symbols = file.numbered_symbols();
    let definition = symbols.find(|(number, symbol)| {
        let found = file.section_of(*number, symbol);
        let start = to_usize(symbol.st_value(ENDIAN));
        let end = start.saturating_add(to_usize(symbol.st_size(ENDIAN)));
        found.is_some_and(|found| found.index == section.index) && (start..end).contains(&at)
    });
    definition.map(|(_, symbol)| file.symbol_name(symbol))
}
