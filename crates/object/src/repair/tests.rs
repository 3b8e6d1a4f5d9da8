//! What aya makes of repaired objects.

use std::{borrow::Cow, collections::HashSet};

use aya_obj::{EbpfSectionKind, Object, btf::Btf};
use object::Endianness;

use super::{Obstacle, Repaired, UnsupportedProgram, repair};
use crate::{
    error::Result,
    symbols::Elf,
    tests::{MAPS, mutants, section},
};

const NAMES: &[u8] = include_bytes!("../../../../__test__/fixtures/section_names.bpf.o");
const SUB_PROGRAMS: &[u8] = include_bytes!("../../../../__test__/fixtures/sub_programs.bpf.o");
const FILTER: &[u8] = include_bytes!("../../../../bpf/egress_filter.bpf.o");
const LEGACY: &[u8] = include_bytes!("../../../../__test__/fixtures/old_sections.bpf.o");

fn repaired<'a>(data: &'a [u8], obstacles: &[Obstacle]) -> Result<Repaired<'a>> {
    repair(data, &Elf::parse(data).unwrap(), obstacles)
}

/// The names of the programs that aya lists.
fn listed(data: &[u8]) -> Vec<String> {
    let mut names: Vec<_> = Object::parse(data).unwrap().programs.into_keys().collect();
    names.sort();
    names
}

fn unsupported<'a>(repaired: &'a Repaired<'_>) -> Vec<(&'a str, &'a str)> {
    let listed = repaired.unsupported.iter();
    listed.map(|one| (one.name.as_str(), one.kind)).collect()
}

/// Links the sub-programs of a repaired object, and tells how many instructions a program then has.
fn linked(data: &[u8], program: &str) -> usize {
    let mut object = Object::parse(data).unwrap();
    let text: HashSet<_> = object
        .functions
        .keys()
        .map(|(section, _)| *section)
        .collect();
    object.relocate_calls(&text).unwrap();
    let key = object.programs[program].function_key();
    object.functions[&key].instructions.len()
}

fn section_number(data: &[u8], name: &[u8]) -> usize {
    Elf::parse(data).unwrap().section(name).unwrap().0.0
}

/// Overwrites every symbol of these sections: type and size go.
fn without_symbol_types(data: &[u8], sections: &[&[u8]]) -> Vec<u8> {
    use object::read::elf::{SectionHeader as _, Sym as _};
    let elf = Elf::parse(data).unwrap();
    let numbers: Vec<_> = sections
        .iter()
        .map(|name| elf.section(name).unwrap().0.0)
        .collect();
    let table = elf
        .sections
        .section(elf.symbols.section())
        .unwrap()
        .sh_offset(elf.endian);
    let mut copy = data.to_vec();
    for (index, symbol) in elf.symbols.enumerate() {
        let start = usize::try_from(table).unwrap() + index.0 * 24;
        if numbers.contains(&symbol.st_shndx(elf.endian).into()) && symbol.st_type() != 3 {
            copy[start + 4] &= 0xf0;
            copy[start + 16..start + 24].fill(0);
        }
    }
    copy
}

#[test]
fn an_object_that_aya_takes_as_it_is_is_not_copied() {
    for data in [FILTER, MAPS] {
        let repaired = repaired(data, &[]).unwrap();
        assert!(matches!(repaired.data, Cow::Borrowed(_)));
        assert_eq!(repaired.unsupported, []);
    }
}

#[test]
fn every_function_is_a_program_of_ayas_or_listed_with_a_reason() {
    let repaired = repaired(NAMES, &[]).unwrap();
    assert_eq!(
        listed(&repaired.data),
        [
            "classifier_longer",
            "probe_longer",
            "skb_bare",
            "skb_egress",
            "skb_verdict",
            "sock_longer",
            "socket_longer",
            "tc_bare",
            "tc_below",
            "tcx_egress",
            "xdp_bare",
            "xdp_below",
            "xdp_cpumap",
            "xdp_longer",
        ]
    );
    assert_eq!(
        unsupported(&repaired),
        [
            ("sched_action", "SchedAction"),
            ("connect_unix", "CgroupSockAddrUnix"),
            ("mod_ret", "FModRet"),
            ("probe_multi", "KProbeMulti"),
            ("packet_filter", "Netfilter"),
            ("ops_member", "StructOps"),
            ("user_probe", "Usdt"),
            ("maps_of_mystery", "Unknown"),
        ]
    );
    let first = repaired.unsupported.first().unwrap();
    assert_eq!(first.section, "action");
    assert_eq!(first.reason, "aya has no programs of kind SchedAction");
}

#[test]
fn relocations_follow_sections_that_are_renamed_and_joined() {
    let repaired = repaired(NAMES, &[]).unwrap();
    let mut object = Object::parse(&repaired.data).unwrap();
    let own = Btf::parse(section(NAMES, ".BTF"), Endianness::default()).unwrap();
    object.relocate_btf(&own).unwrap();
    // `r0 = 4`, the size of the field, and not the placeholder that fails when it is reached.
    for program in ["tc_bare", "xdp_below", "xdp_longer"] {
        let key = object.programs[program].function_key();
        let function = &object.functions[&key];
        assert_eq!(function.instructions[0].code, 0xb7, "{program}");
        assert_eq!(function.func_info.func_info.len(), 1, "{program}");
        assert!(!function.line_info.line_info.is_empty(), "{program}");
    }
}

#[test]
fn sub_programs_of_other_sections_are_linked_once_each() {
    let repaired = repaired(SUB_PROGRAMS, &[]).unwrap();
    assert_eq!(listed(&repaired.data), ["beside", "calls", "calls_beside"]);
    assert_eq!(linked(&repaired.data, "calls"), 37 + 3 + 3 + 8);
    assert_eq!(linked(&repaired.data, "calls_beside"), 16 + 3 + 3);
}

#[test]
fn symbols_of_old_llvm_are_completed() {
    let old = without_symbol_types(LEGACY, &[b"cgroup_skb/egress", b"maps"]);
    assert_eq!(listed_or_refused(&old), None);
    let repaired = repaired(&old, &[]).unwrap();
    assert_eq!(listed(&repaired.data), listed(LEGACY));
    let (object, expected) = (
        Object::parse(&repaired.data).unwrap(),
        Object::parse(LEGACY).unwrap(),
    );
    for (key, function) in &expected.functions {
        assert_eq!(
            object.functions[key].instructions.len(),
            function.instructions.len()
        );
    }
    for (name, map) in expected.maps {
        if map.section_kind() == EbpfSectionKind::Maps {
            assert_eq!(object.maps[&name].value_size(), map.value_size());
        }
    }
}

/// What aya lists of an object as it is; `None` when it refuses it or loses its programs.
fn listed_or_refused(data: &[u8]) -> Option<usize> {
    let programs = Object::parse(data).ok()?.programs.len();
    (programs > 0).then_some(programs)
}

#[test]
fn programs_that_reach_an_obstacle_are_set_apart_and_others_stay() {
    let obstacle = Obstacle {
        section: section_number(SUB_PROGRAMS, b"doubling"),
        offset: 8,
        reason: String::from("it needs what nobody has"),
    };
    let repaired = repaired(SUB_PROGRAMS, &[obstacle]).unwrap();
    assert_eq!(
        repaired.unsupported,
        [UnsupportedProgram {
            name: String::from("calls"),
            section: String::from("cgroup_skb/egress"),
            kind: "CgroupSkb",
            program_type: "CgroupSkb",
            reason: String::from("it needs what nobody has"),
        }]
    );
    assert_eq!(listed(&repaired.data), ["beside", "calls_beside"]);
}

#[test]
fn hostile_objects_are_refused_or_survived() {
    for data in [NAMES, SUB_PROGRAMS, LEGACY] {
        for mutant in mutants(data, 10_000) {
            if let Ok(elf) = Elf::parse(&mutant)
                && let Ok(repaired) = repair(&mutant, &elf, &[])
            {
                assert!(repaired.data.len() < 10 * data.len());
            }
        }
    }
}
