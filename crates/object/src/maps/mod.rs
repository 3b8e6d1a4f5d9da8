//! The maps of an object: definitions that aya gets wrong are corrected in the copy that it reads, and what it cannot be
//! told is planned, to be done when its maps are there.

mod correct;
mod definition;
mod legacy;
mod pages;
mod references;
mod slots;
mod types;

use std::{borrow::Cow, path::PathBuf};

use object::read::elf::SectionHeader as _;

use self::correct::Wishes;
use self::definition::BY_NAME;
pub(crate) use self::definition::MAX_NUMBER;
pub use self::slots::{Held, Slot};
use crate::{
    error::{Result, malformed},
    symbols::{Elf, replace_section},
};

/// Whose maps the kernel is not told the types of.
#[derive(Clone, Copy, Debug)]
pub enum Untyped<'a> {
    /// Those of these names.
    Named(&'a [String]),
    /// All of them.
    All,
}

/// Maps with a place to be pinned at.
#[derive(Clone, Copy)]
pub enum PinPaths<'a> {
    /// All of them: where no map is made, it does not matter how they are pinned.
    All,
    /// These, by the map's name.
    Of(&'a [(String, PathBuf)]),
}

impl PinPaths<'_> {
    pub(crate) fn has(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Of(paths) => paths.iter().any(|(map, _)| map == name),
        }
    }
}

/// What is left to do when aya has made the maps of an object.
#[derive(Clone, Debug, Default)]
pub struct MapPlan {
    /// Maps to be made anew on a NUMA node.
    pub numa_nodes: Vec<(String, u32)>,
    /// Maps of maps that aya has an array for.
    pub of_maps: Vec<MapOfMaps>,
    /// What the maps hold from the start.
    pub slots: Vec<Slot>,
    /// Maps that are pinned by their names. aya is not told.
    pub pinned: Vec<String>,
}

impl MapPlan {
    /// The map of maps of this name that aya has an array for.
    #[must_use]
    pub fn map_of_maps(&self, name: &str) -> Option<&MapOfMaps> {
        self.of_maps.iter().find(|map| map.name == name)
    }

    /// Whether there is a map that only somebody else can make.
    #[must_use]
    pub fn lacks_maps(&self) -> bool {
        self.of_maps.iter().any(|map| map.inner.is_none())
    }
}

/// A map of maps whose definition aya cannot read, or that does not say of which maps.
#[derive(Clone, Debug)]
pub struct MapOfMaps {
    /// Its name.
    pub name: String,
    /// `BPF_MAP_TYPE_ARRAY_OF_MAPS` or `BPF_MAP_TYPE_HASH_OF_MAPS`.
    pub map_type: u32,
    /// In bytes; those of its values are 4.
    pub key_size: u32,
    /// How many maps it has room for.
    pub max_entries: u32,
    /// Its flags.
    pub map_flags: u32,
    /// Where its memory is to lie, with `BPF_F_NUMA_NODE`.
    pub numa_node: Option<u32>,
    /// The map of the object that says what its maps are like. `None` where only its own loader knows: then somebody else
    /// has to make it.
    pub inner: Option<String>,
}

/// What the definitions are to say besides.
pub(crate) struct MapWishes<'a> {
    /// Numbers of entries, of maps that are defined in BTF.
    pub(crate) entries: &'a dyn Fn(&str) -> Option<u32>,
    pub(crate) untyped: Untyped<'a>,
    /// Whether a map has a place to be pinned at, whatever its definition says.
    pub(crate) has_place: &'a dyn Fn(&str) -> bool,
    pub(crate) page_size: u32,
}

/// Corrects the definitions in `data`.
pub(crate) fn carry(data: &mut Cow<'_, [u8]>, wishes: &MapWishes<'_>) -> Result<MapPlan> {
    let mut plan = MapPlan::default();
    if let Some(copy) = carry_btf(data, wishes, &mut plan)? {
        *data = Cow::Owned(copy);
    }
    let elf = Elf::parse(data).map_err(malformed)?;
    let edits = references::named(&elf, data)?;
    if !edits.is_empty() {
        let mut copy = data.to_vec();
        for (start, bytes) in edits {
            if let Some(place) = copy.get_mut(start..start.saturating_add(bytes.len())) {
                place.copy_from_slice(&bytes);
            }
        }
        *data = Cow::Owned(copy);
    }
    let elf = Elf::parse(data).map_err(malformed)?;
    if elf.has_legacy_maps() {
        let mut copy = data.to_vec();
        legacy::carry(&elf, &mut copy, wishes.has_place, &mut plan)?;
        if copy != **data {
            *data = Cow::Owned(copy);
        }
    }
    Ok(plan)
}

fn carry_btf(data: &[u8], wishes: &MapWishes<'_>, plan: &mut MapPlan) -> Result<Option<Vec<u8>>> {
    let elf = Elf::parse(data).map_err(malformed)?;
    let Some((index, section)) = elf.section(b".BTF") else {
        return Ok(None);
    };
    let btf = section.data(elf.endian, data).map_err(malformed)?;
    let untyped = |map: &str| match wishes.untyped {
        Untyped::Named(names) => names.iter().any(|name| name == map),
        Untyped::All => true,
    };
    let corrected = correct::correct(
        btf,
        &Wishes {
            entries: wishes.entries,
            untyped: &untyped,
            has_place: wishes.has_place,
            page_size: wishes.page_size,
        },
    )?;
    for (name, definition) in &corrected.definitions {
        if definition.pinning == Some(BY_NAME) {
            plan.pinned.push(name.clone());
        }
        if definition.lacks_inner() {
            let entries = (wishes.entries)(name);
            plan.of_maps.push(definition.planned(name, entries));
        } else if let Some(node) = definition.numa_node() {
            plan.numa_nodes.push((name.clone(), node));
        }
    }
    plan.slots = slots::read(&elf, data, &corrected.definitions)?;
    let Some(btf) = corrected.data else {
        return Ok(None);
    };
    let mut copy = data.to_vec();
    replace_section(&elf, index, &btf, &mut copy)?;
    Ok(Some(copy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Settings,
        patch::{Prepared, prepare},
        tests::{
            LEGACY_IPROUTE2, LEGACY_MAPS, MAP_DEFAULTS, MAP_INITIAL, NESTED_ARRAYS, mutants,
            section,
        },
    };

    fn prepared(data: &[u8]) -> Prepared<'_> {
        prepare(data, &Settings::default()).unwrap()
    }

    fn slot(map: &str, index: u32, held: Held) -> Slot {
        let map = map.to_owned();
        Slot { map, index, held }
    }

    fn held_map(name: &str) -> Held {
        Held::Map(name.to_owned())
    }

    fn held_program(name: &str) -> Held {
        Held::Program(name.to_owned())
    }

    #[test]
    fn aya_reads_what_libbpf_would() {
        let prepared = prepared(MAP_DEFAULTS);
        let object = aya_obj::Object::parse(&prepared.data).unwrap();
        let shapes = [
            ("events", (4, 4, 0)),
            ("jumps", (4, 4, 3)),
            ("calls", (4, 4, 5)),
            ("cgroups", (4, 4, 2)),
            ("stacks", (4, 128, 2)),
            ("half_typed", (8, 12, 7)),
            ("twice", (4, 6, 6)),
            ("bloom", (0, 4, 5)),
            ("rings", (4, 4, 2)),
        ];
        for (name, shape) in shapes {
            let map = object.maps.get(name).unwrap();
            let found = (map.key_size(), map.value_size(), map.max_entries());
            assert_eq!(found, shape, "{name}");
        }
        assert_eq!(object.maps["bloom"].map_extra(), 3);
        assert_eq!(object.maps["rings"].inner().unwrap().max_entries(), 8192);
        let aya_obj::Map::Btf(half_typed) = &object.maps["half_typed"] else {
            panic!("a definition in BTF was expected");
        };
        assert_eq!(half_typed.def.btf_key_type_id, 0);
    }

    #[test]
    fn aya_reads_the_sizes_that_were_meant() {
        let settings = Settings {
            max_entries: &[(String::from("by_table"), 5)],
            ..Settings::default()
        };
        let prepared = prepare(NESTED_ARRAYS, &settings).unwrap();
        let object = aya_obj::Object::parse(&prepared.data).unwrap();
        let shape = |name: &str| {
            let map = object.maps.get(name).unwrap();
            (map.key_size(), map.value_size(), map.max_entries())
        };
        assert_eq!(shape("bytes"), (4, 6, 1));
        assert_eq!(shape("by_table"), (64, 12, 5));
        let inner = object.maps.get("outer").unwrap().inner().unwrap();
        assert_eq!((inner.key_size(), inner.value_size()), (4, 560));
    }

    #[test]
    fn what_maps_hold_from_the_start_is_planned() {
        assert_eq!(
            prepared(MAP_INITIAL).maps.slots,
            [
                slot("by_index", 1, held_map("first")),
                slot("by_index", 3, held_map("second")),
                slot("by_key", 2, held_map("second")),
                slot("hidden_outer", 0, held_map("hidden")),
                slot("verdicts", 0, held_program("let_pass")),
                slot("verdicts", 2, held_program("drop")),
            ]
        );
    }

    #[test]
    fn maps_of_maps_in_old_layouts_are_arrays_to_aya_and_planned() {
        let samples = prepared(LEGACY_MAPS);
        let inner = |map: &MapOfMaps| (map.name.clone(), map.inner.clone().unwrap());
        let names = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        let planned: Vec<_> = samples.maps.of_maps.iter().map(inner).collect();
        let wanted = [
            names("of_hashes", "inner_hash"),
            names("hash_of_arrays", "counter"),
        ];
        assert!(
            wanted.iter().all(|one| planned.contains(one)),
            "{planned:?}"
        );
        let object = aya_obj::Object::parse(&samples.data).unwrap();
        for (name, _) in planned {
            let map = object.maps.get(&name).unwrap();
            assert_eq!(
                (map.map_type(), map.key_size(), map.value_size()),
                (2, 4, 4)
            );
        }
        let iproute2 = prepared(LEGACY_IPROUTE2).maps;
        assert_eq!(
            inner(iproute2.of_maps.first().unwrap()),
            names("outside", "inside")
        );
        assert_eq!(iproute2.slots, [slot("outside", 2, held_map("inside"))]);
    }

    #[test]
    fn wrong_definitions_are_refused_by_name() {
        // Where a definition begins in the section, and what is written into which of its words.
        let cases: [(&[u8], &str, usize, u32, &str); 4] = [
            (LEGACY_MAPS, "of_hashes", 5, 9, "does not say of which"),
            (LEGACY_MAPS, "of_hashes", 5, 2, "does not say of which"),
            (LEGACY_IPROUTE2, "outside", 7, 41, "does not say of which"),
            (
                LEGACY_IPROUTE2,
                "inside",
                6,
                1,
                "pinned in a namespace of the object (PIN_OBJECT_NS)",
            ),
        ];
        for (data, map, word, value, reason) in cases {
            let elf = Elf::parse(data).unwrap();
            let place = elf.find(map, |section| section == "maps").unwrap();
            let start = place.section.sh_offset(elf.endian) + place.value;
            let start = usize::try_from(start).unwrap() + word * 4;
            let mut wrong = data.to_vec();
            wrong[start..start + 4].copy_from_slice(&value.to_ne_bytes());
            let error = prepare(&wrong, &Settings::default()).err().unwrap();
            assert!(
                error.message.contains(map) && error.message.contains(reason),
                "{error:?}"
            );
        }
    }

    #[test]
    fn slots_that_lead_nowhere_are_refused_with_their_place() {
        let relocations = section(MAP_INITIAL, ".rel.maps").as_ptr() as usize;
        let start = relocations - MAP_INITIAL.as_ptr() as usize;
        let cases: [(usize, u64, &str); 4] = [
            (0, 0x61, "no slot of map"),
            (0, 0x20, "has no values"),
            (8, 8 << 32 | 2, "refers to nothing that it can hold"),
            (8, 9999 << 32 | 2, "refers to nothing that it can hold"),
        ];
        for (place, value, reason) in cases {
            let mut wrong = MAP_INITIAL.to_vec();
            wrong[start + place..start + place + 8].copy_from_slice(&value.to_ne_bytes());
            let error = prepare(&wrong, &Settings::default()).err().unwrap();
            assert!(error.message.contains(reason), "{error:?}");
            assert_eq!(error.section.as_deref(), Some(".maps"));
        }
    }

    #[test]
    fn hostile_objects_are_refused_or_survived() {
        for data in [MAP_DEFAULTS, MAP_INITIAL, LEGACY_MAPS, LEGACY_IPROUTE2] {
            for mutant in mutants(data, 2_000) {
                if crate::check(&mutant).is_ok()
                    && let Ok(prepared) = prepare(&mutant, &Settings::default())
                {
                    assert!(prepared.data.len() < 100 * data.len());
                }
            }
        }
    }
}
