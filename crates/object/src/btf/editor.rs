//! A copy of the types of an object in the making: types and names added at the end, some changed in place.

use super::{Array, Btf, COUNT, Member, RECORD, Type, kind, linkage, number};

/// A copy of the types in the making.
pub(crate) struct Editor<'a> {
    btf: &'a Btf<'a>,
    types: Vec<u8>,
    strings: Vec<u8>,
    next_id: u32,
}

impl<'a> Editor<'a> {
    pub(crate) fn new(btf: &'a Btf<'a>) -> Option<Self> {
        Some(Self {
            btf,
            types: btf.types.to_vec(),
            strings: btf.strings.to_vec(),
            next_id: u32::try_from(btf.offsets.len()).ok()?.checked_add(1)?,
        })
    }

    /// Adds a string, and tells its offset.
    pub(crate) fn add_string(&mut self, text: &str) -> Option<u32> {
        let offset = u32::try_from(self.strings.len()).ok()?;
        self.strings.extend(text.bytes());
        self.strings.push(0);
        Some(offset)
    }

    pub(crate) fn add_pointer(&mut self, to: u32) -> Option<u32> {
        self.add(&[0, kind::PTR << 24, to])
    }

    pub(crate) fn add_array(&mut self, array: Array) -> Option<u32> {
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
    pub(crate) fn add_struct(&mut self, of: Type, members: &[Member]) -> Option<u32> {
        let count = u16::try_from(members.len()).ok()?;
        let head = number(self.btf.types, of.offset + 4)? & !COUNT;
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
    pub(crate) fn retype(&mut self, variable: Type, type_id: u32) -> Option<()> {
        self.set(variable.offset + 8, type_id)
    }

    /// Adds an `int`.
    pub(crate) fn add_int(&mut self) -> Option<u32> {
        const SIGNED_32: u32 = 1 << 24 | 32;
        let name = self.add_string("int")?;
        self.add(&[name, kind::INT << 24, 4, SIGNED_32])
    }

    /// Adds a variable that is defined.
    pub(crate) fn add_variable(&mut self, name: &str, type_id: u32) -> Option<u32> {
        let name = self.add_string(name)?;
        self.add(&[name, kind::VAR << 24, type_id, linkage::DEFINED])
    }

    /// Has a variable or function be defined here.
    pub(crate) fn define(&mut self, of: Type) -> Option<()> {
        if of.kind == kind::FUNC {
            self.set(of.offset + 4, kind::FUNC << 24 | linkage::DEFINED)
        } else {
            self.set(of.offset + RECORD, linkage::DEFINED)
        }
    }

    /// Sets the size of a section.
    pub(crate) fn resize(&mut self, section: Type, size: u32) -> Option<()> {
        self.set(section.offset + 8, size)
    }

    /// Sets what a section has at a position: a variable, where it lies, and how large it is.
    pub(crate) fn place(&mut self, section: Type, index: usize, entry: [u32; 3]) -> Option<()> {
        let start = index
            .checked_mul(12)?
            .checked_add(section.offset + RECORD)?;
        for (field, value) in entry.into_iter().enumerate() {
            self.set(start.checked_add(field * 4)?, value)?;
        }
        Some(())
    }

    /// The whole of it, header included.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
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
