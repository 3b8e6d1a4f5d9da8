//! Map definitions in BTF, corrected before aya reads them.
//!
//! aya computes the size of a key or value that is an array of arrays from its inner dimension only, knows no default and
//! no array of programs with `values`. A definition gets what it lacks as numbers of their own, behind its other members,
//! which aya then goes by; what aya stumbles over is left out. The types themselves stay, so that the kernel still knows
//! them. The same way a map gets another number of entries.

use super::{
    definition::{BY_NAME, Definition, Holds, NUMBERS, Part, map_type, refuse},
    pages::whole_pages,
    types::is_told_types,
};
use crate::{
    btf::{Array, Btf, Editor, Member, Type, kind},
    error::{Error, Kind, Result},
};

/// Far beyond what anybody compiles: what an object may make this module do.
pub(super) const MAX_DEFINITIONS: usize = 4096;

/// What is wanted of the definitions of an object.
pub(super) struct Wishes<'a> {
    /// The number of entries that a map is to have instead of its own.
    pub(super) entries: &'a dyn Fn(&str) -> Option<u32>,
    /// Whether the kernel is not to be told of what type a map's keys and values are.
    pub(super) untyped: &'a dyn Fn(&str) -> bool,
    /// Whether a map has a place to be pinned at, whatever its definition says.
    pub(super) has_place: &'a dyn Fn(&str) -> bool,
    pub(super) page_size: u32,
}

/// What the definitions of an object come to.
#[derive(Default)]
pub(super) struct Corrected {
    /// A copy in which every definition says what it means; `None` when nothing has to change.
    pub(super) data: Option<Vec<u8>>,
    /// The definitions, by the names of their maps.
    pub(super) definitions: Vec<(String, Definition)>,
}

/// Corrects `data`, the BTF of an object. What is no BTF at all, aya is the one to refuse.
pub(super) fn correct(data: &[u8], wishes: &Wishes<'_>) -> Result<Corrected> {
    let Some(btf) = Btf::parse(data) else {
        return Ok(Corrected::default());
    };
    let mut corrected = Corrected::default();
    let mut changes = Vec::new();
    for (index, (name, variable)) in variables(&btf).enumerate() {
        if index >= MAX_DEFINITIONS {
            let reason = format!("the object has more than {MAX_DEFINITIONS} maps");
            return Err(Error::new(Kind::Btf, reason));
        }
        let Some(struct_type) = btf.resolve(variable.payload) else {
            continue;
        };
        let Some(definition) = Definition::read(&btf, name, struct_type)? else {
            continue;
        };
        let stated = (wishes.entries)(name);
        let is_user_ring = definition.map_type == map_type::USER_RINGBUF;
        let bytes = stated.or(definition.max_entries).filter(|_| is_user_ring);
        let entries = whole_pages(bytes, wishes.page_size).or(stated);
        let change = Change::of(&btf, name, &definition, entries, wishes)?;
        if definition.lacks_inner() {
            changes.push((variable, Change::placeholder(&definition)));
        } else if let Some(change) = change {
            changes.push((variable, change));
        }
        corrected.definitions.push((name.to_owned(), definition));
    }
    if !changes.is_empty() {
        corrected.data = apply(&btf, &changes);
    }
    Ok(corrected)
}

/// The variables in the section `.maps`, with their names.
fn variables<'a>(btf: &'a Btf<'a>) -> impl Iterator<Item = (&'a str, Type)> {
    btf.ids()
        .filter_map(|id| btf.get(id))
        .filter(|found| found.kind == kind::DATASEC && btf.name(*found) == Some(".maps"))
        .flat_map(|section| btf.variables(section))
        .filter_map(|id| btf.get(id))
        .filter(|variable| variable.kind == kind::VAR)
        .filter_map(|variable| Some((btf.name(variable)?, variable)))
}

/// How a definition is changed.
struct Change {
    definition: Type,
    /// The array type of its other numbers, and the numbers by name.
    like: Array,
    numbers: Vec<(&'static str, u32)>,
    /// Members that are left out.
    dropped: Vec<&'static str>,
    /// The array `values` of a map of maps, with the definition of the inner maps.
    inner: Option<(Array, Box<Change>)>,
}

impl Change {
    fn of(
        btf: &Btf<'_>,
        map: &str,
        definition: &Definition,
        entries: Option<u32>,
        wishes: &Wishes<'_>,
    ) -> Result<Option<Self>> {
        let mut change = Self {
            definition: definition.struct_type,
            like: definition.like,
            numbers: definition.restated.clone(),
            dropped: definition.restated.iter().map(|(name, _)| *name).collect(),
            inner: None,
        };
        let pinning = definition.pinning.filter(|pinning| *pinning > BY_NAME);
        if let Some(pinning) = pinning.filter(|_| !(wishes.has_place)(map)) {
            let reason = "which only its own loader knows: say where by the option mapPinPath, then that counts";
            let mut error = refuse(map, format_args!("pinning is {pinning}, {reason}"));
            error.kind = Kind::Unsupported;
            return Err(error);
        }
        if definition.pinning.is_some() {
            change.numbers.retain(|(name, _)| *name != "pinning");
            change.dropped.push("pinning");
        }
        let untyped = (wishes.untyped)(map);
        // The kernel takes no type of keys without one of values (`map_create`).
        let untyped_key =
            untyped || (definition.value.typed.is_none() && is_told_types(definition.map_type));
        let (key, value) = map_type::only_sizes(definition.map_type);
        change.size("key", "key_size", &definition.key, untyped_key, key);
        if definition.tells_records() {
            change.dropped.push("value");
            change
                .numbers
                .extend(value.map(|size| ("value_size", size)));
        } else {
            change.size("value", "value_size", &definition.value, untyped, value);
        }
        change
            .numbers
            .extend(entries.map(|count| ("max_entries", count)));
        match definition.values.as_ref().map(|values| &values.holds) {
            Some(Holds::Programs) => change.dropped.push("values"),
            Some(Holds::Maps(array, inner)) => {
                change.inner = inner_change(btf, map, *array, *inner, wishes)?;
            }
            None => {}
        }
        let is_change =
            !change.numbers.is_empty() || !change.dropped.is_empty() || change.inner.is_some();
        Ok(is_change.then_some(change))
    }

    /// The array of one number that aya gets for a map that it could not make.
    fn placeholder(definition: &Definition) -> Self {
        Self {
            definition: definition.struct_type,
            like: definition.like,
            numbers: vec![
                ("type", map_type::ARRAY),
                ("key_size", 4),
                ("value_size", 4),
                ("max_entries", 1),
            ],
            dropped: NUMBERS.into_iter().chain(["key", "value"]).collect(),
            inner: None,
        }
    }

    /// States the size of a key or value where aya would not find it.
    fn size(
        &mut self,
        name: &'static str,
        size_name: &'static str,
        part: &Part,
        untyped: bool,
        only: Option<u32>,
    ) {
        let drops = untyped && part.typed.is_some();
        if drops {
            self.dropped.push(name);
        }
        let size = match (part.stated, part.typed) {
            (None, Some(typed)) if drops || part.misread => Some(typed),
            // Behind the type, which aya would read last.
            (Some(stated), Some(_)) if part.misread && !drops => Some(stated),
            (None, None) => only,
            _ => None,
        };
        self.numbers.extend(size.map(|size| (size_name, size)));
    }

    /// Adds the new definition, and tells its number.
    fn add(&self, btf: &Btf<'_>, editor: &mut Editor<'_>) -> Option<u32> {
        let is_kept = |member: &Member| {
            let name = btf.string(member.name);
            !self.dropped.iter().any(|dropped| name == Some(*dropped))
        };
        let mut members: Vec<Member> = btf.members(self.definition).filter(is_kept).collect();
        if let Some((array, inner)) = &self.inner {
            let inner = inner.add(btf, editor)?;
            let element = editor.add_pointer(inner)?;
            let type_id = editor.add_array(Array { element, ..*array })?;
            let values = members
                .iter_mut()
                .find(|member| btf.string(member.name) == Some("values"))?;
            values.type_id = type_id;
        }
        // Behind the last pointer, and over it: the struct and its section keep their size, and `values` takes no room.
        let is_pointer = |member: &Member| Some(btf.get(member.type_id)?.kind == kind::PTR);
        let last = members
            .iter()
            .rposition(|one| is_pointer(one) == Some(true));
        let offset = match last {
            Some(last) => members.get(last)?.offset,
            None => 0,
        };
        let place = last.map_or(0, |last| last + 1);
        for (name, length) in &self.numbers {
            let array = editor.add_array(Array {
                length: *length,
                ..self.like
            })?;
            let number = Member {
                name: editor.add_string(name)?,
                type_id: editor.add_pointer(array)?,
                offset,
            };
            members.insert(place, number);
        }
        editor.add_struct(self.definition, &members)
    }
}

fn inner_change(
    btf: &Btf<'_>,
    map: &str,
    array: Array,
    inner: Type,
    wishes: &Wishes<'_>,
) -> Result<Option<(Array, Box<Change>)>> {
    // aya says what is wrong with maps of maps of maps.
    let Some(definition) =
        Definition::read(btf, map, inner)?.filter(|inner| inner.values.is_none())
    else {
        return Ok(None);
    };
    let is_ring = map_type::is_ring(definition.map_type);
    let bytes = definition.max_entries.filter(|_| is_ring);
    let entries = whole_pages(bytes, wishes.page_size);
    let change = Change::of(btf, map, &definition, entries, wishes)?;
    Ok(change.map(|change| (array, Box::new(change))))
}

fn apply(btf: &Btf<'_>, changes: &[(Type, Change)]) -> Option<Vec<u8>> {
    let mut editor = Editor::new(btf)?;
    for (variable, change) in changes {
        let definition = change.add(btf, &mut editor)?;
        editor.retype(*variable, definition)?;
    }
    editor.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        maps::definition::find,
        tests::{NESTED_ARRAYS, USER_RING, mutants, section},
    };

    fn wishing(
        data: &[u8],
        entries: impl Fn(&str) -> Option<u32>,
        untyped: impl Fn(&str) -> bool,
    ) -> Result<Corrected> {
        let wishes = Wishes {
            entries: &entries,
            untyped: &untyped,
            has_place: &|_| false,
            page_size: 4096,
        };
        correct(data, &wishes)
    }

    fn corrected(entries: impl Fn(&str) -> Option<u32>) -> Vec<u8> {
        wishing(section(NESTED_ARRAYS, ".BTF"), entries, |_| false)
            .unwrap()
            .data
            .unwrap()
    }

    fn definition(btf: &Btf<'_>, map: &str) -> Definition {
        let (_, variable) = variables(btf).find(|(name, _)| *name == map).unwrap();
        let struct_type = btf.resolve(variable.payload).unwrap();
        Definition::read(btf, map, struct_type).unwrap().unwrap()
    }

    fn sizes(data: &[u8], map: &str) -> (Option<u32>, Option<u32>) {
        let btf = Btf::parse(data).unwrap();
        let definition = definition(&btf, map);
        (definition.key.stated, definition.value.stated)
    }

    #[test]
    fn arrays_of_arrays_get_their_true_size() {
        let data = corrected(|_| None);
        assert_eq!(sizes(&data, "bytes"), (None, Some(6)));
        assert_eq!(sizes(&data, "by_table"), (Some(64), Some(12)));
        assert_eq!(sizes(&data, "inner"), (None, Some(560)));
        assert_eq!(sizes(&data, "outer"), (None, Some(4)));
    }

    #[test]
    fn the_definition_inside_of_a_map_of_maps_is_corrected_too() {
        let data = corrected(|_| None);
        let btf = Btf::parse(&data).unwrap();
        let outer = definition(&btf, "outer");
        let Some(Holds::Maps(_, inner)) = outer.values.map(|values| values.holds) else {
            panic!("a map of maps was expected");
        };
        let inner = Definition::read(&btf, "outer", inner).unwrap().unwrap();
        assert_eq!(inner.value.stated, Some(560));
    }

    #[test]
    fn entries_are_set_for_one_map_and_not_for_others_of_the_same_type() {
        let data = corrected(|map| (map == "inner").then_some(9));
        let btf = Btf::parse(&data).unwrap();
        assert_eq!(definition(&btf, "inner").max_entries, Some(9));
        assert_eq!(definition(&btf, "by_table").max_entries, Some(8));
    }

    #[test]
    fn a_user_ring_buffer_is_made_of_whole_pages() {
        let original = section(USER_RING, ".BTF");
        let corrected = wishing(original, |_| Some(5000), |_| false).unwrap();
        let data = corrected.data.unwrap();
        let btf = Btf::parse(&data).unwrap();
        assert_eq!(definition(&btf, "commands").max_entries, Some(8192));
    }

    #[test]
    fn without_types_the_sizes_stay() {
        let original = section(NESTED_ARRAYS, ".BTF");
        let data = wishing(original, |_| None, |map| map == "by_table").unwrap();
        let data = data.data.unwrap();
        assert_eq!(sizes(&data, "by_table"), (Some(64), Some(12)));
        let btf = Btf::parse(&data).unwrap();
        let by_table = definition(&btf, "by_table");
        for name in ["key", "value"] {
            assert!(find(&btf, by_table.struct_type, name).is_none(), "{name}");
        }
        assert!(definition(&btf, "bytes").value.typed.is_some());
    }

    #[test]
    fn what_is_right_already_stays_as_it_is() {
        let data = corrected(|_| None);
        let again = wishing(&data, |_| None, |_| false).unwrap();
        assert!(again.data.is_none());
    }

    #[test]
    fn hostile_types_are_refused_or_left_to_aya() {
        let original = section(NESTED_ARRAYS, ".BTF");
        for length in 0..original.len() {
            let corrected = wishing(&original[..length], |_| None, |_| false).unwrap();
            assert!(corrected.data.is_none());
        }
        for mutant in mutants(original, 20_000) {
            if let Ok(corrected) = wishing(&mutant, |_| Some(7), |_| true) {
                assert!(corrected.data.unwrap_or_default().len() < 100 * original.len());
            }
        }
    }
}
