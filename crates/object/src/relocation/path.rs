//! What a relocation is about: a type, or what is reached in it by members and elements (`struct bpf_core_spec` of
//! libbpf).

use std::fmt::Write as _;

use super::record::{About, Record};
use crate::{
    btf::{Btf, Type, essential_name, kind},
    error::shortened,
};

/// How many members and elements are followed (`BPF_CORE_SPEC_MAX_LEN`).
pub(super) const MAX_STEPS: usize = 64;

/// A step on the way.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    /// The type that the member is of, or that the elements have.
    pub(super) type_id: u32,
    pub(super) index: u32,
    /// The name of a member or of a value; elements have none.
    pub(super) name: Option<&'a str>,
}

/// A way through the types of an object, or of a kernel.
pub(super) struct Path<'a, 'b> {
    pub(super) btf: &'b Btf<'a>,
    pub(super) root: u32,
    pub(super) steps: Vec<Step<'a>>,
    /// Where it ends, in bits from the beginning.
    pub(super) bits: u64,
}

impl<'a, 'b> Path<'a, 'b> {
    pub(super) fn new(btf: &'b Btf<'a>, root: u32) -> Self {
        Self {
            btf,
            root,
            steps: Vec::new(),
            bits: 0,
        }
    }

    /// What a relocation of an object is about; `None` if it does not fit the type.
    pub(super) fn of(btf: &'b Btf<'a>, record: &Record<'_>) -> Option<Self> {
        let mut path = Self::new(btf, record.type_id);
        let indexes = record.path.split(':').take(MAX_STEPS + 1);
        let indexes: Vec<u32> = indexes.map(str::parse).collect::<Result<_, _>>().ok()?;
        let (first, rest) = indexes.split_first()?;
        if rest.len() >= MAX_STEPS {
            return None;
        }
        match record.kind.about() {
            About::Type => {}
            About::Value => {
                let (id, found) = btf.resolve_id(record.type_id)?;
                let (name, _) = btf.value(found, *first)?;
                path.step(id, *first, Some(btf.string(name)?))?;
            }
            About::Field => {
                let (mut id, _) = btf.resolve_id(record.type_id)?;
                path.element(id, *first)?;
                for index in rest {
                    id = path.follow(id, *index)?;
                }
            }
        }
        Some(path)
    }

    /// Goes to an element of an array, or of what a pointer to the type points to.
    pub(super) fn element(&mut self, type_id: u32, index: u32) -> Option<()> {
        let bits = u64::from(self.btf.size(type_id)?).checked_mul(8)?;
        self.bits = bits.checked_mul(index.into())?.checked_add(self.bits)?;
        self.step(type_id, index, None)
    }

    pub(super) fn step(&mut self, type_id: u32, index: u32, name: Option<&'a str>) -> Option<()> {
        self.steps.push(Step {
            type_id,
            index,
            name,
        });
        (self.steps.len() <= MAX_STEPS).then_some(())
    }

    /// The type of the elements of an array that has such a one, and the array's if not.
    pub(super) fn element_type(&self, array: Type, index: u32) -> Option<u32> {
        let array = self.btf.array(array)?;
        let is_there = index < array.length || array.length == 0 && self.is_last();
        is_there.then(|| self.btf.resolve_id(array.element).map(|(id, _)| id))?
    }

    /// Whether the last step is to the last member of a struct, which may be an array without a length.
    fn is_last(&self) -> bool {
        self.steps.last().is_some_and(|step| {
            let of = self.btf.get(step.type_id);
            step.name.is_some() && of.is_some_and(|of| of.vlen == step.index.saturating_add(1))
        })
    }

    fn follow(&mut self, id: u32, index: u32) -> Option<u32> {
        let (id, found) = self.btf.resolve_id(id)?;
        if found.kind == kind::ARRAY {
            let element = self.element_type(found, index)?;
            self.element(element, index)?;
            return Some(element);
        }
        let member = self.btf.member(found, index)?;
        self.bits = self.bits.checked_add(member_bits(found, member.offset))?;
        let name = self.btf.string(member.name)?;
        if !name.is_empty() {
            self.step(id, index, Some(name))?;
        }
        Some(member.type_id)
    }

    /// In words: `struct task_struct::comm[0]`.
    pub(super) fn spelled(&self, about: About) -> String {
        let mut words = type_name(self.btf, self.root);
        for (number, step) in self.steps.iter().enumerate() {
            let separator = if self
                .steps
                .iter()
                .take(number)
                .any(|before| before.name.is_some())
            {
                "."
            } else {
                "::"
            };
            // Writing to a string does not fail.
            let _written = match step.name {
                Some(name) if about == About::Value => {
                    write!(words, "::{}", shortened(essential_name(name)))
                }
                Some(name) => write!(words, "{separator}{}", shortened(name)),
                None if number == 0 && step.index == 0 => Ok(()),
                None => write!(words, "[{}]", step.index),
            };
        }
        words
    }
}

/// Whether it has members.
pub(super) fn is_composite(of: Type) -> bool {
    matches!(of.kind, kind::STRUCT | kind::UNION)
}

pub(super) fn is_enum(of: Type) -> bool {
    matches!(of.kind, kind::ENUM | kind::ENUM64)
}

/// Where a member begins, in bits.
pub(super) fn member_bits(of: Type, offset: u32) -> u64 {
    u64::from(if of.has_flag {
        offset & 0x00ff_ffff
    } else {
        offset
    })
}

/// `struct task_struct`, without what tells versions of it apart.
pub(super) fn type_name(btf: &Btf<'_>, id: u32) -> String {
    let Some(found) = btf.get(id) else {
        return String::from("void");
    };
    let name = match btf.name(found).map(essential_name) {
        None | Some("") => "(anonymous)",
        Some(name) => &shortened(name),
    };
    match found.kind {
        kind::STRUCT => format!("struct {name}"),
        kind::UNION => format!("union {name}"),
        kind::ENUM | kind::ENUM64 => format!("enum {name}"),
        _ => name.to_owned(),
    }
}
