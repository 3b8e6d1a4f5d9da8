//! Objects that were found, and a few executions of each run.

mod built;

use std::path::{Path, PathBuf};

use crate::{
    corpus::{self, Seed},
    execution::{self, Execution, Result},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn seeds(folders: &[&str]) -> Vec<Seed> {
    execution::keep_panics();
    let folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    corpus::read(&folders).unwrap()
}

fn check(execution: &Execution<'_>, what: &str) -> &'static str {
    match execution.run() {
        Result::Ended(outcome) => outcome,
        Result::Panicked(text) => panic!("{what} panics at {text}"),
        Result::TooLarge(bytes) => panic!("{what} takes {bytes} bytes"),
    }
}

#[test]
fn objects_that_once_failed_are_refused() {
    let seeds = seeds(&["crates/fuzz/regressions"]);
    assert!(seeds.len() > 15, "{}", seeds.len());
    for seed in &seeds {
        let name = seed.path.display().to_string();
        let outcome = check(&Execution::unchanged(seed), &name);
        assert!(outcome.starts_with("refused"), "{name}: {outcome}");
    }
}

#[test]
fn an_execution_is_the_same_in_every_run() {
    let seeds = seeds(&["__test__/fixtures"]);
    for index in 0..200 {
        let run = || Execution::new(&seeds, 1, index).unwrap();
        let (one, other) = (run(), run());
        assert_eq!(one.data, other.data);
        assert_eq!(check(&one, "an execution"), check(&other, "an execution"));
    }
}

#[test]
fn objects_are_mutated_and_not_all_of_them_are_refused() {
    let seeds = seeds(&["__test__/fixtures"]);
    let outcomes: Vec<_> = (0..500)
        .map(|index| check(&Execution::new(&seeds, 2, index).unwrap(), "an execution"))
        .collect();
    for outcome in [
        "accepted",
        "refused by check: ERR_EBPF_PARSE",
        "refused by check: ERR_EBPF_BTF",
    ] {
        assert!(outcomes.contains(&outcome), "none is {outcome}");
    }
}

fn take(data: Vec<u8>) -> &'static str {
    execution::keep_panics();
    check(
        &Execution::unchanged(&Seed::new(PathBuf::new(), data)),
        "it",
    )
}

#[test]
fn functions_that_call_each_other_are_linked_on_a_small_stack() {
    // Half of what a thread of Node's has for native code. Without optimisation frames are several times as large.
    let size = if cfg!(debug_assertions) { 16 } else { 2 } << 20;
    let thread = std::thread::Builder::new().stack_size(size).spawn(|| {
        assert_eq!(take(built::chain(2047)), "accepted");
        assert_eq!(take(built::chain(2048)), "refused by check: ERR_EBPF_PARSE");
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn programs_are_linked_with_functions_until_it_is_too_much() {
    assert_eq!(take(built::crowd(100, 10_000)), "accepted");
    assert_eq!(
        take(built::crowd(2000, 10_000)),
        "refused by check: ERR_EBPF_PARSE"
    );
}
