//! Makes the copy that a plan asks for.

use object::{
    elf::{
        EM_BPF, SHF_EXECINSTR, SHN_ABS, SHT_RELA, STT_FUNC, STT_NOTYPE, STT_OBJECT, STT_SECTION,
    },
    read::elf::{SectionHeader as _, Sym as _},
};

use super::{
    btf_ext::{self, Record, Target},
    copy::{Copy, header, symbol},
    layout::Fate,
    plan::Plan,
    sections::Role,
    survey::{CodeNames, Place, refuse},
};
use crate::{
    btf::{Btf, Editor},
    error::{Error, Kind, Result, malformed},
};

/// The repaired object.
pub(super) fn apply(plan: &Plan<'_>) -> Result<Vec<u8>> {
    let mut copy = Copy::of(plan.survey.data, plan.survey.elf)?;
    for at in &plan.without {
        copy.remove_relocation(*at)?;
    }
    for (at, symbol) in &plan.redirected {
        copy.redirect(*at, *symbol)?;
    }
    for (at, kind) in &plan.missing.kinds {
        copy.set_kind(*at, *kind)?;
    }
    if plan.missing.machine {
        copy.set_machine(EM_BPF)?;
    }
    complete_functions(plan, &mut copy)?;
    complete_maps(plan, &mut copy)?;
    move_symbols(plan, &mut copy)?;
    let mut members = vec![Vec::new(); plan.layout.fates.len()];
    for (number, fate) in plan.layout.fates.iter().enumerate() {
        if let Some(members) = members.get_mut(fate.into) {
            members.push(number);
        }
    }
    for (number, members) in members.iter().enumerate() {
        change_section(plan, number, members, &mut copy)?;
    }
    for (code, gap) in &plan.fillers {
        let section = section_of(
            plan,
            plan.layout.place(*code, 0).map_or(*code, |(into, _)| into),
        );
        let section = u16::try_from(section).map_err(|_error| too_many())?;
        copy.add_symbol(
            STT_FUNC,
            section,
            gap.start,
            gap.end.saturating_sub(gap.start),
        );
    }
    rewrite_btf(plan, &mut copy)?;
    copy.finish()
}

fn complete_functions(plan: &Plan<'_>, copy: &mut Copy<'_>) -> Result<()> {
    let survey = plan.survey;
    for (number, function) in survey.functions.iter().enumerate() {
        let (is_dropped, index) = (plan.is_dropped.get(number) == Some(&true), function.symbol);
        if is_dropped {
            set_type(plan, copy, index, STT_NOTYPE)?;
        } else if !function.is_complete {
            set_type(plan, copy, index, STT_FUNC)?;
            let size = function.end.saturating_sub(function.start);
            copy.set_symbol(index, symbol::SIZE, &size.to_ne_bytes())?;
        }
    }
    // References to it still find the place.
    for index in &plan.aliases {
        set_type(plan, copy, *index, STT_SECTION)?;
    }
    Ok(())
}

fn complete_maps(plan: &Plan<'_>, copy: &mut Copy<'_>) -> Result<()> {
    let survey = plan.survey;
    for (number, map) in survey.maps.iter().enumerate() {
        if map.is_legacy && !map.is_map {
            // aya takes every symbol of the section for a map.
            copy.set_symbol(map.symbol, symbol::SECTION, &SHN_ABS.to_ne_bytes())?;
        } else if !map.is_complete {
            let behind = survey.maps.get(number..).unwrap_or_default().iter();
            let next = behind
                .take_while(|other| other.section == map.section)
                .find(|other| other.start > map.start)
                .map(|other| other.start);
            let end = match next {
                Some(end) => end,
                None => survey.header(map.section)?.sh_size(survey.elf.endian),
            };
            set_type(plan, copy, map.symbol, STT_OBJECT)?;
            let size = end.saturating_sub(map.start);
            copy.set_symbol(map.symbol, symbol::SIZE, &size.to_ne_bytes())?;
        }
    }
    Ok(())
}

/// Keeps what the upper half says: who sees the symbol.
fn set_type(plan: &Plan<'_>, copy: &mut Copy<'_>, index: usize, kind: u8) -> Result<()> {
    let symbols = &plan.survey.elf.symbols;
    let found = symbols
        .symbol(object::SymbolIndex(index))
        .map_err(malformed)?;
    copy.set_symbol(index, symbol::INFO, &[(found.st_bind() << 4) | kind])
}

fn move_symbols(plan: &Plan<'_>, copy: &mut Copy<'_>) -> Result<()> {
    let (survey, endian) = (plan.survey, plan.survey.elf.endian);
    if plan
        .layout
        .fates
        .iter()
        .enumerate()
        .all(|(number, fate)| is_in_place(number, fate))
    {
        return Ok(());
    }
    for (index, found) in survey.elf.symbols.enumerate().skip(1) {
        if let Some((_, Place::Code(code))) = survey.place_of(found)
            && let Some(fate) = plan.layout.fates.get(code)
            && !is_in_place(code, fate)
        {
            let section =
                u16::try_from(section_of(plan, fate.into)).map_err(|_error| too_many())?;
            let value = found.st_value(endian).wrapping_add(fate.base);
            copy.set_symbol(index.0, symbol::SECTION, &section.to_ne_bytes())?;
            copy.set_symbol(index.0, symbol::VALUE, &value.to_ne_bytes())?;
        }
    }
    Ok(())
}

fn is_in_place(number: usize, fate: &Fate) -> bool {
    fate.into == number && fate.base == 0
}

fn section_of(plan: &Plan<'_>, code: usize) -> usize {
    plan.survey.codes.get(code).map_or(0, |code| code.section)
}

fn change_section(
    plan: &Plan<'_>,
    number: usize,
    members: &[usize],
    copy: &mut Copy<'_>,
) -> Result<()> {
    let (Some(code), Some(fate)) = (plan.survey.codes.get(number), plan.layout.fates.get(number))
    else {
        return Ok(());
    };
    if matches!(fate.role, Role::Foreign(_) | Role::Unknown) {
        return hide(plan, code.section, copy);
    }
    if fate.into != number {
        hide(plan, code.section, copy)?;
        return copy.set_header(code.section, header::SIZE, &[0; 8]);
    }
    if let Some(name) = &fate.name {
        copy.rename(code.section, name)?;
    }
    if members.len() > 1 || fate.base > 0 {
        join(plan, code.section, fate.base, members, copy)?;
    }
    Ok(())
}

/// Has aya find no code there, and nothing by its name: `maps` and `.data` are what they say, executable or not.
fn hide(plan: &Plan<'_>, section: usize, copy: &mut Copy<'_>) -> Result<()> {
    copy.rename(section, &format!("hidden {section}"))?;
    let flags = plan
        .survey
        .header(section)?
        .sh_flags(plan.survey.elf.endian);
    let flags = flags & !u64::from(SHF_EXECINSTR);
    copy.set_header(section, header::FLAGS, &flags.to_ne_bytes())
}

/// Writes the code and the relocations of several sections into one.
fn join(
    plan: &Plan<'_>,
    section: usize,
    base: u64,
    members: &[usize],
    copy: &mut Copy<'_>,
) -> Result<()> {
    let (survey, endian) = (plan.survey, plan.survey.elf.endian);
    // No program ever runs what is before the first one.
    let mut bytes = vec![0; usize::try_from(base).map_err(|_error| too_many())?];
    let (mut relocations, mut relocation_sections) = (Vec::new(), Vec::new());
    for member in members {
        let (Some(code), Some(fate)) = (survey.codes.get(*member), plan.layout.fates.get(*member))
        else {
            continue;
        };
        bytes.extend_from_slice(code.bytes);
        for from in &code.relocations {
            if survey.header(*from)?.sh_type(endian) == SHT_RELA {
                let name = code.name;
                return Err(refuse(format!(
                    "section \"{name}\" has relocations with addends: eBPF has none"
                )));
            }
            for relocation in copy.contents(*from)?.as_chunks::<16>().0 {
                let (offset, rest) = relocation.split_at(8);
                let offset = u64::from_ne_bytes(offset.try_into().unwrap_or_default());
                // What applies to nothing still does.
                let moved = offset.checked_add(fate.base).unwrap_or(offset);
                relocations.extend(moved.to_ne_bytes());
                relocations.extend_from_slice(rest);
            }
            relocation_sections.push(*from);
        }
    }
    copy.replace(section, &bytes)?;
    for (index, from) in relocation_sections.iter().enumerate() {
        let contents = if index == 0 {
            relocations.as_slice()
        } else {
            &[]
        };
        copy.replace(*from, contents)?;
        let info = u32::try_from(section).map_err(|_error| too_many())?;
        copy.set_header(*from, header::INFO, &info.to_ne_bytes())?;
    }
    Ok(())
}

/// `.BTF.ext` names sections by strings of `.BTF`.
fn rewrite_btf(plan: &Plan<'_>, copy: &mut Copy<'_>) -> Result<()> {
    let (survey, codes) = (plan.survey, &plan.survey.codes);
    let is_same = (0..codes.len()).all(|code| plan.layout.keeps(code));
    if is_same && !plan.is_dropped.contains(&true) {
        return Ok(());
    }
    let (Some((types, _)), Some((extension, _))) =
        (survey.elf.section(b".BTF"), survey.elf.section(b".BTF.ext"))
    else {
        return Ok(());
    };
    let (types, extension) = (types.0, extension.0);
    let (data, extension_data) = (
        copy.contents(types)?.to_vec(),
        copy.contents(extension)?.to_vec(),
    );
    let btf = Btf::parse(&data).ok_or_else(|| malformed_btf(".BTF"))?;
    let mut editor = Editor::new(&btf).ok_or_else(|| malformed_btf(".BTF"))?;
    let mut names = Vec::with_capacity(codes.len());
    for (code, fate) in codes.iter().zip(&plan.layout.fates) {
        let name = fate.name.as_deref().unwrap_or(code.name);
        names.push(
            editor
                .add_string(name)
                .ok_or_else(|| malformed_btf(".BTF"))?,
        );
    }
    let sections = CodeNames::of(survey);
    let code_of = |name: u32| sections.find(btf.string(name)?);
    let rewritten = btf_ext::rewrite(
        &extension_data,
        |name| target(plan, &names, code_of(name), name),
        |record| code_of(record.section).is_none_or(|code| is_kept(plan, code, record)),
    )
    .ok_or_else(|| malformed_btf(".BTF.ext"))?;
    let types_data = editor.finish().ok_or_else(|| malformed_btf(".BTF"))?;
    copy.replace(types, &types_data)?;
    copy.replace(extension, &rewritten)
}

fn target(plan: &Plan<'_>, names: &[u32], code: Option<usize>, name: u32) -> Target {
    let fate = code.and_then(|code| plan.layout.fates.get(code));
    match fate {
        Some(fate) => Target {
            group: fate.into,
            name: names.get(fate.into).copied(),
            base: u32::try_from(fate.base).unwrap_or(u32::MAX),
        },
        None => Target {
            group: plan.survey.codes.len().saturating_add(name as usize),
            name: None,
            base: 0,
        },
    }
}

/// Records of programs that aya does not see would be errors to it.
fn is_kept(plan: &Plan<'_>, code: usize, record: &Record) -> bool {
    let role = plan.layout.fates.get(code).map(|fate| fate.role);
    if matches!(role, Some(Role::Foreign(_) | Role::Unknown)) {
        return false;
    }
    let function = plan.survey.function_at(code, record.offset.into());
    function.is_none_or(|function| plan.is_dropped.get(function) != Some(&true))
}

fn malformed_btf(section: &str) -> Error {
    Error::new(Kind::Btf, format!("the section {section} is malformed"))
}

fn too_many() -> Error {
    refuse("the object has too many sections")
}
