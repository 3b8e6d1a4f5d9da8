//! The process that runs executions. It may die of one: the supervisor then starts another.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use crate::{
    corpus::Seed,
    execution::{Execution, Result, minimise, place, stem},
    options::Options,
};

/// How often the supervisor hears that all is well.
pub(crate) const STEP: u64 = 4096;

/// An execution that takes longer hangs.
const TICK: Duration = Duration::from_millis(250);
const TICKS: usize = 4;

static CURRENT: AtomicU64 = AtomicU64::new(0);

/// Runs the executions `first..end` of a run, and tells about them line by line:
/// `at <number>`, `panic <number> <text>`, `large <number> <bytes>`, `hang <number>`, `count <n> <outcome>`, `done`.
pub(crate) fn run(options: &Options, seeds: &[Seed], first: u64, end: u64) -> io::Result<()> {
    thread::spawn(watch);
    let mut outcomes = Outcomes::default();
    let mut saved: BTreeMap<String, usize> = BTreeMap::new();
    for index in first..end {
        CURRENT.store(index + 1, Ordering::Relaxed);
        if options.trace || index % STEP == 0 {
            outcomes.tell();
            say(&format!("at {index}"));
        }
        let Some(execution) = Execution::new(seeds, options.seed, index) else {
            continue;
        };
        match execution.run() {
            Result::Ended(outcome) => outcomes.add(outcome),
            Result::Panicked(text) => {
                outcomes.add("panic");
                say(&format!("panic {index} {text}"));
                let times = saved.entry(place(&text).to_owned()).or_default();
                *times += 1;
                if *times <= 2 {
                    let name = place(&text).replace(['/', ':', '.'], "-");
                    let name = format!("{name}-{}-{index}.o", stem(&execution.seed.path));
                    save(&options.out, &name, &minimise(&execution))?;
                }
            }
            Result::TooLarge(bytes) => {
                outcomes.add("large");
                say(&format!("large {index} {bytes}"));
                save(&options.out, &format!("large-{index}.o"), &execution.data)?;
            }
        }
    }
    CURRENT.store(0, Ordering::Relaxed);
    outcomes.tell();
    say("done");
    Ok(())
}

/// Writes an object that fails into the folder for them.
pub(crate) fn save(folder: &Path, name: &str, data: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), data)
}

/// Ends the process when one execution runs for too long.
fn watch() {
    let (mut last, mut ticks) = (0, 0);
    loop {
        thread::sleep(TICK);
        let current = CURRENT.load(Ordering::Relaxed);
        ticks = if current == last && current > 0 {
            ticks + 1
        } else {
            0
        };
        last = current;
        if ticks > TICKS {
            say(&format!("hang {}", current - 1));
            std::process::abort();
        }
    }
}

#[derive(Default)]
struct Outcomes(BTreeMap<&'static str, u64>);

impl Outcomes {
    fn add(&mut self, outcome: &'static str) {
        *self.0.entry(outcome).or_default() += 1;
    }

    fn tell(&mut self) {
        for (outcome, count) in std::mem::take(&mut self.0) {
            say(&format!("count {count} {outcome}"));
        }
    }
}

#[expect(clippy::print_stdout, reason = "the supervisor reads it")]
fn say(line: &str) {
    println!("{line}");
}
