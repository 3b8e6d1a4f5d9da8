//! Type information (linux/btf.h): that each name and each type that it speaks of exists.

use std::collections::HashSet;

use super::kinds::{
    Word::{self, Name, Number, Type},
    layout,
};
use crate::{
    btf::{COUNT, KIND, MAX_DEPTH, kind},
    error::{Error, Kind, Result},
};

const MAGIC: u16 = 0xeb9f;
const HEADER: usize = 24;
/// Name, kind and count, size or type.
const RECORD: usize = 12;

/// How much aya reads of the count in the head of a record.
const AYA_MAX_COUNT: u32 = 0xffff;

/// The longest text, a line of C: each may be looked at for each relocation.
const MAX_TEXT: usize = 1 << 16;

/// Types whose names and references have been checked.
pub(super) struct Types<'a> {
    bytes: &'a [u8],
    strings: &'a [u8],
    /// Where the types begin in the section.
    start: usize,
    /// Where each record begins; type 0 is `void` and has none.
    records: Vec<usize>,
}

/// The head of a record.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) kind: u32,
    pub(super) payload: u32,
    count: u32,
    has_flag: bool,
    offset: usize,
}

pub(super) struct Member {
    pub(super) name: u32,
    pub(super) type_id: u32,
    offset: u32,
}

impl<'a> Types<'a> {
    /// The types of an object, which aya reads too.
    pub(super) fn check_own(data: &'a [u8]) -> Result<Self> {
        let types = Self::check(data)?;
        let mut ids = types.ids();
        let too_many = |id: &u32| {
            let head = types.head(*id);
            head.is_some_and(|head| head.count > AYA_MAX_COUNT)
        };
        match ids.find(too_many) {
            Some(id) => {
                let reason =
                    format!("has more than {AYA_MAX_COUNT} members, which aya cannot read");
                Err(types.refuse(id, &reason))
            }
            None => Ok(types),
        }
    }

    pub(super) fn check(data: &'a [u8]) -> Result<Self> {
        let mut types = Self::split(data)?;
        types.find_records()?;
        for id in types.ids() {
            types.check_record(id)?;
        }
        Ok(types)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u32> + use<> {
        1..=u32::try_from(self.records.len()).unwrap_or(0)
    }

    /// `void` is none.
    pub(super) fn head(&self, id: u32) -> Option<Head> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        self.head_at(*self.records.get(index)?)
    }

    /// The type behind typedefs, qualifiers and tags; `void` is none, and so is a chain that goes on for too long.
    pub(super) fn resolve(&self, mut id: u32) -> Option<Head> {
        for _ in 0..MAX_DEPTH {
            let found = self.head(id)?;
            if !is_modifier(found.kind) {
                return Some(found);
            }
            id = found.payload;
        }
        None
    }

    pub(super) fn has_type(&self, id: u32) -> bool {
        id as usize <= self.records.len()
    }

    pub(super) fn string(&self, offset: u32) -> Option<&'a str> {
        let rest = self.strings.get(offset as usize..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        str::from_utf8(rest.get(..end)?).ok()
    }

    pub(super) fn has_string(&self, offset: u32) -> bool {
        (offset as usize) < self.strings.len()
    }

    /// The members of a struct or union, or the parameters of a function, which have no offset.
    pub(super) fn members(&self, of: Head) -> impl Iterator<Item = Member> + '_ {
        let size = if of.kind == kind::FUNC_PROTO { 2 } else { 3 };
        (0..of.count as usize).map_while(move |index| {
            let word = |part: usize| self.word(of.offset + RECORD + (index * size + part) * 4);
            Some(Member {
                name: word(0)?,
                type_id: word(1)?,
                offset: if size == 3 { word(2)? } else { 0 },
            })
        })
    }

    /// The type of an array's elements, and how many there are.
    pub(super) fn array(&self, of: Head) -> Option<(u32, u32)> {
        let word = |index: usize| self.word(of.offset + RECORD + index * 4);
        (of.kind == kind::ARRAY).then_some((word(0)?, word(2)?))
    }

    /// The names of functions, and of variables that the kernel is to have.
    pub(super) fn declared(&self) -> HashSet<&'a str> {
        let mut names = HashSet::new();
        for (id, head) in self.ids().filter_map(|id| Some((id, self.head(id)?))) {
            match (head.kind, self.name_of(id)) {
                (kind::DATASEC, Some(".ksyms" | ".kconfig")) => {
                    names.extend(self.entries(head).filter_map(|entry| self.name_of(entry)));
                }
                (kind::FUNC, Some(name)) => {
                    names.insert(name);
                }
                _ => {}
            }
        }
        names
    }

    pub(super) fn name_of(&self, id: u32) -> Option<&'a str> {
        self.string(self.word(self.head(id)?.offset)?)
    }

    /// Where its record begins in the section.
    pub(super) fn place_of(&self, id: u32) -> usize {
        self.start + self.head(id).map_or(0, |head| head.offset)
    }

    /// A refusal for what is said about a type.
    pub(super) fn refuse(&self, id: u32, reason: &str) -> Error {
        let name = match self.name_of(id) {
            Some(name) if !name.is_empty() => format!(" (\"{name}\")"),
            _ => String::new(),
        };
        in_btf(self.place_of(id), format!("type {id}{name} {reason}"))
    }

    fn split(data: &'a [u8]) -> Result<Self> {
        check_magic(data)?;
        let field = |at| word(data, at).unwrap_or(0) as usize;
        let header = field(4);
        if header < HEADER || header > data.len() {
            return Err(in_btf(
                4,
                format!("its header is {header} bytes large; it has {HEADER} or more"),
            ));
        }
        let part = |at: usize, what: &str| {
            let start = header.saturating_add(field(at));
            let end = start.saturating_add(field(at + 4));
            data.get(start..end).ok_or_else(|| {
                let size = data.len();
                in_btf(
                    at,
                    format!("its {what} are bytes {start} to {end}; it has {size} bytes"),
                )
            })
        };
        let (types, strings) = (part(8, "types")?, part(16, "names")?);
        if !types.is_empty() && strings.last() != Some(&0) {
            return Err(in_btf(20, "the last one of its names has no end"));
        }
        let is_endless = |text: &[u8]| text.len() > MAX_TEXT;
        if strings.split(|byte| *byte == 0).any(is_endless) {
            let reason = format!("a name or a line in it has more than {MAX_TEXT} bytes");
            return Err(in_btf(16, reason));
        }
        Ok(Self {
            bytes: types,
            strings,
            start: header.saturating_add(field(8)),
            records: Vec::with_capacity(types.len() / RECORD / 2 + 1),
        })
    }

    fn find_records(&mut self) -> Result<()> {
        let mut offset = 0;
        while offset < self.bytes.len() {
            let id = self.records.len() + 1;
            let refuse =
                |reason: String| in_btf(self.start + offset, format!("type {id} {reason}"));
            let ends = || refuse(String::from("ends after the end of the types"));
            let head = self.head_at(offset).ok_or_else(ends)?;
            let (_, fixed, members) = layout(head.kind)
                .ok_or_else(|| refuse(format!("is of kind {}, which is unknown", head.kind)))?;
            let words = fixed.len() + members.len() * head.count as usize;
            let end = offset + RECORD + 4 * words;
            if end > self.bytes.len() {
                return Err(ends());
            }
            self.records.push(offset);
            offset = end;
        }
        Ok(())
    }

    fn check_record(&self, id: u32) -> Result<()> {
        let Some(head) = self.head(id) else {
            return Ok(());
        };
        let Some((payload, fixed, members)) = layout(head.kind) else {
            return Ok(());
        };
        let mut at = head.offset;
        let mut check = |words: &[Word]| {
            for word in words {
                self.check_word(id, *word, at)?;
                at += 4;
            }
            Ok(())
        };
        check(&[Name, Number, payload])?;
        check(fixed)?;
        for _ in 0..if members.is_empty() { 0 } else { head.count } {
            check(members)?;
        }
        match head.kind {
            kind::ARRAY => self.check_array(id),
            kind::STRUCT | kind::UNION if head.has_flag => self.check_bit_fields(id, head),
            kind::DATASEC => self.check_data_section(id, head),
            _ => Ok(()),
        }
    }

    fn check_word(&self, id: u32, word: Word, at: usize) -> Result<()> {
        let value = self.word(at).unwrap_or(u32::MAX);
        match word {
            Name if !self.has_string(value) => Err(self.refuse(
                id,
                &format!("has a name at byte {value} of {}", self.strings.len()),
            )),
            Type if !self.has_type(value) => {
                let last = self.records.len();
                Err(self.refuse(
                    id,
                    &format!("refers to type {value}; the last one is {last}"),
                ))
            }
            Name | Number | Type => Ok(()),
        }
    }

    fn check_array(&self, id: u32) -> Result<()> {
        let (mut size, mut next) = (1_u64, id);
        for _ in 0..MAX_DEPTH {
            let Some(found) = self.resolve(next) else {
                return Ok(());
            };
            if let Some((element, length)) = self.array(found) {
                size = size.saturating_mul(length.into());
                next = element;
                continue;
            }
            size = size.saturating_mul(Self::size(found).into());
            break;
        }
        if u32::try_from(size).is_err() {
            return Err(self.refuse(id, "is an array of 4 GiB or more"));
        }
        Ok(())
    }

    fn check_bit_fields(&self, id: u32, head: Head) -> Result<()> {
        for member in self.members(head).filter(|member| member.offset >> 24 > 0) {
            let base = self.resolve(member.type_id).filter(|base| {
                matches!(base.kind, kind::INT | kind::ENUM | kind::ENUM64) && base.payload > 0
            });
            if base.is_none() {
                let name = self.string(member.name).unwrap_or_default();
                return Err(
                    self.refuse(id, &format!("has a bit-field \"{name}\" that is no number"))
                );
            }
        }
        Ok(())
    }

    /// Variables, and functions of the kernel in `.ksyms`.
    fn check_data_section(&self, id: u32, head: Head) -> Result<()> {
        for entry in self.entries(head) {
            let found = self.head(entry).map(|found| found.kind);
            if !matches!(found, Some(kind::VAR | kind::FUNC)) {
                return Err(self.refuse(
                    id,
                    &format!("is a section of variables, and type {entry} is none"),
                ));
            }
        }
        Ok(())
    }

    /// The variables and functions in a section of them.
    fn entries(&self, of: Head) -> impl Iterator<Item = u32> + '_ {
        (0..of.count as usize).map_while(move |index| self.word(of.offset + RECORD + index * 12))
    }

    fn size(of: Head) -> u32 {
        match of.kind {
            kind::PTR => 8,
            kind::INT | kind::STRUCT | kind::UNION | kind::ENUM | kind::ENUM64 | kind::FLOAT => {
                of.payload
            }
            _ => 0,
        }
    }

    fn head_at(&self, offset: usize) -> Option<Head> {
        let info = self.word(offset + 4)?;
        Some(Head {
            kind: (info >> 24) & KIND,
            count: info & COUNT,
            has_flag: info >> 31 == 1,
            payload: self.word(offset + 8)?,
            offset,
        })
    }

    fn word(&self, at: usize) -> Option<u32> {
        word(self.bytes, at)
    }
}

/// Whether it only says something about another type.
pub(super) fn is_modifier(kind: u32) -> bool {
    matches!(
        kind,
        kind::TYPEDEF | kind::CONST | kind::VOLATILE | kind::RESTRICT | kind::TYPE_TAG
    )
}

pub(super) fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn check_magic(data: &[u8]) -> Result<()> {
    match data {
        [first, second, ..] if u16::from_ne_bytes([*first, *second]) == MAGIC => {}
        _ => {
            return Err(in_btf(
                0,
                "the BTF does not begin with its magic number, 0xeb9f in this machine's byte order",
            ));
        }
    }
    if data.len() < HEADER {
        return Err(in_btf(
            0,
            format!("it has {} bytes; its header alone has {HEADER}", data.len()),
        ));
    }
    Ok(())
}

fn in_btf(offset: usize, reason: impl AsRef<str>) -> Error {
    Error::in_section(Kind::Btf, ".BTF", offset, reason)
}
