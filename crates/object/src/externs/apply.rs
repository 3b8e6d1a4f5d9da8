//! What was found is written into the copy: instructions, the types that the kernel would refuse, and a section for the
//! options of its configuration.

use std::collections::BTreeMap;

use object::{
    SectionIndex,
    elf::{SHF_EXECINSTR, STB_GLOBAL, STT_OBJECT},
    read::elf::SectionHeader as _,
};

use super::{
    Found, KernelType,
    kconfig::Config,
    section::add_section,
    survey::{Extern, Origin},
};
use crate::{
    btf::{Btf, Editor, kind},
    error::{Error, Kind, Result, malformed},
    repair::Obstacle,
    symbols::{Elf, replace_section},
};

/// aya makes a map of constants of what is called so; libbpf's is `.kconfig`.
const CONFIG_SECTION: &str = ".rodata.kconfig";

const SYMBOL_BYTES: usize = 24;

const INSTRUCTION: usize = 8;
const LOAD_IMMEDIATE: u8 = 0x18;
const CALL: u8 = 0x85;
/// `goto` to the next instruction.
const NOTHING: [u8; INSTRUCTION] = [0x05, 0, 0, 0, 0, 0, 0, 0];

/// What the register of the source says (linux/bpf.h).
const BPF_PSEUDO_KFUNC_CALL: u8 = 2;
const BPF_PSEUDO_BTF_ID: u8 = 3;

/// Helpers that no kernel has, one for each symbol: the verifier refuses the program that reaches one, and only that.
const NO_HELPERS: u32 = 2_003_000_000;

/// Finishes the instructions that refer to externs.
pub(super) fn instructions(
    elf: &Elf<'_>,
    data: &[u8],
    externs: &[Extern<'_>],
    copy: &mut [u8],
) -> Result<Vec<Obstacle>> {
    let by_symbol: BTreeMap<usize, &Extern<'_>> =
        externs.iter().map(|one| (one.symbol, one)).collect();
    let mut obstacles = Vec::new();
    for relocations in elf.sections.iter() {
        let Some((entries, _)) = relocations.rel(elf.endian, data).map_err(malformed)? else {
            continue;
        };
        let section = relocations.info_link(elf.endian);
        let Ok(code) = elf.sections.section(section) else {
            continue;
        };
        if code.sh_flags(elf.endian) & u64::from(SHF_EXECINSTR) == 0 {
            continue;
        }
        for entry in entries {
            let Some(wanted) = by_symbol.get(&(entry.r_sym(elf.endian) as usize)) else {
                continue;
            };
            let offset = entry.r_offset.get(elf.endian);
            let place = code.sh_offset(elf.endian).checked_add(offset);
            if place.is_none_or(|place| finish(copy, place, wanted).is_none()) {
                let name = wanted.name;
                let mut error = Error::new(
                    Kind::Parse,
                    format!("what refers to {name} is no instruction that can"),
                );
                let section_name = elf.sections.section_name(elf.endian, code);
                let section_name =
                    section_name.map(|name| String::from_utf8_lossy(name).into_owned());
                error.section = section_name.ok();
                error.offset = Some(offset);
                return Err(error);
            }
            if let Some(Found::Missing(reason)) = &wanted.found {
                obstacles.push(Obstacle {
                    section: section.0,
                    offset,
                    reason: reason.clone(),
                });
            }
        }
    }
    Ok(obstacles)
}

/// The weak functions that are not there, by the helpers that stand for them.
pub(super) fn absent(externs: &[Extern<'_>]) -> Vec<(u32, String)> {
    externs
        .iter()
        .filter(|one| one.found == Some(Found::Nothing))
        .filter(|one| one.origin == Origin::Type(KernelType::Function))
        .map(|one| (stand_in(one), one.name.to_owned()))
        .collect()
}

/// Finishes one instruction; `None` when it is none that refers to anything.
fn finish(data: &mut [u8], place: u64, wanted: &Extern<'_>) -> Option<()> {
    let start = usize::try_from(place).ok()?;
    let code = *data.get(start)?;
    let length = match code {
        LOAD_IMMEDIATE => 2 * INSTRUCTION,
        CALL => INSTRUCTION,
        _ => return None,
    };
    let bytes = data.get_mut(start..start.checked_add(length)?)?;
    match (code, wanted.found.as_ref()?) {
        (LOAD_IMMEDIATE, Found::Config) => {}
        (LOAD_IMMEDIATE, Found::Nothing) => load(bytes, 0, 0)?,
        (LOAD_IMMEDIATE, Found::Address(address)) => load(bytes, 0, *address)?,
        (LOAD_IMMEDIATE, Found::TypeId(id)) => load(bytes, BPF_PSEUDO_BTF_ID, (*id).into())?,
        (CALL, Found::TypeId(id)) => call(bytes, BPF_PSEUDO_KFUNC_CALL, *id)?,
        // A weak function that is not there is called where its address, 0, has been looked at before.
        _ => {
            call(bytes.get_mut(..INSTRUCTION)?, 0, stand_in(wanted))?;
            if let Some(second) = bytes.get_mut(INSTRUCTION..) {
                second.copy_from_slice(NOTHING.get(..second.len())?);
            }
        }
    }
    Some(())
}

/// The helper that is called in place of a weak function that is not there.
fn stand_in(absent: &Extern<'_>) -> u32 {
    NO_HELPERS.saturating_add(u32::try_from(absent.symbol).unwrap_or(0))
}

fn load(bytes: &mut [u8], source: u8, value: u64) -> Option<()> {
    let (low, high) = (value & 0xffff_ffff, value >> 32);
    set_source(bytes, source)?;
    set_immediate(bytes, u32::try_from(low).ok()?)?;
    set_immediate(bytes.get_mut(INSTRUCTION..)?, u32::try_from(high).ok()?)
}

fn call(bytes: &mut [u8], source: u8, function: u32) -> Option<()> {
    bytes.copy_from_slice(&[CALL, 0, 0, 0, 0, 0, 0, 0]);
    set_source(bytes, source)?;
    set_immediate(bytes, function)
}

/// The registers share a byte, as bit fields: their order is that of the machine's bytes.
fn set_source(bytes: &mut [u8], source: u8) -> Option<()> {
    let registers = bytes.get_mut(1)?;
    *registers = if cfg!(target_endian = "little") {
        *registers & 0x0f | source << 4
    } else {
        *registers & 0xf0 | source
    };
    Some(())
}

fn set_immediate(bytes: &mut [u8], value: u32) -> Option<()> {
    bytes.get_mut(4..8)?.copy_from_slice(&value.to_ne_bytes());
    Some(())
}

/// Has the types say that all externs are defined, as libbpf does (`bpf_object__collect_externs`): the kernel takes no
/// others.
pub(super) fn types(
    elf: &Elf<'_>,
    section: SectionIndex,
    btf: &Btf<'_>,
    copy: &mut Vec<u8>,
) -> Result<()> {
    let edited = edit_types(btf)
        .ok_or_else(|| Error::new(Kind::Btf, "the types of what is extern are malformed"))?;
    replace_section(elf, section, &edited, copy)
}

fn edit_types(btf: &Btf<'_>) -> Option<Vec<u8>> {
    let mut editor = Editor::new(btf)?;
    let int = editor.add_int()?;
    let stand_in = editor.add_variable("ayajs_ksym", int)?;
    for id in btf.ids() {
        let Some(section) = btf.get(id).filter(|one| one.kind == kind::DATASEC) else {
            continue;
        };
        if !matches!(btf.name(section), Some(".ksyms" | ".kconfig")) {
            continue;
        }
        // Nobody looks at what they are of in the kernel: an integer will do, also for functions.
        let mut end = 0_u32;
        for (index, id) in btf.variables(section).enumerate() {
            let declared = btf.get(id)?;
            editor.define(declared)?;
            if declared.kind == kind::FUNC {
                editor.place(section, index, [stand_in, end, 4])?;
            } else {
                editor.retype(declared, int)?;
                editor.place(section, index, [id, end, 4])?;
            }
            end = end.checked_add(4)?;
        }
        editor.resize(section, end)?;
    }
    editor.finish()
}

/// Gives the options of the kernel's configuration a section of constants, and has their symbols lie there.
pub(super) fn variables(
    elf: &Elf<'_>,
    externs: &[Extern<'_>],
    config: &Config,
    copy: &mut Vec<u8>,
) -> Result<()> {
    let section = add_section(elf, CONFIG_SECTION, &config.contents, copy)?;
    let symbols = elf
        .sections
        .section(elf.symbols.section())
        .map_err(malformed)?;
    let symbols = symbols.sh_offset(elf.endian);
    for (wanted, place) in externs.iter().zip(&config.places) {
        // aya would finish the instructions of those that are missing, which are others by now.
        let Some((value, size)) = place.filter(|_| wanted.found == Some(Found::Config)) else {
            continue;
        };
        let symbol = wanted
            .symbol
            .checked_mul(SYMBOL_BYTES)
            .and_then(|offset| offset.checked_add(usize::try_from(symbols).ok()?))
            .and_then(|start| copy.get_mut(start..start.checked_add(SYMBOL_BYTES)?));
        let Some(symbol) = symbol else {
            return Err(Error::new(Kind::Parse, "the symbols end after the file"));
        };
        // `Elf64_Sym`: name, info, other, section, value, size.
        let (info, rest) = symbol.split_at_mut(6);
        if let Some(info) = info.get_mut(4) {
            *info = STB_GLOBAL << 4 | STT_OBJECT;
        }
        let fields = section
            .to_ne_bytes()
            .into_iter()
            .chain(u64::from(value).to_ne_bytes())
            .chain(u64::from(size).to_ne_bytes());
        for (byte, value) in rest.iter_mut().zip(fields) {
            *byte = value;
        }
    }
    Ok(())
}
