//! Each refusal, provoked by an edit of a good object.

mod edited;

use self::edited::{Edited, OBJECT, PROGRAM};
use super::*;
use crate::patch::{Settings, prepare};

fn all(data: &[u8]) -> Result<()> {
    let settings = Settings::default();
    check(data)?;
    check_prepared(&prepare(data, &settings)?)
}

/// An edit, the section that is told, and what the message has.
type Case = (fn(&mut Edited), Option<&'static str>, &'static str);

const FAR: [u8; 8] = [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0];
const WORD: [u8; 4] = [0xff, 0xff, 0xff, 0x7f];

const FILE: &[Case] = &[
    (|it| it.0.clear(), None, "empty"),
    (|it| it.write(0, b"#!/bin/sh\n"), None, "23 21 2f 62"),
    (|it| it.write(4, &[1]), None, "64-bit ELF"),
    (|it| it.write(18, &[62]), None, "machine 62"),
    (
        |it| it.write(5, &[2]),
        None,
        "the object is big-endian, this machine is little-endian: compile it with -target bpfel",
    ),
    (|it| it.write(16, &[2]), None, "has been linked"),
    (
        |it| it.write(58, &[40]),
        None,
        "section headers are 40 bytes",
    ),
    (|it| it.write(40, &[0; 8]), None, "no sections"),
    (|it| it.write(40, &FAR), None, "malformed"),
    (
        |it| it.section(".data", 24, &FAR),
        Some(".data"),
        "truncated",
    ),
    (|it| it.section(".data", 0, &WORD), None, "no readable name"),
    (
        |it| it.section(".data", 24, &64_u64.to_le_bytes()),
        Some(".data"),
        "inside of section",
    ),
    (
        |it| it.section(".bss", 32, &FAR),
        Some(".bss"),
        "the limit for all",
    ),
    (
        |it| it.section(".data", 4, &8_u32.to_le_bytes()),
        Some(".data"),
        "SHT_NOBITS",
    ),
    (
        |it| it.section(".text", 16, &[8]),
        Some(".text"),
        "it has an address",
    ),
];

const SYMBOLS: &[Case] = &[
    (
        |it| it.symbol("enter", 0, &WORD),
        Some(".symtab"),
        "no readable name",
    ),
    (
        |it| it.symbol("enter", 6, &[99, 0]),
        Some(".symtab"),
        "is in section 99",
    ),
    (
        |it| it.symbol("enter", 8, &FAR),
        Some(PROGRAM),
        "ends outside of it",
    ),
    (
        |it| it.symbol("enter", 16, &FAR),
        Some(PROGRAM),
        "ends outside of it",
    ),
    (
        |it| it.symbol("total", 16, &[9]),
        Some(".data"),
        "ends outside of it",
    ),
    (
        |it| it.symbol("enter", 16, &[12]),
        Some(PROGRAM),
        "whole instructions",
    ),
    (
        |it| it.symbol("fields", 16, &[0xb0]),
        Some(".text"),
        "\"types\" begins inside of function \"fields\"",
    ),
    (
        |it| it.symbol("enter", 16, &[0x40, 0]),
        Some(PROGRAM),
        "ends inside of a load of 64 bits",
    ),
];

const RELOCATIONS: &[Case] = &[
    (
        |it| it.relocation(0, 0, &[4]),
        Some(PROGRAM),
        "not a load of 64 bits",
    ),
    (
        |it| it.relocation(0, 0, &FAR),
        Some(PROGRAM),
        "not a load of 64 bits",
    ),
    (|it| it.relocation(0, 8, &[10]), Some(PROGRAM), "not a call"),
    (
        |it| it.relocation(0, 8, &[7]),
        Some(PROGRAM),
        "unknown kind 7",
    ),
    (
        |it| it.relocation(0, 12, &[0; 4]),
        Some(".relraw_tp/sys_enter"),
        "refers to symbol 0",
    ),
    (
        |it| it.relocation(0, 12, &WORD),
        Some(".relraw_tp/sys_enter"),
        "refers to symbol 2147483647",
    ),
    (
        |it| it.section(".relraw_tp/sys_enter", 44, &[99]),
        Some(".relraw_tp/sys_enter"),
        "relocates section 99",
    ),
    (
        |it| it.section(".relraw_tp/sys_enter", 32, &[17]),
        Some(".relraw_tp/sys_enter"),
        "inside of a relocation",
    ),
    (
        |it| it.section(".relraw_tp/sys_enter", 40, &[1]),
        Some(".relraw_tp/sys_enter"),
        "not the symbol table",
    ),
];

const TYPES: &[Case] = &[
    (
        |it| it.contents(".BTF", 0, &[0xeb, 0x9f]),
        Some(".BTF"),
        "magic number",
    ),
    (
        |it| it.contents(".BTF", 4, &[8]),
        Some(".BTF"),
        "its header is 8 bytes",
    ),
    (
        |it| it.contents(".BTF", 12, &WORD),
        Some(".BTF"),
        "its types are bytes",
    ),
    (
        |it| it.contents(".BTF", 20, &WORD),
        Some(".BTF"),
        "its names are bytes",
    ),
    (
        |it| it.contents(".BTF", 20, &[1, 0]),
        Some(".BTF"),
        "has a name at byte",
    ),
    (
        |it| it.contents(".BTF", 0xacb, b"x"),
        Some(".BTF"),
        "has no end",
    ),
    (
        |it| it.of_type("outer", 0, 1 << 20),
        Some(".BTF"),
        "has a name at byte 1048576",
    ),
    (
        |it| it.of_type("outer", 1, 31 << 24),
        Some(".BTF"),
        "of kind 31, which is unknown",
    ),
    (
        |it| it.of_type("outer", 1, (4 << 24) | 0xffff),
        Some(".BTF"),
        "ends after the end",
    ),
    (
        |it| it.of_type("outer", 4, 9999),
        Some(".BTF"),
        "(\"outer\") refers to type 9999",
    ),
    (
        |it| {
            it.of_type("list", 1, (1 << 31) | (4 << 24) | 1);
            it.of_type("list", 5, 3 << 24);
        },
        Some(".BTF"),
        "has a bit-field \"next\" that is no number",
    ),
    (
        |it| it.of_type(".maps", 3, 1),
        Some(".BTF"),
        "is a section of variables, and type 1 is none",
    ),
    (
        |it| it.contents(".BTF.ext", 0, &[0]),
        Some(".BTF.ext"),
        "magic number",
    ),
    (
        |it| it.contents(".BTF.ext", 4, &[8]),
        Some(".BTF.ext"),
        "its header is 8 bytes",
    ),
    (
        |it| it.contents(".BTF.ext", 12, &WORD),
        Some(".BTF.ext"),
        "its functions are bytes",
    ),
    (
        |it| it.list(8, 0, 0),
        Some(".BTF.ext"),
        "its functions are 0 bytes large each",
    ),
    (
        |it| it.list(16, 0, 12),
        Some(".BTF.ext"),
        "its lines are 12 bytes large each",
    ),
    (
        |it| it.list(8, 4, 1 << 20),
        Some(".BTF.ext"),
        "the name of a section",
    ),
    (
        |it| it.list(8, 8, 1 << 20),
        Some(".BTF.ext"),
        "1048576 functions of 8 bytes each",
    ),
    (
        |it| it.contents(".BTF.ext", 12, &[7, 0]),
        Some(".BTF.ext"),
        "inside of the head",
    ),
    (
        |it| it.list(24, 12, 3),
        Some(".BTF.ext"),
        "no instruction begins",
    ),
    (|it| it.list(24, 16, 9999), Some(".BTF.ext"), "type 9999"),
    (|it| it.list(24, 20, 1 << 20), Some(".BTF.ext"), "path"),
    (
        |it| it.list(24, 24, 13),
        Some(".BTF.ext"),
        "unknown kind 13",
    ),
];

const MEANING: &[Case] = &[
    (
        |it| it.contents("license", 0, &[0]),
        Some("license"),
        "a NUL byte before its end",
    ),
    (
        |it| it.contents("license", 12, b"!"),
        Some("license"),
        "no NUL byte at its end",
    ),
    (
        |it| it.contents("license", 3, &[0xff]),
        Some("license"),
        "not UTF-8",
    ),
    (
        |it| it.contents(".maps", 16, &[1]),
        Some(".maps"),
        "the definition of map \"counts\" has a value there",
    ),
    (
        |it| it.symbol("counts", 6, &[2, 0]),
        Some(PROGRAM),
        "refers to \"counts\" in section",
    ),
];

#[test]
fn what_does_not_hold_together_is_refused_with_its_place() {
    let mut failures = Vec::new();
    for (edit, section, reason) in [FILE, SYMBOLS, RELOCATIONS, TYPES, MEANING].concat() {
        let mut edited = Edited(OBJECT.to_vec());
        edit(&mut edited);
        match all(&edited.0) {
            Ok(()) => failures.push(format!("accepted: {reason}")),
            Err(error) if error.message.contains(reason) && error.section.as_deref() == section => {
                assert!(section.is_none() || error.offset.is_some(), "{error:?}");
            }
            Err(error) => failures.push(format!("{reason}: {error:?}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn programs_that_reach_what_nobody_defines_are_set_apart() {
    let mut edited = Edited(OBJECT.to_vec());
    let number = u8::try_from(Edited::number_of("licence")).unwrap();
    edited.contents(".relraw_tp/sys_exit", 12, &[number]);
    edited.symbol("licence", 6, &[0; 2]);
    check(&edited.0).unwrap();
    let prepared = prepare(&edited.0, &Settings::default()).unwrap();
    check_prepared(&prepared).unwrap();
    let [program] = prepared.unsupported.as_slice() else {
        panic!("{:?}", prepared.unsupported);
    };
    assert_eq!(program.name, "leave");
    let reason = "calls \"licence\", which the object does not have";
    assert!(program.reason.contains(reason), "{program:?}");
}

#[test]
fn programs_that_reach_what_nobody_defines_through_others_are_set_apart() {
    let mut edited = Edited(OBJECT.to_vec());
    edited.symbol("total", 6, &[0; 2]);
    let prepared = prepare(&edited.0, &Settings::default()).unwrap();
    check_prepared(&prepared).unwrap();
    let unsupported = &prepared.unsupported;
    let names: Vec<_> = unsupported.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["enter", "leave"]);
    let reason = "uses \"total\", which the object does not have";
    assert!(
        unsupported.iter().all(|one| one.reason.contains(reason)),
        "{unsupported:?}"
    );
}

#[test]
fn legacy_definitions_are_refused_for_what_aya_does_not_read() {
    // The name ".maps" without its first letter.
    let legacy = |at: usize, byte: u8| {
        let mut edited = Edited(OBJECT.to_vec());
        let name = u32::from_le_bytes(
            OBJECT[Edited::header_of(".maps")..][..4]
                .try_into()
                .unwrap(),
        );
        edited.section(".maps", 0, &(name + 1).to_le_bytes());
        edited.contents(".maps", at, &[byte]);
        all(&edited.0)
    };
    legacy(24, 1).unwrap();
    let pinning = legacy(24, 3).unwrap_err();
    assert!(
        pinning.message.contains("is pinned by number 3"),
        "{pinning:?}"
    );
    let trailing = legacy(28, 1).unwrap_err();
    assert!(
        trailing.message.contains("only the first 28 are known"),
        "{trailing:?}"
    );
    assert_eq!(
        (trailing.section.as_deref(), trailing.offset),
        (Some("maps"), Some(28))
    );
}

#[test]
fn every_truncation_is_refused() {
    for length in 0..OBJECT.len() {
        assert!(
            check(&OBJECT[..length]).is_err(),
            "{length} bytes were accepted"
        );
    }
}

#[test]
fn objects_of_compilers_are_accepted() {
    all(OBJECT).unwrap();
    all(crate::tests::MAPS).unwrap();
    all(crate::tests::NESTED_ARRAYS).unwrap();
}
