//! The command line.

use std::{path::PathBuf, time::Duration};

/// How to call it.
pub(crate) const USAGE: &str = "usage: npm run fuzz -- [option …] [object …]

  --executions <n>   how many mutated objects (default: 100,000; no limit with --minutes)
  --minutes <n>      for how long
  --seed <n>         the same seed makes the same objects (default: 1)
  --first <n>        the number of the first execution (default: 0)
  --corpus <folder>  mutate the objects below it instead of those of the repository; may be repeated
  --out <folder>     where objects that fail are written (default: target/fuzz-failures)

With objects: take these as they are, and tell how it ends.";

/// What is asked for.
pub(crate) struct Options {
    pub(crate) executions: Option<u64>,
    pub(crate) time: Duration,
    pub(crate) seed: u64,
    pub(crate) first: u64,
    pub(crate) corpus: Vec<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) objects: Vec<PathBuf>,
    /// The executions of a worker.
    pub(crate) worker: Option<(u64, u64)>,
    pub(crate) trace: bool,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            executions: None,
            time: Duration::MAX,
            seed: 1,
            first: 0,
            corpus: Vec::new(),
            out: PathBuf::from("target/fuzz-failures"),
            objects: Vec::new(),
            worker: None,
            trace: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--executions" => options.executions = Some(number(&value()?)?),
                "--minutes" => options.time = Duration::from_secs(60 * number(&value()?)?),
                "--seed" => options.seed = number(&value()?)?,
                "--first" => options.first = number(&value()?)?,
                "--corpus" => options.corpus.push(value()?.into()),
                "--out" => options.out = value()?.into(),
                "--worker" => options.worker = Some((number(&value()?)?, number(&value()?)?)),
                "--trace" => options.trace = true,
                option if option.starts_with("--") => {
                    return Err(format!("unknown option {option}"));
                }
                _ => options.objects.push(argument.into()),
            }
        }
        Ok(options)
    }

    /// One more than the number of the last execution.
    pub(crate) fn end(&self) -> u64 {
        let default = if self.time == Duration::MAX {
            100_000
        } else {
            u64::MAX
        };
        self.first
            .saturating_add(self.executions.unwrap_or(default))
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.replace(['_', ','], "")
        .parse()
        .map_err(|_error| format!("not a number: {text}"))
}
