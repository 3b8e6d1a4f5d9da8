//! Map definitions in sections `maps…`, structs whose layout depended on the loader that they were written for.
//!
//! All of them begin with type, size of key, size of value, number of entries and flags. What follows was in libbpf
//! nothing; in the samples of the kernel the position of the inner map and the NUMA node; in aya an id and pinning; in
//! iproute2 an id, pinning, and the id and position of maps inside of maps (`struct bpf_elf_map`); in gobpf pinning and a
//! namespace of 256 bytes. The length tells them apart, and so does the type of the map.

use object::read::elf::SectionHeader as _;

use super::{
    MapOfMaps, MapPlan, Slot,
    correct::MAX_DEFINITIONS,
    definition::{BPF_F_NUMA_NODE, map_type},
    slots::Held,
};
use crate::{
    error::{Error, Kind, Result},
    symbols::{Elf, NamedPlace},
    to_usize,
};

/// Type, key, value, entries, flags.
const PLAIN_BYTES: usize = 20;
const SAMPLES_BYTES: usize = 28;
const IPROUTE2_BYTES: usize = 36;
const GOBPF_BYTES: usize = 280;

/// Where aya reads `pinning`, and what it means to it.
const PINNING_PLACE: usize = 24;
const BY_NAME: u32 = 1;

/// As far as iproute2's longest goes; what is behind is somebody else's business.
const MAX_WORDS: usize = IPROUTE2_BYTES / 4;

struct Legacy<'a> {
    name: &'a str,
    section: usize,
    /// Where it lies in the file.
    offset: usize,
    length: usize,
    words: [u32; MAX_WORDS],
    /// What gobpf has behind its pinning.
    namespace: String,
}

/// Gives aya an array of one number where it would go wrong, and tells in `plan` what is to take its place. Of maps that have
/// a place to be pinned at, it does not count what they say of pinning.
pub(super) fn carry(
    elf: &Elf<'_>,
    data: &mut [u8],
    has_place: &dyn Fn(&str) -> bool,
    plan: &mut MapPlan,
) -> Result<()> {
    let definitions = read(elf, data);
    if definitions.len() > MAX_DEFINITIONS {
        let reason = format!("the object has more than {MAX_DEFINITIONS} maps");
        return Err(Error::new(Kind::Parse, reason));
    }
    for definition in &definitions {
        definition.check()?;
        let pins = !has_place(definition.name) && definition.pins()?;
        if map_type::is_of_maps(definition.map_type()) {
            let inner = definition.inner(&definitions)?;
            plan.of_maps.push(definition.planned(inner.name));
            plan.slots.extend(definition.slots(&definitions));
            definition.replace(data, &[map_type::ARRAY, 4, 4, 1, 0]);
        } else if let Some(node) = definition.numa_node() {
            plan.numa_nodes.push((definition.name.to_owned(), node));
        }
        if pins {
            plan.pinned.push(definition.name.to_owned());
        }
        definition.fill_sizes(data);
        definition.forget_pinning(data);
    }
    Ok(())
}

fn read<'a>(elf: &Elf<'a>, data: &[u8]) -> Vec<Legacy<'a>> {
    let is_legacy = |section: usize| {
        let name = elf.section_name(section);
        name.is_some_and(|name| name.starts_with("maps"))
    };
    let mut places: Vec<NamedPlace<'a>> = elf
        .named_places()
        .filter(|place| !place.is_function && is_legacy(place.section))
        .collect();
    places.sort_unstable();
    let ends = places.iter().skip(1).map(Some).chain(Some(None));
    let definitions = places.iter().zip(ends);
    definitions
        .filter_map(|(place, next)| {
            let section = elf
                .sections
                .section(object::SectionIndex(place.section))
                .ok()?;
            let next = next.filter(|next| next.section == place.section);
            let end = next.map_or(section.sh_size(elf.endian), |next| next.value);
            let offset = section.sh_offset(elf.endian).checked_add(place.value)?;
            let length = match place.size {
                0 => end.checked_sub(place.value)?, // LLVM wrote no sizes once.
                size => size.min(end.checked_sub(place.value)?),
            };
            let length = to_usize(length);
            let offset = to_usize(offset);
            let bytes = data.get(offset..offset.checked_add(length)?)?;
            let mut words = [0; MAX_WORDS];
            for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
                *word = u32::from_ne_bytes(bytes.try_into().ok()?);
            }
            (length >= PLAIN_BYTES).then(|| Legacy {
                name: place.name,
                section: place.section,
                offset,
                length,
                words,
                namespace: namespace(bytes),
            })
        })
        .collect()
}

fn namespace(definition: &[u8]) -> String {
    let text = definition
        .get(PINNING_PLACE..GOBPF_BYTES)
        .unwrap_or_default();
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

impl Legacy<'_> {
    fn map_type(&self) -> u32 {
        let [map_type, ..] = self.words;
        map_type
    }

    fn flags(&self) -> u32 {
        let [.., flags, _, _, _, _] = self.words;
        flags
    }

    fn numa_node(&self) -> Option<u32> {
        let [.., node, _, _] = self.words;
        (self.length == SAMPLES_BYTES && self.flags() & BPF_F_NUMA_NODE != 0).then_some(node)
    }

    fn is_iproute2(&self) -> bool {
        self.length == IPROUTE2_BYTES
    }

    fn is_gobpf(&self) -> bool {
        self.length == GOBPF_BYTES
    }

    /// Whether what is behind the flags is not what aya takes it for.
    fn is_foreign(&self) -> bool {
        self.is_iproute2()
            || self.is_gobpf()
            || self.numa_node().is_some()
            || map_type::is_of_maps(self.map_type())
    }

    fn check(&self) -> Result<()> {
        let [.., after_flags, _, _, _] = self.words;
        if self.length < SAMPLES_BYTES && !self.is_foreign() && after_flags != 0 {
            let reason = format!(
                "it is {} bytes long, of which only the first {PLAIN_BYTES} are known, and the others are not 0",
                self.length
            );
            return Err(self.refuse(&reason));
        }
        Ok(())
    }

    /// Whether it is pinned by its name: iproute2 says so by two numbers, of which aya knows the first one.
    fn pins(&self) -> Result<bool> {
        let [.., after_flags, pinning, _, _] = self.words;
        let place = if self.is_gobpf() {
            match after_flags {
                0 | 3 => return Ok(false), // Where whoever opens it says.
                1 => String::from("in a namespace of the object (PIN_OBJECT_NS)"),
                2 => format!("at /sys/fs/bpf/{}/globals/{}", self.namespace, self.name),
                other => format!("by number {other}"),
            }
        } else if self.length < SAMPLES_BYTES || (self.is_foreign() && !self.is_iproute2()) {
            return Ok(false);
        } else {
            match (pinning, self.is_iproute2()) {
                (0, _) => return Ok(false),
                (2, _) | (BY_NAME, false) => return Ok(true),
                (1, true) => String::from("in a namespace of the object (PIN_OBJECT_NS)"),
                (other, _) => format!("by number {other}"),
            }
        };
        let reason = format!(
            "it is pinned {place}, which only its own loader knows: say where by the option mapPinPath, then that counts"
        );
        let mut error = self.refuse(&reason);
        error.kind = Kind::Unsupported;
        Err(error)
    }

    /// The map that says what the maps in this one are like.
    fn inner<'a>(&self, definitions: &'a [Legacy<'a>]) -> Result<&'a Legacy<'a>> {
        let [.., id, _, inner_id, _] = self.words;
        let found = if self.is_iproute2() {
            let mut inner = definitions.iter().filter(|one| one.is_iproute2());
            inner.find(|one| inner_id != 0 && one.id() == inner_id)
        } else if self.is_gobpf() {
            None
        } else {
            let mut neighbours = definitions.iter().filter(|one| one.section == self.section);
            // Where each map has a section of its own, all of them count.
            let neighbour = neighbours.nth(id as usize);
            neighbour.or_else(|| {
                definitions
                    .get(id as usize)
                    .filter(|_| self.is_alone(definitions))
            })
        };
        let found = found.filter(|one| !map_type::is_of_maps(one.map_type()));
        found.ok_or_else(|| self.refuse("it is a map of maps, and does not say of which"))
    }

    fn is_alone(&self, definitions: &[Legacy<'_>]) -> bool {
        let neighbours = definitions.iter();
        neighbours.filter(|one| one.section == self.section).count() == 1
    }

    fn id(&self) -> u32 {
        let [.., id, _, _, _] = self.words;
        id
    }

    fn planned(&self, inner: &str) -> MapOfMaps {
        let [map_type, key_size, _, max_entries, flags, ..] = self.words;
        MapOfMaps {
            name: self.name.to_owned(),
            map_type,
            key_size,
            max_entries,
            map_flags: flags,
            numa_node: self.numa_node(),
            inner: Some(inner.to_owned()),
        }
    }

    /// iproute2 puts a map with an id into the maps that are for it, at the position that it names.
    fn slots(&self, definitions: &[Legacy<'_>]) -> Vec<Slot> {
        let [.., inner_id, _] = self.words;
        let is_held = |one: &&Legacy<'_>| {
            self.is_iproute2() && one.is_iproute2() && inner_id != 0 && one.id() == inner_id
        };
        let held = definitions.iter().filter(is_held).filter_map(|one| {
            let [.., index] = one.words;
            (index != u32::MAX && !map_type::is_of_maps(one.map_type())).then(|| Slot {
                map: self.name.to_owned(),
                index,
                held: Held::Map(one.name.to_owned()),
            })
        });
        held.collect()
    }

    fn replace(&self, data: &mut [u8], words: &[u32]) {
        for (index, word) in words.iter().enumerate() {
            write(data, self.offset.saturating_add(index * 4), *word);
        }
    }

    /// Whoever states no size means the only one that the kernel takes.
    fn fill_sizes(&self, data: &mut [u8]) {
        let [map_type, key_size, value_size, ..] = self.words;
        if map_type::is_of_maps(map_type) {
            return;
        }
        let (only_key, only_value) = map_type::only_sizes(map_type);
        for (place, stated, only) in [(4, key_size, only_key), (8, value_size, only_value)] {
            if let Some(size) = only.filter(|_| stated == 0) {
                write(data, self.offset.saturating_add(place), size);
            }
        }
    }

    /// aya takes the words behind the flags for an id and for pinning.
    fn forget_pinning(&self, data: &mut [u8]) {
        if self.is_foreign() {
            for place in (PLAIN_BYTES..self.length.saturating_sub(3)).step_by(4) {
                write(data, self.offset.saturating_add(place), 0);
            }
        }
        if self.length >= SAMPLES_BYTES {
            write(data, self.offset.saturating_add(PINNING_PLACE), 0);
        }
    }

    fn refuse(&self, reason: &str) -> Error {
        let message = format!(
            "the definition of map \"{}\" is not usable: {reason}",
            self.name
        );
        Error::new(Kind::Parse, message)
    }
}

fn write(data: &mut [u8], offset: usize, word: u32) {
    let end = offset.saturating_add(4);
    if let Some(bytes) = data.get_mut(offset..end) {
        bytes.copy_from_slice(&word.to_ne_bytes());
    }
}
