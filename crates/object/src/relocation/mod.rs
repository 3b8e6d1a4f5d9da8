//! CO-RE: instructions that depend on the types of a kernel get their values here, and aya finds nothing left to do.
//!
//! As libbpf does, what the kernel lacks spoils the instruction and not the object: the verifier refuses the program that
//! reaches it, and no other. aya refuses the whole object for some of it, and never says what was missing.

mod effort;
mod instruction;
mod matching;
mod missing;
mod path;
mod places;
mod record;
mod target;
#[cfg(test)]
mod tests;
mod value;

use object::read::elf::SectionHeader as _;

use self::{
    effort::Effort,
    missing::Missing,
    path::{Path, type_name},
    places::{Functions, Places},
    record::{Kind, Record},
    target::Target,
    value::{Value, value, written},
};
use crate::{
    btf::{Btf, MAX_DEPTH},
    btf_ext,
    error::{Result, malformed, shortened},
    externs::Kernel,
    symbols::Elf,
    to_usize,
};

/// What an object is relocated against.
#[derive(Clone, Copy, Default)]
pub enum Types<'a> {
    /// Nothing: instructions stay as they were compiled.
    #[default]
    Nothing,
    /// The types of the kernel that it is for.
    Kernel,
    /// Raw BTF, which has been checked.
    Given(&'a [u8]),
}

/// What a program needs of a kernel that does not have it. The program is refused where it gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The function that the verifier finds called instead: `invalid func unknown#195896080`.
    pub call: u32,
    /// What is needed: `struct task_struct::no_such_field`.
    pub what: String,
    /// Why it cannot be had.
    pub reason: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// The function of C that needs it.
    pub function: Option<String>,
    /// The line of C: `filter.bpf.c:12: return data[0];`.
    pub line: Option<String>,
}

/// Whether two types are the same as far as it matters (`bpf_core_types_are_compat`).
pub(crate) fn are_compatible(one: (&Btf<'_>, u32), other: (&Btf<'_>, u32)) -> bool {
    target::are_compatible(one, other, (MAX_DEPTH, &Effort::new(0)))
}

/// The call that libbpf makes of such an instruction, 0xbad2310; each has a number of its own from there on.
const FIRST_CALL: u32 = 195_896_080;

/// Of so many it is told why, and no object that somebody has written has more.
const MAX_UNRESOLVED: usize = 1 << 14;

/// An object without relocations of this kind.
pub(crate) struct Relocated {
    pub(crate) data: Vec<u8>,
    pub(crate) unresolved: Vec<Unresolved>,
}

/// Relocates `data`, which `elf` has been read from and which has been checked; `None` if there is nothing to relocate.
pub(crate) fn relocate(
    data: &[u8],
    elf: &Elf<'_>,
    kernel: Option<&dyn Kernel>,
    types: Types<'_>,
) -> Result<Option<Relocated>> {
    let (Some((_, section)), Some((_, extension))) =
        (elf.section(b".BTF"), elf.section(b".BTF.ext"))
    else {
        return Ok(None);
    };
    let btf = section.data(elf.endian, data).map_err(malformed)?;
    let Some(btf) = Btf::parse(btf) else {
        return Ok(None); // aya says what is wrong with it.
    };
    let start = to_usize(extension.sh_offset(elf.endian));
    let extension = extension.data(elf.endian, data).map_err(malformed)?;
    let records = record::read(data, elf, &btf, extension)?;
    if records.is_empty() {
        return Ok(None);
    }
    let mut relocated = Relocated {
        data: data.to_vec(),
        unresolved: Vec::new(),
    };
    let length = start.saturating_add(btf_ext::RELOCATIONS + 4);
    if let Some(length) = relocated.data.get_mut(length..length.saturating_add(4)) {
        length.fill(0);
    }
    let (known, whose) = match types {
        Types::Nothing => return Ok(Some(relocated)),
        Types::Given(types) => (Some(types), "the given BTF"),
        Types::Kernel => {
            let is_needed = records
                .iter()
                .any(|record| record.kind != Kind::TypeIdLocal);
            let types = kernel.filter(|_| is_needed).and_then(Kernel::types);
            (types, "this kernel")
        }
    };
    let known = known.and_then(Btf::parse);
    let target = known
        .as_ref()
        .map(|known| Target::new(known, &btf, &records));
    let functions = Functions::of(elf);
    let mut places = None;
    for record in &records {
        let code = relocated.data.get_mut(..record.end).unwrap_or_default();
        let result = resolve(&btf, target.as_ref(), record, functions.number(record))
            .and_then(|(value, written)| instruction::write(code, record.place, &value, written));
        let Err(missing) = result else {
            continue;
        };
        let count = relocated.unresolved.len().min(MAX_UNRESOLVED);
        let call = FIRST_CALL.saturating_add(u32::try_from(count).unwrap_or(0));
        instruction::poison(code, record.place, call);
        if count == MAX_UNRESOLVED {
            continue;
        }
        let about = record.kind.about();
        let what = Path::of(&btf, record).map(|path| path.spelled(about));
        let places = places.get_or_insert_with(|| Places::of(&functions, &btf, extension));
        relocated.unresolved.push(Unresolved {
            call,
            what: what.unwrap_or_else(|| type_name(&btf, record.type_id)),
            reason: missing.words(whose),
            remedy: missing.remedy(about),
            function: places.function(record),
            line: places.line(record),
        });
    }
    Ok(Some(relocated))
}

/// The value of a relocation, and what the compiler wrote in its place.
fn resolve(
    btf: &Btf<'_>,
    target: Option<&Target<'_, '_>>,
    record: &Record<'_>,
    function: usize,
) -> std::result::Result<(Value, Option<u64>), Missing> {
    let kind = record.kind;
    let local =
        Path::of(btf, record).ok_or_else(|| Missing::Path(shortened(record.path).into_owned()))?;
    let value_of = |found: Option<&Path<'_, '_>>| value(kind, &local, found);
    if kind == Kind::TypeIdLocal {
        let value = value_of(None).ok_or(Missing::Unknown)?;
        return Ok((value, None));
    }
    let found = btf.get(record.type_id).ok_or(Missing::Nameless)?;
    if btf.name(found).is_none_or(str::is_empty) {
        return Err(Missing::Nameless);
    }
    let target = target.ok_or(Missing::Types)?;
    let mut missing = Missing::Type {
        name: type_name(btf, record.type_id),
    };
    let mut result: Option<(u64, Value)> = None;
    let mut matched = Vec::new();
    for candidate in target
        .candidates(function, btf, (record.type_id, found))
        .iter()
    {
        let path = match target.find(&local, kind, *candidate) {
            Ok(path) => path,
            Err(Missing::Endless) => return Err(Missing::Endless),
            Err(reason) => {
                missing = reason;
                continue;
            }
        };
        let value = value_of(Some(&path)).ok_or(Missing::Unknown)?;
        match &result {
            Some((bits, first)) if *bits != path.bits || first.number != value.number => {
                return Err(Missing::Ambiguous);
            }
            Some(_) => {}
            None => result = Some((path.bits, value)),
        }
        matched.push(*candidate);
    }
    if !matched.is_empty() {
        target.keep(function, record.type_id, matched);
    }
    let value = match result {
        Some((_, value)) => value,
        None => value_of(None).ok_or(missing)?,
    };
    Ok((value, written(kind, &local)))
}
