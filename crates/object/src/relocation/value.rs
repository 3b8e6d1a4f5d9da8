//! What an instruction gets: an offset, a size, a number of a type, or whether something is there
//! (`bpf_core_calc_relo` of libbpf).

use super::{
    path::{Path, is_enum},
    record::Kind,
};
use crate::btf::{Btf, MAX_DEPTH, Type, kind};

/// The signed ones among the encodings of numbers (`BTF_INT_SIGNED`), as they lie in the word behind a number's head.
pub(super) const SIGNED: u32 = 1 << 24;

/// What an instruction gets.
pub(super) struct Value {
    pub(super) number: u64,
    /// The sizes of the field in the object and in the kernel, where they are not the same.
    pub(super) sizes: Option<Sizes>,
}

#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) local: u32,
    pub(super) target: u32,
    /// Whether one can be read as the other: pointers, and numbers without a sign.
    pub(super) can_differ: bool,
}

/// The value of a relocation, whose target is `None` where the kernel has none; `None` where there is no value then.
pub(super) fn value(
    kind: Kind,
    local: &Path<'_, '_>,
    target: Option<&Path<'_, '_>>,
) -> Option<Value> {
    let number = match (kind, target) {
        (Kind::TypeIdLocal, _) => local.root.into(),
        (Kind::FieldExists | Kind::ValueExists | Kind::TypeExists | Kind::TypeMatches, _) => {
            target.is_some().into()
        }
        (Kind::TypeIdTarget, _) => target.map_or(0, |found| found.root).into(),
        (Kind::TypeSize, Some(found)) => found.btf.size(found.root)?.into(),
        (Kind::TypeSize, None) => 0,
        (Kind::Value, _) => enum_value(local, target?)?,
        _ => {
            let (local, target) = (Field::of(local)?, Field::of(target?)?);
            return Some(Value {
                number: target.number(kind)?,
                sizes: sizes(&local, &target).filter(|_| kind == Kind::FieldOffset),
            });
        }
    };
    Some(Value {
        number,
        sizes: None,
    })
}

/// What the compiler wrote for the object's own types. For most of what bit-fields are asked there are several right values,
/// and numbers of types may change when objects are linked: `None`.
pub(super) fn written(kind: Kind, local: &Path<'_, '_>) -> Option<u64> {
    let is_certain = match kind {
        Kind::TypeIdLocal | Kind::TypeIdTarget => false,
        Kind::FieldOffset | Kind::FieldSize | Kind::FieldLeftShift => {
            Field::of(local).is_some_and(|field| !field.has_bits)
        }
        _ => true,
    };
    let own = is_certain.then(|| value(kind, local, Some(local)));
    own.flatten().map(|value| value.number)
}

fn enum_value(local: &Path<'_, '_>, target: &Path<'_, '_>) -> Option<u64> {
    let of = |path: &Path<'_, '_>| {
        let step = path.steps.first()?;
        Some((path.btf.get(step.type_id)?, step.index))
    };
    let ((wanted, _), (found, index)) = (of(local)?, of(target)?);
    let (_, value) = target.btf.value(found, index)?;
    // Types of old kernels do not say which enumerations are signed.
    if wanted.has_flag && found.kind == kind::ENUM {
        let low = u32::try_from(value & u64::from(u32::MAX)).ok()?;
        return Some(i64::from(low.cast_signed()).cast_unsigned());
    }
    Some(value)
}

/// A field, as it is read.
struct Field<'a, 'b> {
    btf: &'b Btf<'a>,
    /// Its type; elements of arrays have no sign and no bits.
    member: Option<Type>,
    /// Where the bits begin that it has, and how many those are.
    bits: u64,
    bit_size: u64,
    /// The bytes that are read for it.
    offset: u64,
    size: u32,
    has_bits: bool,
    /// What one instruction reads: of an array, an element.
    unit: u32,
}

impl<'a, 'b> Field<'a, 'b> {
    fn of(path: &Path<'a, 'b>) -> Option<Self> {
        let (btf, bits) = (path.btf, path.bits);
        let step = path.steps.last()?;
        if step.name.is_none() {
            let size = btf.size(step.type_id)?;
            return Some(Self {
                btf,
                member: None,
                bits,
                bit_size: u64::from(size) * 8,
                offset: bits / 8,
                size,
                has_bits: false,
                unit: step.type_id,
            });
        }
        let of = btf.get(step.type_id)?;
        let member = btf.member(of, step.index)?;
        let (id, found) = btf.resolve_id(member.type_id)?;
        let size = btf.size(id)?;
        let bit_size = if of.has_flag { member.offset >> 24 } else { 0 };
        let mut field = Self {
            btf,
            member: Some(found),
            bits,
            bit_size: u64::from(bit_size),
            offset: bits / 8,
            size,
            has_bits: bit_size > 0,
            unit: element(btf, id),
        };
        if field.has_bits {
            field.widen()?;
        } else {
            field.bit_size = u64::from(size) * 8;
        }
        Some(field)
    }

    /// Finds the smallest number that has all of its bits.
    fn widen(&mut self) -> Option<()> {
        let end = self.bits.checked_add(self.bit_size)?;
        loop {
            let size = u64::from(self.size);
            self.offset = (self.bits / 8).checked_div(size)?.checked_mul(size)?;
            if end <= self.offset.checked_add(size)?.checked_mul(8)? {
                return Some(());
            }
            if self.size >= 8 {
                return None;
            }
            self.size *= 2;
        }
    }

    fn number(&self, kind: Kind) -> Option<u64> {
        let first = self.bits.checked_sub(self.offset.checked_mul(8)?)?;
        match (kind, self.member) {
            (Kind::FieldOffset, _) => Some(self.offset),
            (Kind::FieldSize, _) => Some(self.size.into()),
            (Kind::FieldSigned, Some(member)) => Some(u64::from(self.is_signed(member))),
            (Kind::FieldRightShift, Some(_)) => 64_u64.checked_sub(self.bit_size),
            (Kind::FieldLeftShift, Some(_)) if cfg!(target_endian = "little") => {
                64_u64.checked_sub(first.checked_add(self.bit_size)?)
            }
            (Kind::FieldLeftShift, Some(_)) => Some(
                8_u64
                    .checked_sub(self.size.into())?
                    .checked_mul(8)?
                    .checked_add(first)?,
            ),
            _ => None,
        }
    }

    fn is_signed(&self, member: Type) -> bool {
        let encoding = self.btf.encoding(member).unwrap_or(0);
        is_enum(member) && member.has_flag || encoding & SIGNED != 0
    }
}

/// The type of the elements of an array of any dimensions.
fn element(btf: &Btf<'_>, mut id: u32) -> u32 {
    for _ in 0..MAX_DEPTH {
        match btf.resolve(id).and_then(|found| btf.array(found)) {
            Some(array) => id = array.element,
            None => break,
        }
    }
    id
}

fn sizes(local: &Field<'_, '_>, target: &Field<'_, '_>) -> Option<Sizes> {
    let unit = |field: &Field<'_, '_>| {
        let size = (!field.has_bits).then(|| field.btf.size(field.unit));
        size.map_or(Some(0), |size| size)
    };
    let (local_size, target_size) = (unit(local)?, unit(target)?);
    if local_size == target_size {
        return None;
    }
    let found = |field: &Field<'_, '_>| field.btf.resolve(field.unit);
    let (one, other) = (found(local)?, found(target)?);
    let is_unsigned = |field: &Field<'_, '_>, found: Type| {
        let encoding = field.btf.encoding(found);
        encoding.is_some_and(|encoding| encoding & SIGNED == 0)
    };
    let can_differ = one.kind == kind::PTR && other.kind == kind::PTR
        || is_unsigned(local, one) && is_unsigned(target, other);
    Some(Sizes {
        local: local_size,
        target: target_size,
        can_differ,
    })
}
