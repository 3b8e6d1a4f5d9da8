//! Mutates real objects and takes each on its whole way, up to where the kernel would be called: no panic, abort, hang or
//! large allocation may come of it.

mod allocator;
mod btf_layout;
mod corpus;
mod execution;
mod layout;
mod mutate;
mod options;
mod path;
mod random;
mod some_kernel;
mod supervisor;
mod worker;

use std::{env, fs, io, process::ExitCode};

use crate::{
    corpus::Seed,
    execution::{Execution, Result},
    options::{Options, USAGE},
};

#[expect(clippy::print_stderr, reason = "a program")]
fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("{reason}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing failed.
fn run(options: &Options) -> io::Result<bool> {
    execution::keep_panics();
    if !options.objects.is_empty() {
        return unchanged(options);
    }
    let seeds = corpus::read(&options.corpus)?;
    if seeds.is_empty() {
        return Err(io::Error::other("there is no object to mutate"));
    }
    if let Some((first, end)) = options.worker {
        worker::run(options, &seeds, first, end)?;
        return Ok(true);
    }
    Ok(!supervisor::run(options, &seeds)?.has_failures())
}

#[expect(clippy::print_stdout, reason = "it is what was asked for")]
fn unchanged(options: &Options) -> io::Result<bool> {
    let mut is_good = true;
    for path in &options.objects {
        let seed = Seed::new(path.clone(), fs::read(path)?);
        let result = match Execution::unchanged(&seed).run() {
            Result::Ended(outcome) => outcome.to_owned(),
            Result::Panicked(text) => format!("PANIC {text}"),
            Result::TooLarge(bytes) => format!("ALLOCATION of {bytes} bytes"),
        };
        is_good &= !result.starts_with(|first: char| first.is_uppercase());
        let reason =
            path::reason(&seed.data).map_or_else(String::new, |reason| format!(": {reason}"));
        println!("{}: {result}{reason}", path.display());
    }
    Ok(is_good)
}

#[cfg(test)]
mod tests;
