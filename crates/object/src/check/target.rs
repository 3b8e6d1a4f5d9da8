//! Type information of a kernel, given by the user: aya compares types with it by recursion, and knows no end of that.

use super::btf::{Head, Types, is_modifier};
use crate::{
    btf::kind,
    error::{Error, Result},
};

/// How deep types may nest. The kernel itself follows 32 (`MAX_RESOLVE_DEPTH`).
const MAX_NESTING: usize = 128;

/// How many steps one comparison may take. Types of Linux take some hundreds.
const MAX_STEPS: u32 = 1 << 16;

pub(super) fn check(btf: &[u8]) -> Result<()> {
    let types = Types::check(btf)?;
    for id in types.ids() {
        check_references(&types, id)?;
    }
    for (follow, what) in [
        (anonymous_members as Follow, "contains itself, or too much"),
        (
            signature as Follow,
            "is a function of itself, or of too much",
        ),
    ] {
        let mut walk = Walk {
            types: &types,
            follow,
            steps: Vec::new(),
            what,
        };
        walk.steps.resize(types.ids().count() + 1, None);
        for id in types.ids() {
            walk.steps_of(id, 0)?;
        }
    }
    Ok(())
}

/// aya panics where something that is no type of a value is one of a member, an element or a pointer.
fn check_references(types: &Types<'_>, id: u32) -> Result<()> {
    let Some(head) = types.head(id) else {
        return Ok(());
    };
    let is_value = |id: u32| {
        types
            .resolve(id)
            .is_some_and(|found| is_type(found) && found.kind != kind::FUNC_PROTO)
    };
    let is_good = match head.kind {
        kind::STRUCT | kind::UNION => types.members(head).all(|member| is_value(member.type_id)),
        kind::ARRAY => types
            .array(head)
            .is_none_or(|(element, _)| is_value(element)),
        kind::FUNC_PROTO => {
            let of_values = |id| types.head(id).is_none_or(is_type);
            of_values(head.payload) && types.members(head).all(|member| of_values(member.type_id))
        }
        kind if kind == kind::PTR || is_modifier(kind) => {
            types.head(head.payload).is_none_or(is_type)
        }
        _ => true,
    };
    if is_good {
        Ok(())
    } else {
        Err(types.refuse(id, "is made of something that is no type of a value"))
    }
}

fn is_type(head: Head) -> bool {
    !matches!(
        head.kind,
        kind::FUNC | kind::VAR | kind::DATASEC | kind::DECL_TAG
    )
}

/// The types that a comparison goes to from this one.
type Follow = fn(&Types<'_>, Head) -> Vec<u32>;

/// A field is looked for in members without a name, too.
fn anonymous_members(types: &Types<'_>, head: Head) -> Vec<u32> {
    match head.kind {
        kind::STRUCT | kind::UNION => types
            .members(head)
            .filter(|member| types.string(member.name).is_none_or(str::is_empty))
            .map(|member| member.type_id)
            .collect(),
        kind if is_modifier(kind) => vec![head.payload],
        _ => Vec::new(),
    }
}

/// Functions are compared by their parameters.
fn signature(types: &Types<'_>, head: Head) -> Vec<u32> {
    match head.kind {
        kind::FUNC_PROTO => {
            let parameters = types.members(head).map(|member| member.type_id);
            parameters.chain([head.payload]).collect()
        }
        kind::ARRAY => types
            .array(head)
            .map(|(element, _)| element)
            .into_iter()
            .collect(),
        kind if kind == kind::PTR || is_modifier(kind) => vec![head.payload],
        _ => Vec::new(),
    }
}

struct Walk<'a> {
    types: &'a Types<'a>,
    follow: Follow,
    /// How many a type takes, when that is known. While it is found out: too many.
    steps: Vec<Option<u32>>,
    what: &'static str,
}

impl Walk<'_> {
    fn steps_of(&mut self, id: u32, nesting: usize) -> Result<u32> {
        let Some(head) = self.types.head(id) else {
            return Ok(0);
        };
        match self.steps.get(id as usize).copied().flatten() {
            Some(known) if known < MAX_STEPS => return Ok(known),
            None if nesting < MAX_NESTING => {}
            _ => return Err(self.refuse(id)),
        }
        self.set(id, MAX_STEPS);
        let mut total = 1_u32;
        for next in (self.follow)(self.types, head) {
            total = total.saturating_add(self.steps_of(next, nesting + 1)?);
        }
        if total >= MAX_STEPS {
            return Err(self.refuse(id));
        }
        self.set(id, total);
        Ok(total)
    }

    fn set(&mut self, id: u32, steps: u32) {
        if let Some(entry) = self.steps.get_mut(id as usize) {
            *entry = Some(steps);
        }
    }

    fn refuse(&self, id: u32) -> Error {
        self.types.refuse(id, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: [u32; 4] = [1, kind::INT << 24, 4, 32];

    fn kind_of(kind: u32, count: u32) -> u32 {
        (kind << 24) | count
    }

    /// BTF of records, with the names "" and "a".
    fn of(records: &[&[u32]]) -> Vec<u8> {
        let words = records.concat();
        let length = u32::try_from(words.len() * 4).unwrap();
        let header = [0x0001_eb9f, 24, 0, length, length, 3];
        let mut btf: Vec<u8> = header
            .iter()
            .chain(&words)
            .flat_map(|word| word.to_le_bytes())
            .collect();
        btf.extend(b"\0a\0");
        btf
    }

    fn refusal(records: &[&[u32]]) -> String {
        check(&of(records)).unwrap_err().message
    }

    #[test]
    fn types_of_a_kernel_are_accepted() {
        // Where it can be read: nothing else tells whether the limits are wide enough.
        if let Ok(btf) = std::fs::read("/sys/kernel/btf/vmlinux") {
            check(&btf).unwrap();
        }
        check(&of(&[&INT, &[1, kind_of(kind::STRUCT, 1), 4, 1, 1, 0]])).unwrap();
    }

    #[test]
    fn what_a_comparison_would_not_come_out_of_is_refused() {
        let of_itself = [0, kind_of(kind::STRUCT, 1), 4, 0, 1, 0];
        assert!(refusal(&[&of_itself]).contains("contains itself"));
        let pointer = [0, kind_of(kind::PTR, 0), 2];
        let function = [0, kind_of(kind::FUNC_PROTO, 1), 0, 0, 1];
        assert!(refusal(&[&pointer, &function]).contains("function of itself"));
    }

    #[test]
    fn what_a_comparison_would_take_for_ever_for_is_refused() {
        // Each has the one before it twice, without a name.
        let mut records: Vec<Vec<u32>> = vec![INT.to_vec()];
        for before in 1..30 {
            records.push(vec![
                0,
                kind_of(kind::STRUCT, 2),
                4,
                0,
                before,
                0,
                0,
                before,
                0,
            ]);
        }
        let records: Vec<&[u32]> = records.iter().map(Vec::as_slice).collect();
        assert!(refusal(&records).contains("or too much"));
    }

    #[test]
    fn values_of_something_that_is_no_type_are_refused() {
        let function = [1, kind_of(kind::FUNC_PROTO, 0), 0];
        let member = [1, kind_of(kind::STRUCT, 1), 4, 1, 1, 0];
        assert!(refusal(&[&function, &member]).contains("no type of a value"));
        let variable = [1, kind_of(kind::VAR, 0), 1, 0];
        let pointer = [0, kind_of(kind::PTR, 0), 2];
        assert!(refusal(&[&INT, &variable, &pointer]).contains("no type of a value"));
    }
}
