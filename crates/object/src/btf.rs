//! The raw BTF of an object (linux/btf.h): its types by number, and a copy with types added at the end.
//!
//! Numbers of types and offsets of names stay what they are, so that everything else that refers to them, `.BTF.ext`
//! above all, still fits. Nothing here trusts a length: what does not fit is `None`.

/// Kinds of types that map definitions are made of.
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
    vlen: u32,
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
    fn is_alias(self) -> bool {
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
            offsets: offsets(types)?,
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
            payload: number(self.types, offset + 8)?,
            offset,
        })
    }

    /// The type behind typedefs, qualifiers and tags.
    pub(super) fn resolve(&self, mut id: u32) -> Option<Type> {
        for _ in 0..MAX_DEPTH {
            let found = self.get(id)?;
            if !found.is_alias() {
                return Some(found);
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
        self.string(number(self.types, of.offset)?)
    }

    pub(super) fn string(&self, offset: u32) -> Option<&'a str> {
        let rest = self.strings.get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(rest.get(..end)?).ok()
    }

    pub(super) fn array(&self, of: Type) -> Option<Array> {
        if of.kind != kind::ARRAY {
            return None;
        }
        let field = |index: usize| number(self.types, of.offset + RECORD + index * 4);
        Some(Array {
            element: field(0)?,
            index: field(1)?,
            length: field(2)?,
        })
    }

    /// The members of a struct.
    pub(super) fn members(&self, of: Type) -> impl Iterator<Item = Member> + '_ {
        (0..of.vlen as usize).map_while(move |index| {
            let field =
                |part: usize| number(self.types, of.offset + RECORD + index * 12 + part * 4);
            Some(Member {
                name: field(0)?,
                type_id: field(1)?,
                offset: field(2)?,
            })
        })
    }

    /// The variables of a data section.
    pub(super) fn variables(&self, of: Type) -> impl Iterator<Item = u32> + '_ {
        (0..of.vlen as usize)
            .map_while(move |index| number(self.types, of.offset + RECORD + index * 12))
    }

    /// The number behind the head of a variable: how it is linked.
    pub(super) fn linkage(&self, of: Type) -> Option<u32> {
        match of.kind {
            kind::VAR => number(self.types, of.offset + RECORD),
            kind::FUNC => Some(of.vlen),
            _ => None,
        }
    }

    /// What `btf_int` says of an integer: its encoding, in the upper byte, and its bits.
    pub(super) fn encoding(&self, of: Type) -> Option<u32> {
        (of.kind == kind::INT).then(|| number(self.types, of.offset + RECORD))?
    }

    /// The first value of an enumeration: what `__ulong` of `bpf_helpers.h` states a number by.
    pub(super) fn first_value(&self, of: Type) -> Option<u64> {
        let field = |index: usize| number(self.types, of.offset + RECORD + index * 4);
        match of.kind {
            kind::ENUM if of.vlen > 0 => Some(field(1)?.into()),
            kind::ENUM64 if of.vlen > 0 => Some(u64::from(field(2)?) << 32 | u64::from(field(1)?)),
            _ => None,
        }
    }
}

/// A copy of the types in the making.
pub(super) struct Editor<'a> {
    btf: &'a Btf<'a>,
    types: Vec<u8>,
    strings: Vec<u8>,
    next_id: u32,
}

impl<'a> Editor<'a> {
    pub(super) fn new(btf: &'a Btf<'a>) -> Option<Self> {
        Some(Self {
            btf,
            types: btf.types.to_vec(),
            strings: btf.strings.to_vec(),
            next_id: u32::try_from(btf.offsets.len()).ok()?.checked_add(1)?,
        })
    }

    /// Adds a string, and tells its offset.
    pub(super) fn add_string(&mut self, text: &str) -> Option<u32> {
        let offset = u32::try_from(self.strings.len()).ok()?;
        self.strings.extend(text.bytes());
        self.strings.push(0);
        Some(offset)
    }

    pub(super) fn add_pointer(&mut self, to: u32) -> Option<u32> {
        self.add(&[0, kind::PTR << 24, to])
    }

    pub(super) fn add_array(&mut self, array: Array) -> Option<u32> {
        self.add(&[
            0,
            kind::ARRAY << 24,
            0,
            array.element,
            array.index,
            array.length,
        ])
    }

    /// Adds a struct like `of` with other members.
    pub(super) fn add_struct(&mut self, of: Type, members: &[Member]) -> Option<u32> {
        let count = u16::try_from(members.len()).ok()?;
        let head = number(self.btf.types, of.offset + 4)? & 0xffff_0000;
        let mut record = vec![
            number(self.btf.types, of.offset)?,
            head | u32::from(count),
            of.payload,
        ];
        for member in members {
            record.extend([member.name, member.type_id, member.offset]);
        }
        self.add(&record)
    }

    /// Gives a variable another type.
    pub(super) fn retype(&mut self, variable: Type, type_id: u32) -> Option<()> {
        self.set(variable.offset + 8, type_id)
    }

    /// Adds an `int`.
    pub(super) fn add_int(&mut self) -> Option<u32> {
        const SIGNED_32: u32 = 1 << 24 | 32;
        let name = self.add_string("int")?;
        self.add(&[name, kind::INT << 24, 4, SIGNED_32])
    }

    /// Adds a variable that is defined.
    pub(super) fn add_variable(&mut self, name: &str, type_id: u32) -> Option<u32> {
        let name = self.add_string(name)?;
        self.add(&[name, kind::VAR << 24, type_id, linkage::DEFINED])
    }

    /// Has a variable or function be defined here.
    pub(super) fn define(&mut self, of: Type) -> Option<()> {
        if of.kind == kind::FUNC {
            self.set(of.offset + 4, kind::FUNC << 24 | linkage::DEFINED)
        } else {
            self.set(of.offset + RECORD, linkage::DEFINED)
        }
    }

    /// Sets the size of a section.
    pub(super) fn resize(&mut self, section: Type, size: u32) -> Option<()> {
        self.set(section.offset + 8, size)
    }

    /// Sets what a section has at a position: a variable, where it lies, and how large it is.
    pub(super) fn place(&mut self, section: Type, index: usize, entry: [u32; 3]) -> Option<()> {
        let start = index
            .checked_mul(12)?
            .checked_add(section.offset + RECORD)?;
        for (field, value) in entry.into_iter().enumerate() {
            self.set(start.checked_add(field * 4)?, value)?;
        }
        Some(())
    }

    /// The whole of it, header included.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        let type_length = u32::try_from(self.types.len()).ok()?;
        let string_length = u32::try_from(self.strings.len()).ok()?;
        let mut data = self.btf.header.to_vec();
        for (offset, value) in [
            (8, 0),
            (12, type_length),
            (16, type_length),
            (20, string_length),
        ] {
            data.get_mut(offset..offset + 4)?
                .copy_from_slice(&u32::to_ne_bytes(value));
        }
        data.extend(self.types);
        data.extend(self.strings);
        Some(data)
    }

    fn set(&mut self, offset: usize, value: u32) -> Option<()> {
        let field = self.types.get_mut(offset..offset.checked_add(4)?)?;
        field.copy_from_slice(&value.to_ne_bytes());
        Some(())
    }

    fn add(&mut self, record: &[u32]) -> Option<u32> {
        let id = self.next_id;
        self.next_id = id.checked_add(1)?;
        self.types
            .extend(record.iter().flat_map(|field| field.to_ne_bytes()));
        Some(id)
    }
}

fn offsets(types: &[u8]) -> Option<Vec<usize>> {
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
                _ => return None,
            };
    }
    (offset == types.len()).then_some(offsets)
}

fn kind_and_count(types: &[u8], offset: usize) -> Option<(u32, u32)> {
    let info = number(types, offset + 4)?;
    Some(((info >> 24) & 0x1f, info & 0xffff))
}

/// BTF is in the byte order of the object, which is this machine's.
fn number(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}
