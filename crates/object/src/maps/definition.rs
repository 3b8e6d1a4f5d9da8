//! One map definition in BTF, read by the rules of libbpf (`parse_btf_map_def`).

use super::MapOfMaps;
use crate::{
    btf::{Array, Btf, MAX_DEPTH, Member, Type, kind},
    error::{Error, Kind, Result},
};

/// Numbers in a definition are lengths of arrays of `int`, of which the kernel allows less than 4 GiB.
pub(crate) const MAX_NUMBER: u32 = (1 << 30) - 1;

/// Far beyond what anybody compiles: what an object may make this module do.
const MAX_MEMBERS: usize = 64;

/// The types of maps that something here depends on (linux/bpf.h).
pub(super) mod map_type {
    pub(crate) const ARRAY: u32 = 2;
    pub(crate) const PROG_ARRAY: u32 = 3;
    pub(crate) const PERF_EVENT_ARRAY: u32 = 4;
    pub(crate) const PERCPU_ARRAY: u32 = 6;
    pub(crate) const STACK_TRACE: u32 = 7;
    pub(crate) const CGROUP_ARRAY: u32 = 8;
    pub(crate) const ARRAY_OF_MAPS: u32 = 12;
    pub(crate) const HASH_OF_MAPS: u32 = 13;
    pub(crate) const DEVMAP: u32 = 14;
    pub(crate) const SOCKMAP: u32 = 15;
    pub(crate) const CPUMAP: u32 = 16;
    pub(crate) const XSKMAP: u32 = 17;
    pub(crate) const SOCKHASH: u32 = 18;
    pub(crate) const REUSEPORT_SOCKARRAY: u32 = 20;
    pub(crate) const QUEUE: u32 = 22;
    pub(crate) const STACK: u32 = 23;
    pub(crate) const DEVMAP_HASH: u32 = 25;
    pub(crate) const RINGBUF: u32 = 27;
    pub(crate) const USER_RINGBUF: u32 = 31;

    pub(crate) const fn is_of_maps(map_type: u32) -> bool {
        matches!(map_type, ARRAY_OF_MAPS | HASH_OF_MAPS)
    }

    pub(crate) const fn is_ring(map_type: u32) -> bool {
        matches!(map_type, RINGBUF | USER_RINGBUF)
    }

    /// Sizes of key and value that are the only ones that the kernel takes for a type of map: whoever states none, means them.
    pub(crate) const fn only_sizes(of: u32) -> (Option<u32>, Option<u32>) {
        match of {
            PROG_ARRAY | PERF_EVENT_ARRAY | CGROUP_ARRAY | ARRAY_OF_MAPS | XSKMAP => {
                (Some(4), Some(4))
            }
            ARRAY | PERCPU_ARRAY | STACK_TRACE | DEVMAP | CPUMAP | SOCKMAP
            | REUSEPORT_SOCKARRAY => (Some(4), None),
            HASH_OF_MAPS => (None, Some(4)),
            _ => (None, None),
        }
    }
}

pub(super) const BPF_F_NUMA_NODE: u32 = 1 << 2;

/// `LIBBPF_PIN_BY_NAME`.
pub(super) const BY_NAME: u32 = 1;

/// What a definition says.
pub(super) struct Definition {
    pub(super) struct_type: Type,
    /// The array type that states the map's type: other numbers are made like it.
    pub(super) like: Array,
    pub(super) map_type: u32,
    pub(super) key: Part,
    pub(super) value: Part,
    pub(super) max_entries: Option<u32>,
    pub(super) map_flags: u32,
    numa_node: u32,
    /// As it is stated: 0 (none), 1 (by name), or what only another loader knows.
    pub(super) pinning: Option<u32>,
    pub(super) values: Option<Values>,
    /// Numbers that are stated in a way that aya does not read.
    pub(super) restated: Vec<(&'static str, u32)>,
}

/// A key or a value.
#[derive(Clone, Copy, Default)]
pub(super) struct Part {
    /// Its size, where it is stated as a number.
    pub(super) stated: Option<u32>,
    /// The size of its type, where it has one.
    pub(super) typed: Option<u32>,
    /// Whether aya computes another size from that type.
    pub(super) misread: bool,
}

/// What `values` holds.
pub(super) struct Values {
    /// Where it begins in the definition, in bytes.
    pub(super) offset: u32,
    pub(super) holds: Holds,
}

pub(super) enum Holds {
    /// Maps of this definition; the array type is that of `values`.
    Maps(Array, Type),
    Programs,
}

/// The members that are numbers.
pub(super) const NUMBERS: [&str; 8] = [
    "type",
    "key_size",
    "value_size",
    "max_entries",
    "map_flags",
    "map_extra",
    "numa_node",
    "pinning",
];

impl Definition {
    /// `None` for what is no definition at all: aya says so.
    pub(super) fn read(btf: &Btf<'_>, map: &str, struct_type: Type) -> Result<Option<Self>> {
        if struct_type.kind != kind::STRUCT {
            return Ok(None);
        }
        if btf.members(struct_type).nth(MAX_MEMBERS).is_some() {
            return Err(refuse(
                map,
                format_args!("it has more than {MAX_MEMBERS} members"),
            ));
        }
        let Some(like) = find(btf, struct_type, "type")
            .and_then(|found| btf.resolve(found.type_id))
            .and_then(|pointer| pointed_array(btf, pointer))
        else {
            return Err(refuse(map, format_args!("it states no type (type)")));
        };
        let mut definition = Self {
            struct_type,
            like,
            map_type: like.length,
            key: Part::default(),
            value: Part::default(),
            max_entries: None,
            map_flags: 0,
            numa_node: 0,
            pinning: None,
            values: None,
            restated: Vec::new(),
        };
        for member in btf.members(struct_type) {
            definition.read_member(btf, map, member)?;
        }
        definition.key.check(map, "key")?;
        definition.value.check(map, "value")?;
        Ok(Some(definition))
    }

    /// Where its memory is to lie. aya sends none, which is node 0 to the kernel.
    pub(super) fn numa_node(&self) -> Option<u32> {
        (self.map_flags & BPF_F_NUMA_NODE != 0 && self.numa_node != 0).then_some(self.numa_node)
    }

    /// Whether it is a map of maps that does not say of which.
    pub(super) fn lacks_inner(&self) -> bool {
        map_type::is_of_maps(self.map_type) && self.values.is_none()
    }

    /// Such a map as it is to be.
    pub(super) fn planned(&self, name: &str, entries: Option<u32>) -> MapOfMaps {
        let (only_key, _) = map_type::only_sizes(self.map_type);
        let key_size = self.key.stated.or(self.key.typed).or(only_key);
        MapOfMaps {
            name: name.to_owned(),
            map_type: self.map_type,
            key_size: key_size.unwrap_or(0),
            max_entries: entries.or(self.max_entries).unwrap_or(0),
            map_flags: self.map_flags,
            numa_node: self.numa_node(),
            inner: None,
        }
    }

    /// Whether the type of its values is that of records, as cilium/ebpf has it: the kernel keeps numbers of 4 bytes there.
    pub(super) fn tells_records(&self) -> bool {
        self.map_type == map_type::PERF_EVENT_ARRAY
            && self.value.stated.is_none()
            && self.value.typed.is_some_and(|size| size != 4)
    }

    fn read_member(&mut self, btf: &Btf<'_>, map: &str, member: Member) -> Result<()> {
        let name = btf.string(member.name).unwrap_or_default();
        if let Some(known) = NUMBERS.into_iter().find(|known| *known == name) {
            let Some(number) = number(btf, member.type_id) else {
                return Err(refuse(map, format_args!("{known} is no number")));
            };
            return self.take_number(btf, map, member, known, number);
        }
        match name {
            "key" => self.key.read_type(btf, map, "key", member),
            "value" => self.value.read_type(btf, map, "value", member),
            "values" => self.read_values(btf, map, member),
            // As libbpf does where it is not told to be strict.
            _ => Ok(()),
        }
    }

    fn take_number(
        &mut self,
        btf: &Btf<'_>,
        map: &str,
        member: Member,
        name: &'static str,
        number: u64,
    ) -> Result<()> {
        let Ok(number) = u32::try_from(number) else {
            let mut error = refuse(
                map,
                format_args!("{name} is {number:#x}; only 32 bits of it can be carried"),
            );
            error.kind = Kind::Unsupported;
            return Err(error);
        };
        match name {
            "key_size" => self.key.state(number),
            "value_size" => self.value.state(number),
            "max_entries" => self.max_entries = Some(number),
            "map_flags" => self.map_flags = number,
            "numa_node" => self.numa_node = number,
            "pinning" => self.pinning = Some(number),
            _ => {}
        }
        if !is_plain(btf, member.type_id) && number <= MAX_NUMBER {
            self.restated.push((name, number));
        }
        Ok(())
    }

    fn read_values(&mut self, btf: &Btf<'_>, map: &str, member: Member) -> Result<()> {
        let array = btf.get(member.type_id).and_then(|found| btf.array(found));
        let Some(array) = array.filter(|array| array.length == 0) else {
            return Err(refuse(
                map,
                format_args!("values is no array without length"),
            ));
        };
        let pointed = btf
            .resolve(array.element)
            .filter(|pointer| pointer.kind == kind::PTR)
            .and_then(|pointer| btf.resolve(pointer.payload));
        let holds = match pointed {
            Some(inner) if inner.kind == kind::STRUCT && map_type::is_of_maps(self.map_type) => {
                Holds::Maps(array, inner)
            }
            Some(function)
                if function.kind == kind::FUNC_PROTO && self.map_type == map_type::PROG_ARRAY =>
            {
                Holds::Programs
            }
            _ => {
                let reason = "values does not fit its type: maps of maps have definitions of maps there, arrays of programs functions";
                return Err(refuse(map, format_args!("{reason}")));
            }
        };
        // In bits; structs with bit fields have a width in the upper byte.
        let offset = (member.offset & 0x00ff_ffff) / 8;
        self.values = Some(Values { offset, holds });
        Ok(())
    }
}

impl Part {
    /// Of a type and a number aya goes by the later one.
    fn state(&mut self, size: u32) {
        self.stated = Some(size);
        self.misread = false;
    }

    fn read_type(&mut self, btf: &Btf<'_>, map: &str, what: &str, member: Member) -> Result<()> {
        let Some(pointer) = btf
            .get(member.type_id)
            .filter(|found| found.kind == kind::PTR)
        else {
            return Err(refuse(map, format_args!("{what} is no type")));
        };
        let Some((size, dimensions)) = size_of(btf, pointer.payload) else {
            return Err(refuse(
                map,
                format_args!("{what} is of a type that has no size"),
            ));
        };
        match u32::try_from(size) {
            Ok(size) if size <= MAX_NUMBER => self.typed = Some(size),
            _ => {
                return Err(refuse(
                    map,
                    format_args!("the {what} is {size} bytes large; the limit is {MAX_NUMBER}"),
                ));
            }
        }
        self.misread = dimensions > 1;
        Ok(())
    }

    fn check(&self, map: &str, what: &str) -> Result<()> {
        match (self.stated, self.typed) {
            // Rings have no values to the kernel, and may say what their records are.
            (Some(stated), Some(typed)) if stated != typed && stated != 0 => Err(refuse(
                map,
                format_args!("{what}_size is {stated}, and the type of {what} has {typed} bytes"),
            )),
            _ => Ok(()),
        }
    }
}

/// A member of a definition.
pub(super) fn find(btf: &Btf<'_>, definition: Type, name: &str) -> Option<Member> {
    btf.members(definition)
        .find(|member| btf.string(member.name) == Some(name))
}

pub(super) fn refuse(map: &str, reason: std::fmt::Arguments<'_>) -> Error {
    Error::new(
        Kind::Btf,
        format!("the definition of map \"{map}\" is not usable: {reason}"),
    )
}

/// A number is the length of an array that is pointed to, `int (*max_entries)[64]`, or the value of an enumeration.
fn number(btf: &Btf<'_>, id: u32) -> Option<u64> {
    let found = btf.resolve(id)?;
    pointed_array(btf, found)
        .map(|array| array.length.into())
        .or_else(|| btf.values(found).next().map(|(_, value)| value))
}

/// What aya reads: no typedef and no qualifier on the way.
fn is_plain(btf: &Btf<'_>, id: u32) -> bool {
    btf.get(id).is_some_and(|found| {
        found.kind == kind::PTR
            && btf
                .get(found.payload)
                .is_some_and(|array| array.kind == kind::ARRAY)
    })
}

fn pointed_array(btf: &Btf<'_>, pointer: Type) -> Option<Array> {
    if pointer.kind != kind::PTR {
        return None;
    }
    btf.array(btf.resolve(pointer.payload)?)
}

/// The size of a type, and how many dimensions of arrays it has.
fn size_of(btf: &Btf<'_>, mut id: u32) -> Option<(u64, u32)> {
    let (mut count, mut dimensions) = (1_u64, 0);
    for _ in 0..MAX_DEPTH {
        let found = btf.resolve(id)?;
        let Some(array) = btf.array(found) else {
            let size = match found.kind {
                kind::INT
                | kind::STRUCT
                | kind::UNION
                | kind::ENUM
                | kind::ENUM64
                | kind::FLOAT => found.payload,
                kind::PTR => 8,
                _ => return None,
            };
            return Some((count.saturating_mul(size.into()), dimensions));
        };
        count = count.saturating_mul(array.length.into());
        dimensions += 1;
        id = array.element;
    }
    None
}
