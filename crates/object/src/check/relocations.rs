//! Relocations: that they are of a kind that is known, and change an instruction and refer to a symbol that exist.

use object::{
    elf::{R_BPF_64_32, R_BPF_64_64, R_BPF_NONE, SHT_REL, SHT_RELA},
    read::elf::{SectionHeader as _, Sym as _},
};

use super::{
    file::{ENDIAN, File, Section},
    functions::is_function,
};
use crate::{error::Result, to_usize};

/// `sizeof(struct bpf_insn)`
pub(super) const INSTRUCTION: usize = 8;

/// `BPF_LD | BPF_DW | BPF_IMM`: the one instruction that takes two places.
const LOAD_64: u8 = 0x18;
/// `BPF_JMP | BPF_CALL`
const CALL: u8 = 0x85;

/// `sizeof(Elf64_Rel)`; behind it, `Elf64_Rela` has an addend.
const RELOCATION: usize = 16;

/// `Elf64_Rel`, and the first fields of `Elf64_Rela`.
#[derive(Clone, Copy)]
pub(super) struct Relocation {
    /// Where in the section that it changes.
    pub(super) offset: u64,
    pub(super) kind: u32,
    pub(super) symbol: usize,
}

pub(super) fn check(file: &File<'_>) -> Result<()> {
    for section in &file.sections {
        let Some(size) = record_size(section) else {
            continue;
        };
        let target = section.header.sh_info(ENDIAN);
        let Some(changed) = file.sections.get(to_usize(target.into())) else {
            let count = file.sections.len();
            return Err(section.refuse(
                0_u64,
                format!("it relocates section {target}; the object has {count}"),
            ));
        };
        if section.data.len() % size != 0 {
            return Err(section.refuse(
                section.data.len() / size * size,
                format!("it ends inside of a relocation of {size} bytes"),
            ));
        }
        let table = section.header.sh_link(ENDIAN);
        if changed.has_code() && to_usize(table.into()) != file.symbols.section().0 {
            return Err(section.refuse(
                0_u64,
                format!("its symbols are those of section {table}, which is not the symbol table"),
            ));
        }
        if changed.has_code() {
            check_addends(section, size)?;
        }
        for (number, relocation) in records(section).enumerate() {
            let last = file.symbols.len().saturating_sub(1);
            if relocation.symbol == 0 || relocation.symbol > last {
                return Err(section.refuse(
                    number * size,
                    format!(
                        "it refers to symbol {}; there are symbols 1 to {last}",
                        relocation.symbol
                    ),
                ));
            }
            // What stands for something that is not defined may have been finished: aya leaves it alone.
            if changed.has_code() && !is_undefined(file, relocation) {
                check_instruction(changed, relocation)?;
            }
        }
    }
    Ok(())
}

/// What is added is in the instruction. aya does not look at an addend of the relocation, and nor does libbpf.
fn check_addends(section: &Section<'_>, size: usize) -> Result<()> {
    for (number, record) in section.data.chunks_exact(size).enumerate() {
        let addend = record.get(RELOCATION..).unwrap_or_default();
        if addend.iter().any(|byte| *byte != 0) {
            return Err(section.refuse(
                number * size,
                "the relocation has an addend of its own, other than 0; in eBPF it is in the instruction",
            ));
        }
    }
    Ok(())
}

fn check_instruction(section: &Section<'_>, relocation: Relocation) -> Result<()> {
    let offset = relocation.offset;
    let start = to_usize(offset);
    let is_call = section.data.get(start) == Some(&CALL);
    let (code, places, what) = match relocation.kind {
        // Not every tool wrote kinds: the instruction tells.
        R_BPF_NONE if is_call => (CALL, 1, "a call"),
        R_BPF_64_64 | R_BPF_NONE => (LOAD_64, 2, "a load of 64 bits"),
        R_BPF_64_32 => (CALL, 1, "a call"),
        kind => {
            return Err(section.refuse(offset, format!("a relocation of unknown kind {kind}")));
        }
    };
    let end = start.saturating_add(places * INSTRUCTION);
    match section.data.get(start..end) {
        Some([found, ..]) if *found == code && start.is_multiple_of(INSTRUCTION) => Ok(()),
        _ => Err(section.refuse(
            offset,
            format!(
                "a relocation of kind {} for something that is not {what}",
                relocation.kind
            ),
        )),
    }
}

/// Whether it is for a value from elsewhere. aya takes every function for a defined one.
fn is_undefined(file: &File<'_>, relocation: Relocation) -> bool {
    file.symbol(relocation.symbol)
        .is_some_and(|symbol| symbol.st_shndx(ENDIAN) == 0 && !is_function(symbol))
}

/// Whether an instruction is what aya takes for a call of a function in the object (`BPF_PSEUDO_CALL`).
pub(super) fn is_call(section: &Section<'_>, offset: u64) -> bool {
    let start = to_usize(offset);
    let registers: u8 = if cfg!(target_endian = "little") {
        0x10
    } else {
        0x01
    };
    let instruction = section.data.get(start..start.saturating_add(4));
    instruction == Some(&[CALL, registers, 0, 0])
}

/// The relocations in a section of them.
pub(super) fn records(section: &Section<'_>) -> impl Iterator<Item = Relocation> {
    let size = record_size(section).unwrap_or(usize::MAX);
    section.data.chunks_exact(size).filter_map(|record| {
        let (offset, rest) = record.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (symbol, _) = rest.split_first_chunk()?;
        // The two halves of `r_info` are in the order of this machine's bytes.
        let (kind, symbol) = if cfg!(target_endian = "little") {
            (u32::from_ne_bytes(*kind), u32::from_ne_bytes(*symbol))
        } else {
            (u32::from_ne_bytes(*symbol), u32::from_ne_bytes(*kind))
        };
        Some(Relocation {
            offset: u64::from_ne_bytes(*offset),
            kind,
            symbol: to_usize(symbol.into()),
        })
    })
}

/// All relocations, each with the section that it changes.
pub(super) fn all<'a, 'b>(
    file: &'b File<'a>,
) -> impl Iterator<Item = (&'b Section<'a>, Relocation)> {
    let sections = file.sections.iter().filter_map(|section| {
        record_size(section)?;
        let changed = section.header.sh_info(ENDIAN);
        Some((file.sections.get(to_usize(changed.into()))?, section))
    });
    sections.flat_map(|(changed, section)| {
        records(section).map(move |relocation| (changed, relocation))
    })
}

fn record_size(section: &Section<'_>) -> Option<usize> {
    match section.header.sh_type(ENDIAN) {
        SHT_REL => Some(RELOCATION),
        SHT_RELA => Some(24),
        _ => None,
    }
}
