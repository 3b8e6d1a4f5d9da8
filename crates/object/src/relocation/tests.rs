//! Relocated against types of its own and of others: what aya makes of it, and what is missing.

use aya_obj::{Object, btf::Btf as AyaBtf};

use super::*;
use crate::tests::{mutants, section};

const RELOCATED: &[u8] = include_bytes!("../../../../__test__/fixtures/relocated.bpf.o");
const REFUSED: &[u8] = include_bytes!("../../../../__test__/fixtures/refused_core.bpf.o");

fn relocated(data: &[u8], types: Types<'_>) -> Relocated {
    let elf = Elf::parse(data).unwrap();
    relocate(data, &elf, None, types).unwrap().unwrap()
}

/// Code, registers, offset and number of each instruction.
fn instructions(object: &Object) -> Vec<(u8, u8, i16, i32)> {
    let functions = object.functions.values();
    functions
        .flat_map(|function| &function.instructions)
        .map(|one| (one.code, one.dst_reg(), one.off, one.imm))
        .collect()
}

#[test]
fn instructions_get_what_aya_gives_them() {
    for data in [RELOCATED, REFUSED] {
        let types = section(data, ".BTF");
        let ours = relocated(data, Types::Given(types));
        assert_eq!(ours.unresolved, []);
        let mut theirs = Object::parse(data).unwrap();
        let types = AyaBtf::parse(types, object::Endianness::default()).unwrap();
        theirs.relocate_btf(&types).unwrap();
        let ours = Object::parse(&ours.data).unwrap();
        assert_eq!(instructions(&ours), instructions(&theirs));
    }
}

#[test]
fn without_types_instructions_stay_and_aya_finds_nothing_to_do() {
    let ours = relocated(RELOCATED, Types::Nothing);
    assert_eq!(ours.unresolved, []);
    let ours = Object::parse(&ours.data).unwrap();
    assert!(!ours.has_btf_relocations());
    let theirs = Object::parse(RELOCATED).unwrap();
    assert_eq!(instructions(&ours), instructions(&theirs));
}

#[test]
fn what_is_missing_is_named_with_the_function_and_the_line() {
    let ours = relocated(REFUSED, Types::Given(section(RELOCATED, ".BTF")));
    let named = |function: &str| {
        let mut all = ours.unresolved.iter();
        all.find(|one| one.function.as_deref() == Some(function))
            .unwrap()
    };
    let read_type = named("read_type");
    assert_eq!(read_type.what, "struct no_such_type::field");
    assert_eq!(read_type.reason, "the given BTF has no struct no_such_type");
    let line = named("missing_field").line.as_deref().unwrap();
    assert!(line.starts_with("refused_core.bpf.c:"), "{line}");
    let calls: Vec<_> = ours.unresolved.iter().map(|one| one.call).collect();
    let expected: Vec<_> = (FIRST_CALL..).take(calls.len()).collect();
    assert_eq!(calls, expected);
}

#[test]
fn without_the_types_of_the_kernel_that_is_what_is_missing() {
    let ours = relocated(REFUSED, Types::Kernel);
    let first = ours.unresolved.first().unwrap();
    assert!(first.reason.contains("tells no types"), "{}", first.reason);
    assert!(first.remedy.contains("option btf"), "{}", first.remedy);
}

#[test]
fn sizes_and_numbers_of_types_that_are_not_there_are_0() {
    // Only fields and values spoil an instruction; the fixture asks for a size, a number and whether there is such a type.
    let ours = relocated(RELOCATED, Types::Given(section(REFUSED, ".BTF")));
    let asks_for_types = |one: &&Unresolved| !one.what.contains("::");
    assert_eq!(ours.unresolved.iter().find(asks_for_types), None);
}

#[test]
fn names_of_fields_have_arrays_and_members_in_them() {
    let ours = relocated(RELOCATED, Types::Given(section(REFUSED, ".BTF")));
    let has = |what: &str| ours.unresolved.iter().any(|one| one.what == what);
    assert!(has("struct outer::inner[1].third.number"));
    assert!(has("enum colour::GREEN"));
}

#[test]
fn nothing_in_an_object_or_a_kernel_makes_it_panic() {
    let types = section(RELOCATED, ".BTF");
    let targets = mutants(types, 3000);
    for (mutant, target) in mutants(RELOCATED, 3000).zip(targets) {
        let Ok(elf) = Elf::parse(&mutant) else {
            continue;
        };
        for types in [types, &target] {
            std::hint::black_box(relocate(&mutant, &elf, None, Types::Given(types)).is_ok());
        }
    }
}

/// A struct of this name that has itself as many times for a member, without names.
fn contains_itself(name: &str) -> Vec<u8> {
    const TIMES: u32 = 200;
    let mut types: Vec<u32> = vec![1, 4 << 24 | TIMES, 8];
    for _ in 0..TIMES {
        types.extend([0, 1, 0]);
    }
    let length = u32::try_from(types.len() * 4).unwrap();
    let names = u32::try_from(name.len() + 2).unwrap();
    let mut words = vec![0x0001_eb9f, 24, 0, length, length, names];
    words.extend(types);
    let mut data: Vec<u8> = words.into_iter().flat_map(u32::to_ne_bytes).collect();
    data.extend(format!("\0{name}\0").bytes());
    data
}

#[test]
fn what_contains_itself_is_looked_through_only_so_long() {
    let (data, types) = (contains_itself("s"), section(RELOCATED, ".BTF"));
    let (itself, local) = (Btf::parse(&data).unwrap(), Btf::parse(types).unwrap());
    let outer = local
        .ids()
        .find(|id| type_name(&local, *id) == "struct outer")
        .unwrap();
    let mut list = Path::new(&local, outer);
    list.element(outer, 0).unwrap();
    list.step(outer, 0, Some("list")).unwrap();
    for (path, kind) in [
        (list, Kind::FieldOffset),
        (Path::new(&itself, 1), Kind::TypeMatches),
    ] {
        let target = Target::new(&itself, &local, &[]);
        let found = target.find(&path, kind, 1);
        assert!(matches!(found, Err(Missing::Endless)));
    }
}

#[test]
fn whoever_asks_whether_something_is_there_is_not_told_no_when_looking_takes_too_long() {
    let types = section(RELOCATED, ".BTF");
    let local = Btf::parse(types).unwrap();
    let outer = local
        .ids()
        .find(|id| type_name(&local, *id) == "struct outer")
        .unwrap();
    let record = Record {
        section: object::SectionIndex(1),
        offset: 0,
        place: 0,
        end: 8,
        type_id: outer,
        path: "0:0",
        kind: Kind::FieldExists,
        section_name: 0,
    };
    let data = contains_itself("outer");
    let itself = Btf::parse(&data).unwrap();
    let target = Target::new(&itself, &local, std::slice::from_ref(&record));
    let result = resolve(&local, Some(&target), &record, 0);
    assert!(matches!(result, Err(Missing::Endless)));
}

#[test]
fn negative_values_keep_their_sign_where_a_kernel_does_not_tell_it() {
    let types = section(RELOCATED, ".BTF");
    let mut unsigned = types.to_vec();
    // An enumeration of three values that is signed: the info of `enum colour`, from its highest byte down.
    let signed = [0x86, 0, 0, 3];
    let at = unsigned
        .chunks(4)
        .position(|word| word == [signed[3], signed[2], signed[1], signed[0]])
        .unwrap();
    unsigned[at * 4 + 3] &= 0x7f;
    let ours = relocated(RELOCATED, Types::Given(&unsigned));
    assert_eq!(ours.unresolved, []);
    assert_eq!(ours.data, relocated(RELOCATED, Types::Given(types)).data);
}

#[test]
fn an_instruction_that_says_something_else_is_left_to_the_verifier() {
    let elf = Elf::parse(RELOCATED).unwrap();
    let (_, extension) = elf.section(b".BTF.ext").unwrap();
    let btf = Btf::parse(section(RELOCATED, ".BTF")).unwrap();
    let extension = extension.data(elf.endian, RELOCATED).unwrap();
    let records = record::read(RELOCATED, &elf, &btf, extension).unwrap();
    let size = records
        .iter()
        .find(|one| one.kind == Kind::TypeSize)
        .unwrap();
    let mut other = RELOCATED.to_vec();
    other[size.place + 4] += 1;
    let ours = relocated(&other, Types::Given(section(RELOCATED, ".BTF")));
    let reasons: Vec<_> = ours.unresolved.iter().map(|one| &one.reason).collect();
    assert_eq!(reasons, ["the instruction there takes no such value"]);
}
