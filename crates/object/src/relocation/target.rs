//! The same in the types of a kernel: candidates by name, and what is reached in them by the same names
//! (`bpf_core_spec_match` of libbpf).

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use super::{
    Missing,
    effort::Effort,
    matching::matches,
    path::{Path, Step, is_composite, is_enum, member_bits, type_name},
    record::{About, Kind, Record},
};
use crate::{
    btf::{Btf, MAX_DEPTH, Type, essential, essential_name, kind},
    error::shortened,
};

/// Candidates by the function that asks and the type of the object.
type Matched = HashMap<(usize, u32), Rc<[u32]>>;

/// The types of a kernel, by those names that an object asks for.
pub(super) struct Target<'a, 'b> {
    pub(super) btf: &'b Btf<'a>,
    candidates: HashMap<&'b [u8], Vec<u32>>,
    effort: Effort,
    /// Those that relocations have not ruled out.
    matched: RefCell<Matched>,
}

impl<'a, 'b> Target<'a, 'b> {
    pub(super) fn new(btf: &'b Btf<'a>, local: &'b Btf<'_>, records: &[Record<'_>]) -> Self {
        let mut candidates: HashMap<&[u8], Vec<u32>> = HashMap::new();
        let mut kinds = 0_u32;
        for found in records
            .iter()
            .filter_map(|record| local.get(record.type_id))
        {
            kinds |= 1 << found.kind;
            candidates.insert(essential(local, found), Vec::new());
        }
        if kinds & ENUMS != 0 {
            kinds |= ENUMS;
        }
        for id in btf.ids() {
            let Some(found) = btf.get(id).filter(|found| kinds & 1 << found.kind != 0) else {
                continue;
            };
            if let Some(same) = candidates.get_mut(essential(btf, found)) {
                same.push(id);
            }
        }
        Self {
            btf,
            candidates,
            effort: Effort::new(records.len()),
            matched: RefCell::new(HashMap::new()),
        }
    }

    /// The types that may be meant by one of the object: those of its name and kind, and in a function those alone that
    /// had what it asked for before.
    pub(super) fn candidates(
        &self,
        function: usize,
        local: &Btf<'_>,
        (id, found): (u32, Type),
    ) -> Rc<[u32]> {
        if let Some(matched) = self.matched.borrow().get(&(function, id)) {
            return Rc::clone(matched);
        }
        let same = self.candidates.get(essential(local, found));
        let same = same.into_iter().flatten().copied();
        let is_like = |one: &u32| {
            let one = self.btf.get(*one);
            one.is_some_and(|one| is_same_kind(one, found))
        };
        same.filter(is_like).collect()
    }

    /// Keeps those that have what a function asks for: it cannot mean another type the next time. libbpf does so for all
    /// programs that it loads together (`bpf_core_calc_relo_insn`).
    pub(super) fn keep(&self, function: usize, id: u32, matched: Vec<u32>) {
        let mut all = self.matched.borrow_mut();
        all.insert((function, id), matched.into());
    }

    /// What is reached in a candidate.
    pub(super) fn find(
        &self,
        local: &Path<'_, '_>,
        relocation: Kind,
        candidate: u32,
    ) -> Result<Path<'a, 'b>, Missing> {
        let found = self.reach(local, relocation, candidate);
        if self.effort.is_spent() {
            return Err(Missing::Endless);
        }
        found
    }

    fn reach(
        &self,
        local: &Path<'_, '_>,
        relocation: Kind,
        candidate: u32,
    ) -> Result<Path<'a, 'b>, Missing> {
        let mut path = Path::new(self.btf, candidate);
        match relocation.about() {
            About::Type => {
                let (one, other) = ((local.btf, local.root), (self.btf, candidate));
                let fits = match relocation {
                    Kind::TypeMatches => matches(one, other, &self.effort),
                    _ => are_compatible(one, other, (MAX_DEPTH, &self.effort)),
                };
                if !fits {
                    let what = type_name(self.btf, candidate);
                    return Err(Missing::Other { what });
                }
            }
            About::Value => find_value(local, &mut path)?,
            About::Field => find_field(local, &mut path, &self.effort)?,
        }
        Ok(path)
    }
}

/// Enumerations of 32 and of 64 bits stand for one another.
const ENUMS: u32 = 1 << kind::ENUM | 1 << kind::ENUM64;

fn is_same_kind(one: Type, other: Type) -> bool {
    one.kind == other.kind || is_enum(one) && is_enum(other)
}

fn find_value(local: &Path<'_, '_>, path: &mut Path<'_, '_>) -> Result<(), Missing> {
    let wanted = local.steps.first().and_then(|step| step.name);
    let wanted = wanted.map(essential_name).unwrap_or_default();
    let btf = path.btf;
    let missing = || Missing::Value {
        of: type_name(btf, path.root),
        value: shortened(wanted).into_owned(),
    };
    let (id, found) = btf.resolve_id(path.root).ok_or_else(missing)?;
    let mut values = btf.values(found).map(|(name, _)| btf.string(name));
    let index = values.position(|name| name.map(essential_name) == Some(wanted));
    let index = index.and_then(|index| u32::try_from(index).ok());
    path.step(id, index.ok_or_else(missing)?, Some(""));
    Ok(())
}

fn find_field(
    local: &Path<'_, '_>,
    path: &mut Path<'_, '_>,
    effort: &Effort,
) -> Result<(), Missing> {
    let mut id = path.root;
    for (number, step) in local.steps.iter().enumerate() {
        if let Some(field) = step.name {
            let of = named(path.btf, id).unwrap_or_else(|| spelled_before(local, number));
            id = match find_member((local.btf, *step), path, id, (MAX_DEPTH, effort)) {
                Some(Member::Compatible(next)) => next,
                Some(Member::Other) => {
                    let what = format!("{of}::{}", shortened(field));
                    return Err(Missing::Other { what });
                }
                None => {
                    let field = shortened(field).into_owned();
                    return Err(Missing::Field { of, field });
                }
            };
            continue;
        }
        let missing = || Missing::Element {
            of: spelled_before(local, number),
            index: step.index,
        };
        // The first one is not in an array: the pointer itself counts as one.
        let (element, found) = path.btf.resolve_id(id).ok_or_else(missing)?;
        id = if number == 0 {
            element
        } else {
            path.element_type(found, step.index).ok_or_else(missing)?
        };
        path.element(id, step.index).ok_or_else(missing)?;
    }
    Ok(())
}

/// The first name on the way to what is behind typedefs and qualifiers.
fn named(btf: &Btf<'_>, mut id: u32) -> Option<String> {
    for _ in 0..MAX_DEPTH {
        let found = btf.get(id)?;
        if btf.name(found).is_some_and(|name| !name.is_empty()) {
            return Some(type_name(btf, id));
        }
        if !found.is_alias() {
            break;
        }
        id = found.payload;
    }
    None
}

/// What has the field or element, as the object names it.
fn spelled_before(local: &Path<'_, '_>, number: usize) -> String {
    let steps = local.steps.iter().take(number).copied().collect();
    let before = Path { steps, ..*local };
    before.spelled(About::Field)
}

/// A member that has the name.
enum Member {
    /// Its type.
    Compatible(u32),
    /// It is something else.
    Other,
}

/// Looks for a member, also in members without a name.
fn find_member(
    (local, step): (&Btf<'_>, Step<'_>),
    path: &mut Path<'_, '_>,
    id: u32,
    (depth, effort): (usize, &Effort),
) -> Option<Member> {
    let (id, found) = path.btf.resolve_id(id)?;
    let depth = depth.checked_sub(1)?;
    if !is_composite(found) {
        return None;
    }
    let wanted = step.name.unwrap_or_default();
    let btf = path.btf;
    for (index, member) in (0_u32..).zip(btf.members(found)) {
        if !effort.spend() {
            return None;
        }
        let name = btf.string(member.name).unwrap_or_default();
        let bits = member_bits(found, member.offset);
        if name.is_empty() {
            let inside = find_member((local, step), path, member.type_id, (depth, effort));
            if inside.is_some() {
                path.bits = path.bits.saturating_add(bits);
                return inside;
            }
        } else if name == wanted {
            path.bits = path.bits.saturating_add(bits);
            path.step(id, index, Some(name))?;
            let in_object = local.member(local.get(step.type_id)?, step.index)?;
            let is_compatible =
                are_compatible_fields((local, in_object.type_id), (btf, member.type_id));
            return Some(if is_compatible {
                Member::Compatible(member.type_id)
            } else {
                Member::Other
            });
        }
    }
    None
}

/// A type, and where it is defined.
type Of<'a, 'b> = (&'b Btf<'a>, u32);

/// Whether a field of one type can be read as one of the other (`bpf_core_fields_are_compat`).
fn are_compatible_fields((local, mut id): Of<'_, '_>, (target, mut target_id): Of<'_, '_>) -> bool {
    for _ in 0..MAX_DEPTH {
        let (Some(one), Some(other)) = (local.resolve(id), target.resolve(target_id)) else {
            return false;
        };
        if is_composite(one) && is_composite(other) {
            return true;
        }
        if !is_same_kind(one, other) {
            return false;
        }
        match one.kind {
            kind::PTR | kind::FLOAT => return true,
            kind::FWD | kind::ENUM | kind::ENUM64 => {
                let (one, other) = (essential(local, one), essential(target, other));
                return one.is_empty() || other.is_empty() || one == other;
            }
            kind::INT => return is_whole(local, one) && is_whole(target, other),
            kind::ARRAY => match (local.array(one), target.array(other)) {
                (Some(one), Some(other)) => (id, target_id) = (one.element, other.element),
                _ => return false,
            },
            _ => return false,
        }
    }
    false
}

/// Whether two types of one name are the same as far as it matters (`bpf_core_types_are_compat`).
pub(super) fn are_compatible(
    (local, mut id): Of<'_, '_>,
    (target, mut target_id): Of<'_, '_>,
    (depth, effort): (usize, &Effort),
) -> bool {
    if !effort.spend() {
        return false;
    }
    for depth in (0..depth).rev() {
        if local.is_void(id) || target.is_void(target_id) {
            return local.is_void(id) && target.is_void(target_id);
        }
        let (Some(one), Some(other)) = (local.resolve(id), target.resolve(target_id)) else {
            return false;
        };
        if !is_same_kind(one, other) {
            return false;
        }
        match one.kind {
            kind::STRUCT | kind::UNION | kind::ENUM | kind::ENUM64 | kind::FWD => return true,
            kind::INT => return is_whole(local, one) && is_whole(target, other),
            kind::PTR => (id, target_id) = (one.payload, other.payload),
            kind::ARRAY => match (local.array(one), target.array(other)) {
                (Some(one), Some(other)) => (id, target_id) = (one.element, other.element),
                _ => return false,
            },
            kind::FUNC_PROTO => {
                let mut parameters = local.parameters(one).zip(target.parameters(other));
                let are_same = parameters.all(|(one, other)| {
                    are_compatible((local, one), (target, other), (depth, effort))
                });
                if one.vlen != other.vlen || !are_same {
                    return false;
                }
                (id, target_id) = (one.payload, other.payload);
            }
            _ => return false,
        }
    }
    false
}

/// Old compilers wrote bit-fields as numbers that begin inside of a byte.
fn is_whole(btf: &Btf<'_>, number: Type) -> bool {
    btf.encoding(number)
        .is_some_and(|encoding| encoding.to_le_bytes()[2] == 0)
}
