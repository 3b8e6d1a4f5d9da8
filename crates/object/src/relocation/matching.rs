//! Whether a type of a kernel has everything that one of the object has, with the same types (`bpf_core_types_match` of
//! libbpf).

use super::{
    effort::Effort,
    path::{is_composite, is_enum},
    value::SIGNED,
};
use crate::btf::{Btf, MAX_DEPTH, Type, essential, essential_part, kind};

/// Whether the type of this number among `target` has what the one among `local` has.
pub(super) fn matches(local: (&Btf<'_>, u32), target: (&Btf<'_>, u32), effort: &Effort) -> bool {
    let matching = Matching {
        local: local.0,
        target: target.0,
        effort,
    };
    matching.types(local.1, target.1, false, MAX_DEPTH)
}

struct Matching<'a, 'b> {
    local: &'b Btf<'a>,
    target: &'b Btf<'a>,
    effort: &'b Effort,
}

impl Matching<'_, '_> {
    fn types(
        &self,
        mut id: u32,
        mut target_id: u32,
        mut is_behind_pointer: bool,
        depth: usize,
    ) -> bool {
        if !self.effort.spend() {
            return false;
        }
        for depth in (0..depth).rev() {
            if self.local.is_void(id) || self.target.is_void(target_id) {
                return self.local.is_void(id) && self.target.is_void(target_id);
            }
            let (Some(one), Some(other)) = (self.local.resolve(id), self.target.resolve(target_id))
            else {
                return false;
            };
            if essential(self.local, one) != essential(self.target, other) {
                return false;
            }
            match one.kind {
                kind::FWD => return is_declared(one, other, is_behind_pointer),
                kind::ENUM | kind::ENUM64 => return is_enum(other) && self.values(one, other),
                kind::STRUCT | kind::UNION if is_behind_pointer => {
                    return one.kind == other.kind || is_declared(other, one, true);
                }
                _ if one.kind != other.kind => return false,
                kind::STRUCT | kind::UNION => return self.members(one, other, depth),
                kind::INT => return self.numbers(one, other),
                kind::PTR => {
                    is_behind_pointer = true;
                    (id, target_id) = (one.payload, other.payload);
                }
                kind::ARRAY => match (self.local.array(one), self.target.array(other)) {
                    (Some(one), Some(other)) if one.length == other.length => {
                        (id, target_id) = (one.element, other.element);
                    }
                    _ => return false,
                },
                kind::FUNC_PROTO => {
                    if !self.parameters(one, other, is_behind_pointer, depth) {
                        return false;
                    }
                    (id, target_id) = (one.payload, other.payload);
                }
                _ => return false,
            }
        }
        false
    }

    fn members(&self, one: Type, other: Type, depth: usize) -> bool {
        one.vlen <= other.vlen
            && self.local.members(one).all(|member| {
                let mut found = self.target.members(other);
                found.any(|found| {
                    self.are_named_alike(member.name, found.name)
                        && self.types(member.type_id, found.type_id, false, depth)
                })
            })
    }

    fn parameters(&self, one: Type, other: Type, behind: bool, depth: usize) -> bool {
        let (local, target) = (self.local, self.target);
        let mut both = local.parameters(one).zip(target.parameters(other));
        one.vlen == other.vlen
            && both.all(|(id, target_id)| self.types(id, target_id, behind, depth))
    }

    /// Whether all values are there, whatever they are, in as many bytes.
    fn values(&self, one: Type, other: Type) -> bool {
        one.payload == other.payload
            && one.vlen <= other.vlen
            && self.local.values(one).all(|(name, _)| {
                let mut found = self.target.values(other);
                found.any(|(found, _)| self.are_named_alike(name, found))
            })
    }

    fn are_named_alike(&self, name: u32, found: u32) -> bool {
        let name = self.local.string_bytes(name).map(essential_part);
        self.effort.spend() && self.target.string_bytes(found).map(essential_part) == name
    }

    fn numbers(&self, one: Type, other: Type) -> bool {
        let sign = |btf: &Btf<'_>, of| btf.encoding(of).map(|encoding| encoding & SIGNED);
        one.payload == other.payload && sign(self.local, one) == sign(self.target, other)
    }
}

/// Whether a declaration is that of `other`, which may be defined if it is only pointed to.
fn is_declared(declaration: Type, other: Type, is_behind_pointer: bool) -> bool {
    if declaration.kind != kind::FWD {
        return false;
    }
    let declares_union = declaration.has_flag;
    match other.kind {
        kind::FWD => declares_union == other.has_flag,
        _ => {
            is_behind_pointer
                && is_composite(other)
                && declares_union == (other.kind == kind::UNION)
        }
    }
}
