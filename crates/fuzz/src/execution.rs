//! One execution: a number becomes a mutated object and the circumstances that it is opened in.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use aya_obj::btf::Btf;
use ayajs_object::Global;
use object::Endianness;

use crate::{
    allocator,
    corpus::Seed,
    layout,
    mutate::mutate,
    path::{Circumstances, Outcome, take},
    random::Random,
};

/// What happened.
pub(crate) enum Result {
    Ended(Outcome),
    /// Where, and with what text.
    Panicked(String),
    /// It held so many bytes.
    TooLarge(usize),
}

/// An object and its circumstances, to be taken once or more.
pub(crate) struct Execution<'a> {
    pub(crate) seed: &'a Seed,
    pub(crate) data: Vec<u8>,
    globals: Vec<Global>,
    max_entries: Vec<(String, u32)>,
    /// The types of a kernel that is not to be trusted either.
    hostile: Option<Vec<u8>>,
    target: Option<&'a [u8]>,
    has_externs: bool,
    is_old: bool,
}

impl<'a> Execution<'a> {
    pub(crate) fn new(seeds: &'a [Seed], seed: u64, index: u64) -> Option<Self> {
        let mut random = Random::new(seed, index);
        let from = random.pick(seeds)?;
        let data = mutate(from, seeds, &mut random);
        let (mut globals, mut max_entries) = (Vec::new(), Vec::new());
        if random.one_in(3) {
            for _ in 0..=random.below(2) {
                let Some((name, size)) = random.pick(&from.names) else {
                    break;
                };
                globals.push(Global {
                    name: name.clone(),
                    value: vec![7; *size],
                    must_exist: random.one_in(4),
                });
                let entries = random.next() >> (32 + random.below(32));
                max_entries.push((name.clone(), u32::try_from(entries).unwrap_or(0)));
            }
        }
        let hostile = layout::btf(&from.data)
            .filter(|_| random.one_in(16))
            .map(|_| mutate(from, seeds, &mut random))
            .and_then(|mutated| layout::btf(&mutated).map(<[u8]>::to_vec));
        let other = random.pick(seeds).filter(|_| random.one_in(8));
        Some(Self {
            seed: from,
            data,
            globals,
            max_entries,
            hostile,
            target: other.unwrap_or(from).btf.as_deref(),
            is_old: random.one_in(3),
            has_externs: !random.one_in(4),
        })
    }

    /// An object as it is, for a kernel of its own types.
    pub(crate) fn unchanged(seed: &'a Seed) -> Self {
        Self {
            seed,
            data: seed.data.clone(),
            globals: Vec::new(),
            max_entries: Vec::new(),
            hostile: None,
            target: seed.btf.as_deref(),
            is_old: false,
            has_externs: true,
        }
    }

    pub(crate) fn run(&self) -> Result {
        self.run_with(&self.data)
    }

    pub(crate) fn run_with(&self, data: &[u8]) -> Result {
        let taken = || catch_unwind(AssertUnwindSafe(|| self.take(data)));
        match allocator::peak_of(taken) {
            (_, peak) if peak > allocator::LIMIT => Result::TooLarge(peak),
            (Ok(outcome), _) => Result::Ended(outcome),
            (Err(_payload), _) => Result::Panicked(LAST_PANIC.take()),
        }
    }

    fn take(&self, data: &[u8]) -> Outcome {
        let hostile = self
            .hostile
            .as_ref()
            .filter(|btf| ayajs_object::check_btf(btf).is_ok())
            .filter(|btf| Btf::parse(btf, Endianness::default()).is_ok());
        let circumstances = Circumstances {
            globals: &self.globals,
            max_entries: &self.max_entries,
            target: hostile.map(Vec::as_slice).or(self.target),
            has_externs: self.has_externs,
            is_old: self.is_old,
        };
        take(data, &circumstances)
    }
}

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps where a panic happened and what it says, on one line, instead of printing it.
pub(crate) fn keep_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |location| {
            let file = location.file();
            let file = file.rsplit_once("src/").map_or(file, |(_, tail)| tail);
            format!("{file}:{}", location.line())
        });
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let line = text
            .and_then(|text| text.lines().next())
            .unwrap_or_default();
        let text: String = line.chars().take(120).collect();
        LAST_PANIC.set(format!("{place} {text}"));
    }));
}

/// The edits of `data` that it takes to fail the same way, the others taken back.
pub(crate) fn minimise(execution: &Execution<'_>) -> Vec<u8> {
    let Result::Panicked(wanted) = execution.run() else {
        return execution.data.clone();
    };
    let still = |data: &[u8]| matches!(execution.run_with(data), Result::Panicked(text) if same_place(&text, &wanted));
    let mut smallest = execution.data.clone();
    let original = &execution.seed.data;
    let differing: Vec<usize> = (0..smallest.len().min(original.len()))
        .filter(|at| smallest.get(*at) != original.get(*at))
        .collect();
    let mut step = differing.len().max(1);
    while step > 0 {
        for places in differing.chunks(step) {
            let mut candidate = smallest.clone();
            for at in places {
                if let (Some(byte), Some(old)) = (candidate.get_mut(*at), original.get(*at)) {
                    *byte = *old;
                }
            }
            if candidate != smallest && still(&candidate) {
                smallest = candidate;
            }
        }
        step /= 2;
    }
    smallest
}

/// Whether two texts of panics name the same line.
pub(crate) fn same_place(one: &str, other: &str) -> bool {
    place(one) == place(other)
}

/// The file and line of a panic's text.
pub(crate) fn place(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// The name of the object that was mutated, for names of files.
pub(crate) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}
