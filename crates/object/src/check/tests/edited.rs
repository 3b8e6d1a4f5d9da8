//! A good object to be made bad.

use crate::{
    check::{
        btf,
        file::{ENDIAN, File},
    },
    to_usize,
};

/// Functions in `.text`, maps, variables, relocations against a kernel.
pub(super) const OBJECT: &[u8] = include_bytes!("../../../../../__test__/fixtures/relocated.bpf.o");
pub(super) const PROGRAM: &str = "raw_tp/sys_enter";

/// A copy of the object with edits. Fields of headers, symbols and relocations are named by their offsets in `elf(5)`.
pub(super) struct Edited(pub(super) Vec<u8>);

impl Edited {
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn header_of(section: &str) -> usize {
        let file = File::parse(OBJECT).unwrap();
        let headers = u64::from_le_bytes(OBJECT[40..48].try_into().unwrap());
        to_usize(headers) + 64 * file.section_named(section).unwrap().index
    }

    pub(super) fn place_of(section: &str) -> usize {
        let file = File::parse(OBJECT).unwrap();
        let section = file.section_named(section).unwrap();
        to_usize(section.header.sh_offset.get(ENDIAN))
    }

    pub(super) fn section(&mut self, section: &str, field: usize, bytes: &[u8]) {
        self.write(Self::header_of(section) + field, bytes);
    }

    pub(super) fn contents(&mut self, section: &str, at: usize, bytes: &[u8]) {
        self.write(Self::place_of(section) + at, bytes);
    }

    pub(super) fn number_of(symbol: &str) -> usize {
        let file = File::parse(OBJECT).unwrap();
        let mut symbols = file.numbered_symbols();
        let found = symbols.find(|(_, one)| file.symbol_name(one) == symbol);
        found.unwrap().0
    }

    pub(super) fn symbol(&mut self, name: &str, field: usize, bytes: &[u8]) {
        self.contents(".symtab", Self::number_of(name) * 24 + field, bytes);
    }

    /// The first relocation of the program refers to a map, the second one to a variable.
    pub(super) fn relocation(&mut self, number: usize, field: usize, bytes: &[u8]) {
        self.contents(&format!(".rel{PROGRAM}"), number * 16 + field, bytes);
    }

    /// A word of the record of a type, and of what follows it.
    pub(super) fn of_type(&mut self, name: &str, word: usize, value: u32) {
        let file = File::parse(OBJECT).unwrap();
        let types = btf::Types::check(file.section_named(".BTF").unwrap().data).unwrap();
        let id = types.ids().find(|id| types.name_of(*id) == Some(name));
        let at = types.place_of(id.unwrap()) + word * 4;
        self.contents(".BTF", at, &value.to_le_bytes());
    }

    /// A word of `.BTF.ext`, counted from the beginning of one of its lists.
    pub(super) fn list(&mut self, header_field: usize, at: usize, value: u32) {
        let file = File::parse(OBJECT).unwrap();
        let data = file.section_named(".BTF.ext").unwrap().data;
        let start = 32 + btf::word(data, header_field).unwrap() as usize;
        self.contents(".BTF.ext", start + at, &value.to_le_bytes());
    }
}
