//! The raw BTF of an object (linux/btf.h): its types by number, and a copy with types added at the end.
//!
//! Numbers of types and offsets of names stay what they are, so that everything else that refers to them, `.BTF.ext`
//! above all, still fits. Nothing here trusts a length: what does not fit is `None`.

mod editor;
#[cfg(test)]
mod tests;

pub(super) use self::editor::Editor;

/// Kinds of types.
pub(super) mod kind {
    pub(crate) const INT: u32 = 1;
    pub(crate) const PTR: u32 = 2;
    pub(crate) const ARRAY: u32 = 3;
    pub(crate) const STRUCT: u32 = 4;
    pub(crate) const UNION: u32 = 5;
    pub(crate) const ENUM: u32 = 6;
    pub(crate) const FWD: u32 = 7;
    pub(crate) const TYPEDEF: u32 = 8;
    pub(crate) const VOLATILE: u32 = 9;
    pub(crate) const CONST: u32 = 10;
    pub(crate) const RESTRICT: u32 = 11;
    pub(crate) const FUNC: u32 = 12;
    pub(crate) const FUNC_PROTO: u32 = 13;
    pub(crate) const VAR: u32 = 14;
    pub(crate) const DATASEC: u32 = 15;
    pub(crate) const FLOAT: u32 = 16;
    pub(crate) const DECL_TAG: u32 = 17;
    pub(crate) const TYPE_TAG: u32 = 18;
    pub(crate) const ENUM64: u32 = 19;
}

/// How variables and functions are linked: the kernel takes none that are defined elsewhere.
pub(super) mod linkage {
    pub(crate) const DEFINED: u32 = 1;
    pub(crate) const EXTERN: u32 = 2;
}

/// How many typedefs, qualifiers and dimensions are followed: what the kernel does too (`MAX_RESOLVE_DEPTH`).
pub(super) const MAX_DEPTH: usize = 32;

const HEADER: usize = 24;
/// What of the second word of a record is the kind, and what the count: before Linux 7.1 they had fewer bits, and the
/// others had to be 0.
pub(super) const KIND: u32 = 0x7f;
pub(super) const COUNT: u32 = 0x00ff_ffff;
/// Name, kind and count, size or type.
const RECORD: usize = 12;

/// The types of an object.
pub(super) struct Btf<'a> {
    header: &'a [u8],
    types: &'a [u8],
    strings: &'a [u8],
    /// Where the record of each type begins; type 0 is `void` and has none.
    offsets: Vec<usize>,
}

/// The head of a type's record.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub(super) kind: u32,
    /// Its size, or the type that it refers to.
    pub(super) payload: u32,
    /// Whether offsets of members hold sizes of bit-fields; of an enumeration, whether it is signed.
    pub(super) has_flag: bool,
    /// How many members, values or parameters it has.
    pub(super) vlen: u32,
    /// Where its record begins.
    offset: usize,
}

/// `struct btf_array`.
#[derive(Clone, Copy)]
pub(super) struct Array {
    pub(super) element: u32,
    pub(super) index: u32,
    pub(super) length: u32,
}

/// `struct btf_member`.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) name: u32,
    pub(super) type_id: u32,
    pub(super) offset: u32,
}

impl Type {
    pub(super) fn is_alias(self) -> bool {
        matches!(
            self.kind,
            kind::TYPEDEF | kind::CONST | kind::VOLATILE | kind::RESTRICT | kind::TYPE_TAG
        )
    }
}

impl<'a> Btf<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        let header_length = usize::try_from(number(data, 4)?).ok()?;
        let part = |offset: usize, length: usize| {
            let start = header_length.checked_add(usize::try_from(number(data, offset)?).ok()?)?;
            let end = start.checked_add(usize::try_from(number(data, length)?).ok()?)?;
            data.get(start..end)
        };
        let header = data.get(..header_length)?;
        let (types, strings) = (part(8, 12)?, part(16, 20)?);
        if header.len() < HEADER {
            return None;
        }
        Some(Self {
            header,
            types,
            strings,
            offsets: offsets(types, layout(data, header_length))?,
        })
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u32> + use<'a> {
        // A record takes 12 bytes of a section whose length is 32 bits.
        1..=u32::try_from(self.offsets.len()).unwrap_or(0)
    }

    pub(super) fn get(&self, id: u32) -> Option<Type> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        let offset = *self.offsets.get(index)?;
        let (kind, vlen) = kind_and_count(self.types, offset)?;
        Some(Type {
            kind,
            vlen,
            has_flag: number(self.types, offset + 4)? >> 31 == 1,
            payload: number(self.types, offset + 8)?,
            offset,
        })
    }

    /// The type behind typedefs, qualifiers and tags.
    pub(super) fn resolve(&self, id: u32) -> Option<Type> {
        self.resolve_id(id).map(|(_, found)| found)
    }

    /// [`Self::resolve`], with its number.
    pub(super) fn resolve_id(&self, mut id: u32) -> Option<(u32, Type)> {
        for _ in 0..MAX_DEPTH {
            let found = self.get(id)?;
            if !found.is_alias() {
                return Some((id, found));
            }
            id = found.payload;
        }
        None
    }

    /// Whether there is nothing behind typedefs and qualifiers.
    pub(super) fn is_void(&self, mut id: u32) -> bool {
        for _ in 0..MAX_DEPTH {
            let Some(found) = self.get(id) else {
                return id == 0;
            };
            if !found.is_alias() {
                return false;
            }
            id = found.payload;
        }
        false
    }

    pub(super) fn name(&self, of: Type) -> Option<&'a str> {
        std::str::from_utf8(self.name_bytes(of)?).ok()
    }

    /// [`Self::name`], for those who look at the names of a whole kernel.
    pub(super) fn name_bytes(&self, of: Type) -> Option<&'a [u8]> {
        self.string_bytes(number(self.types, of.offset)?)
    }

    pub(super) fn string(&self, offset: u32) -> Option<&'a str> {
        std::str::from_utf8(self.string_bytes(offset)?).ok()
    }

    pub(super) fn string_bytes(&self, offset: u32) -> Option<&'a [u8]> {
        let rest = self.strings.get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        rest.get(..end)
    }

    pub(super) fn array(&self, of: Type) -> Option<Array> {
        if of.kind != kind::ARRAY {
            return None;
        }
        let field = |index: usize| self.word_behind(of, index);
        Some(Array {
            element: field(0)?,
            index: field(1)?,
            length: field(2)?,
        })
    }

    /// The members of a struct or union.
    pub(super) fn members(&self, of: Type) -> impl Iterator<Item = Member> + '_ {
        (0..of.vlen).map_while(move |index| self.member(of, index))
    }

    pub(super) fn member(&self, of: Type, index: u32) -> Option<Member> {
        if index >= of.vlen || !matches!(of.kind, kind::STRUCT | kind::UNION) {
            return None;
        }
        let field = |part: usize| self.word_behind(of, index as usize * 3 + part);
        Some(Member {
            name: field(0)?,
            type_id: field(1)?,
            offset: field(2)?,
        })
    }

    /// The variables of a data section.
    pub(super) fn variables(&self, of: Type) -> impl Iterator<Item = u32> + '_ {
        (0..of.vlen as usize).map_while(move |index| self.word_behind(of, index * 3))
    }

    /// The number behind the head of a variable: how it is linked.
    pub(super) fn linkage(&self, of: Type) -> Option<u32> {
        match of.kind {
            kind::VAR => self.word_behind(of, 0),
            kind::FUNC => Some(of.vlen),
            _ => None,
        }
    }

    /// What `btf_int` says of an integer: its encoding, in the upper byte, and its bits.
    pub(super) fn encoding(&self, of: Type) -> Option<u32> {
        (of.kind == kind::INT).then(|| self.word_behind(of, 0))?
    }

    /// The values of an enumeration: where the name of each is, and its 64 bits.
    pub(super) fn values(&self, of: Type) -> impl Iterator<Item = (u32, u64)> + '_ {
        (0..of.vlen).map_while(move |index| self.value(of, index))
    }

    pub(super) fn value(&self, of: Type, index: u32) -> Option<(u32, u64)> {
        let size = if of.kind == kind::ENUM64 { 3 } else { 2 };
        let field = |part: usize| self.word_behind(of, index as usize * size + part);
        let value = match of.kind {
            _ if index >= of.vlen => return None,
            kind::ENUM if of.has_flag => i64::from(field(1)?.cast_signed()).cast_unsigned(),
            kind::ENUM => field(1)?.into(),
            kind::ENUM64 => u64::from(field(2)?) << 32 | u64::from(field(1)?),
            _ => return None,
        };
        Some((field(0)?, value))
    }

    /// The types of the parameters of a function.
    pub(super) fn parameters(&self, of: Type) -> impl Iterator<Item = u32> + '_ {
        (0..of.vlen as usize).map_while(move |index| self.word_behind(of, index * 2 + 1))
    }

    /// How many bytes a value has.
    pub(super) fn size(&self, mut id: u32) -> Option<u32> {
        let mut count = 1_u32;
        for _ in 0..MAX_DEPTH {
            let found = self.resolve(id)?;
            let size = match found.kind {
                kind::ARRAY => {
                    let array = self.array(found)?;
                    count = count.checked_mul(array.length)?;
                    id = array.element;
                    continue;
                }
                kind::PTR => 8,
                kind::INT
                | kind::STRUCT
                | kind::UNION
                | kind::ENUM
                | kind::ENUM64
                | kind::FLOAT => found.payload,
                _ => return None,
            };
            return count.checked_mul(size);
        }
        None
    }

    /// The word of this number behind the head of a record.
    fn word_behind(&self, of: Type, index: usize) -> Option<u32> {
        let start = of.offset.checked_add(RECORD)?;
        number(self.types, index.checked_mul(4)?.checked_add(start)?)
    }
}

/// Without what tells versions of the same thing apart, `task_struct___old` (`bpf_core_essential_name_len` of libbpf).
pub(super) fn essential_name(name: &str) -> &str {
    name.get(..essential_length(name.as_bytes()))
        .unwrap_or(name)
}

/// [`essential_name`] of a type, for those who look at the names of a whole kernel.
pub(super) fn essential<'a>(btf: &Btf<'a>, of: Type) -> &'a [u8] {
    essential_part(btf.name_bytes(of).unwrap_or_default())
}

pub(super) fn essential_part(name: &[u8]) -> &[u8] {
    name.get(..essential_length(name)).unwrap_or(name)
}

fn essential_length(name: &[u8]) -> usize {
    let is_separator = |part: &[u8]| matches!(part, [first, b'_', b'_', b'_', last] if *first != b'_' && *last != b'_');
    name.windows(5)
        .rposition(is_separator)
        .map_or(name.len(), |before| before + 1)
}

/// How records of kinds that are not known here go on (`struct btf_layout`): for each kind, the bytes behind the head, and
/// the bytes of each of its parts. Kernels tell it since Linux 7.1.
fn layout(data: &[u8], header_length: usize) -> &[u8] {
    let find = || {
        let field = |at| usize::try_from(number(data, at)?).ok();
        let start = header_length.checked_add(field(24)?)?;
        data.get(start..start.checked_add(field(28)?)?)
    };
    let has_layout = header_length >= HEADER + 8;
    has_layout.then(find).flatten().unwrap_or_default()
}

fn size_by(layout: &[u8], kind: u32, count: usize) -> Option<usize> {
    let start = usize::try_from(kind).ok()?.checked_mul(4)?;
    let [fixed, each, ..] = *layout.get(start..)?.first_chunk::<4>()?;
    usize::from(each)
        .checked_mul(count)?
        .checked_add(fixed.into())
}

fn offsets(types: &[u8], layout: &[u8]) -> Option<Vec<usize>> {
    // Most records are longer than their heads, by the members of structs and parameters of functions.
    let mut offsets = Vec::with_capacity(types.len() / RECORD / 2 + 1);
    let mut offset = 0;
    while offset < types.len() {
        offsets.push(offset);
        let (kind, count) = kind_and_count(types, offset)?;
        let count = count as usize;
        offset += RECORD
            + match kind {
                kind::INT | kind::VAR | kind::DECL_TAG => 4,
                kind::ARRAY => 12,
                kind::STRUCT | kind::UNION | kind::DATASEC | kind::ENUM64 => 12 * count,
                kind::ENUM | kind::FUNC_PROTO => 8 * count,
                kind::PTR
                | kind::FWD
                | kind::TYPEDEF
                | kind::VOLATILE
                | kind::CONST
                | kind::RESTRICT
                | kind::FUNC
                | kind::FLOAT
                | kind::TYPE_TAG => 0,
                _ => size_by(layout, kind, count)?,
            };
    }
    (offset == types.len()).then_some(offsets)
}

fn kind_and_count(types: &[u8], offset: usize) -> Option<(u32, u32)> {
    let info = number(types, offset + 4)?;
    Some(((info >> 24) & KIND, info & COUNT))
}

/// BTF is in the byte order of the object, which is this machine's.
fn number(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}
