//! Starts workers one after the other, counts what they tell, and finds the execution that one died of.

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    corpus::Seed,
    execution::{Execution, place},
    options::Options,
    worker::{self, STEP},
};

/// Executions of one worker: a new one now and then, should memory be lost.
const PORTION: u64 = 1 << 20;

const SECONDS_BETWEEN_LINES: u64 = 30;

/// What a run came to.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) executions: u64,
    outcomes: BTreeMap<String, u64>,
    /// By place, with the first execution that failed there and its text.
    failures: BTreeMap<String, (u64, u64, String)>,
}

impl Report {
    pub(crate) fn has_failures(&self) -> bool {
        !self.failures.is_empty()
    }

    fn fail(&mut self, index: u64, place: &str, text: &str) {
        let entry = self
            .failures
            .entry(place.to_owned())
            .or_insert_with(|| (0, index, text.to_owned()));
        entry.0 += 1;
    }
}

/// Runs until the number of executions or the time that is asked for is reached.
pub(crate) fn run(options: &Options, seeds: &[Seed]) -> io::Result<Report> {
    let started = Instant::now();
    let mut report = Report::default();
    let mut next = options.first;
    let mut last_line = Instant::now();
    while next < options.end() && started.elapsed() < options.time {
        let end = options.end().min(next + PORTION);
        let mut child = start(options, next, end, false)?;
        let reached = listen(&mut child, &mut report, |report| {
            if last_line.elapsed() > Duration::from_secs(SECONDS_BETWEEN_LINES) {
                last_line = Instant::now();
                line(report, started.elapsed());
            }
            started.elapsed() < options.time
        })?;
        next = match reached {
            Reached::End | Reached::Stopped => end,
            Reached::Died { at } => died(options, seeds, at, end, &mut report)? + 1,
        };
    }
    print(&report, started.elapsed());
    Ok(report)
}

enum Reached {
    End,
    Stopped,
    /// After it had begun the executions from `at` on.
    Died {
        at: u64,
    },
}

/// Reads what a worker tells. `goes_on` is asked now and then.
fn listen(
    child: &mut Child,
    report: &mut Report,
    mut goes_on: impl FnMut(&Report) -> bool,
) -> io::Result<Reached> {
    let Some(output) = child.stdout.take() else {
        return Err(io::Error::other("the worker has no output"));
    };
    let mut at = 0;
    let mut reached = None;
    for line in BufReader::new(output).lines() {
        let line = line?;
        let (word, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        let (number, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let number = number.parse().unwrap_or(0);
        match word {
            "at" => at = number,
            "panic" => report.fail(number, place(text), text),
            "large" => report.fail(number, "allocation", &format!("{text} bytes")),
            "hang" => report.fail(number, "hang", "longer than 1 s"),
            "count" => {
                report.executions += number;
                *report.outcomes.entry(text.to_owned()).or_default() += number;
                continue;
            }
            "done" => reached = Some(Reached::End),
            _ => {}
        }
        if !goes_on(report) && reached.is_none() {
            child.kill()?;
            reached = Some(Reached::Stopped);
            break;
        }
    }
    child.wait()?;
    Ok(reached.unwrap_or(Reached::Died { at }))
}

/// Repeats the last executions of a worker that died, one by one, and tells which one it was.
fn died(
    options: &Options,
    seeds: &[Seed],
    at: u64,
    end: u64,
    report: &mut Report,
) -> io::Result<u64> {
    let end = end.min(at + STEP + 1);
    let mut again = start(options, at, end, true)?;
    let mut unused = Report::default();
    let Reached::Died { at: index } = listen(&mut again, &mut unused, |_| true)? else {
        return Ok(at + STEP - 1); // It does not happen again: a machine that stood still.
    };
    if !report.failures.contains_key("hang") {
        report.fail(index, "abort", "the process died");
    }
    if let Some(execution) = Execution::new(seeds, options.seed, index) {
        worker::save(&options.out, &format!("died-{index}.o"), &execution.data)?;
    }
    Ok(index)
}

fn start(options: &Options, first: u64, end: u64, trace: bool) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--worker", &first.to_string(), &end.to_string()])
        .args(["--seed", &options.seed.to_string()])
        .arg("--out")
        .arg(&options.out);
    for folder in &options.corpus {
        command.arg("--corpus").arg(folder);
    }
    if trace {
        command.arg("--trace");
    }
    command.stdout(Stdio::piped()).spawn()
}

#[expect(clippy::print_stdout, reason = "it is what the program is for")]
fn line(report: &Report, elapsed: Duration) {
    let failures: u64 = report.failures.values().map(|(times, ..)| times).sum();
    println!(
        "{} executions, {} a second, {failures} failures",
        report.executions,
        per_second(report.executions, elapsed),
    );
}

#[expect(clippy::print_stdout, reason = "it is what the program is for")]
fn print(report: &Report, elapsed: Duration) {
    for (outcome, count) in &report.outcomes {
        println!("{count:>10}  {outcome}");
    }
    for (place, (times, first, text)) in &report.failures {
        println!("FAILED {times} times at {place}, first in execution {first}: {text}");
    }
    line(report, elapsed);
}

fn per_second(executions: u64, elapsed: Duration) -> u64 {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    executions.saturating_mul(1000) / milliseconds.max(1)
}
