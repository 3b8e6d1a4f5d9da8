//! What the records of types are made of, by kind (linux/btf.h).

use crate::btf::kind;

/// What a word of a type's record is.
#[derive(Clone, Copy)]
pub(super) enum Word {
    Name,
    Number,
    Type,
}

use Word::{Name, Number, Type};

/// The words of a kind: the last one of its head, those behind it, those of each member.
pub(super) type Layout = (Word, &'static [Word], &'static [Word]);

pub(super) fn layout(kind: u32) -> Option<Layout> {
    Some(match kind {
        kind::INT => (Number, &[Number], &[]),
        kind::PTR
        | kind::TYPEDEF
        | kind::VOLATILE
        | kind::CONST
        | kind::RESTRICT
        | kind::FUNC
        | kind::TYPE_TAG => (Type, &[], &[]),
        kind::ARRAY => (Number, &[Type, Type, Number], &[]),
        kind::STRUCT | kind::UNION => (Number, &[], &[Name, Type, Number]),
        kind::ENUM => (Number, &[], &[Name, Number]),
        kind::FWD | kind::FLOAT => (Number, &[], &[]),
        kind::FUNC_PROTO => (Type, &[], &[Name, Type]),
        kind::VAR | kind::DECL_TAG => (Type, &[Number], &[]),
        kind::DATASEC => (Number, &[], &[Type, Number, Number]),
        kind::ENUM64 => (Number, &[], &[Name, Number, Number]),
        _ => return None,
    })
}
