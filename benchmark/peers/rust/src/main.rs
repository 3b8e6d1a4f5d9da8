//! The Rust peer of the benchmark: `peer PINS OBJECT`, then one `ROW ITERATIONS BEFORE` a line.

mod flow;
mod ring;
mod rows;

use std::env::args;
use std::io::{self, BufRead as _};

use anyhow::{Context as _, Result, bail};
use rows::{Measured, Peer, ROWS};

fn main() -> Result<()> {
    let [_, pins, object] = &args().collect::<Vec<_>>()[..] else {
        bail!("usage: benchmark-peer PINS OBJECT");
    };
    let mut peer = Peer::open(pins, object)?;
    introduce();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.starts_with("live ") {
            true => peer.live(),
            false => measure(&mut peer, &line),
        };
        match answer {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("error {error:#}"),
        }
    }
    Ok(())
}

fn measure(peer: &mut Peer, line: &str) -> Result<String> {
    let [name, iterations, before] = line.split(' ').collect::<Vec<_>>()[..] else {
        bail!("not ROW ITERATIONS BEFORE");
    };
    let iterations = iterations.parse().context("not a number of iterations")?;
    let before = before.parse().context("not a number of iterations")?;
    let (_, run) = ROWS
        .iter()
        .find(|(row, _)| *row == name)
        .with_context(|| format!("no row {name}"))?;
    if before > 0 {
        run(peer, before)?;
    }
    let Measured {
        started,
        ended,
        sum,
    } = run(peer, iterations)?;
    Ok(format!("{} {sum}", (ended - started).as_nanos()))
}

fn introduce() {
    let names = ROWS.iter().map(|(name, _)| *name).chain(["live"]);
    let names: Vec<_> = names.map(|name| format!("\"{name}\"")).collect();
    println!(
        "{{\"version\":\"{}\",\"rows\":[{}]}}",
        aya_version(),
        names.join(",")
    );
}

/// The version that this was built with.
fn aya_version() -> &'static str {
    include_str!("../Cargo.lock")
        .split_once("name = \"aya\"\nversion = \"")
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or("")
}
