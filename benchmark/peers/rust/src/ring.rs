//! The rows of the ring buffer: it is drained after the harness has filled it, or while it does.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use aya::maps::{Map, MapData, RingBuf};

use crate::rows::Measured;

/// The number of the record after which a live consumer has had everything.
const LAST_EVENT: u32 = 0xffff_ffff;

/// Room for the latencies of one live measurement.
const LATENCIES: usize = 4_000_000;

/// A reader of its own for each measurement: it remembers where it was, and others have read since.
pub fn open(pin: &PathBuf) -> Result<RingBuf<MapData>> {
    Ok(RingBuf::try_from(Map::RingBuf(MapData::from_pin(pin)?))?)
}

/// Drains the ring: as many records as were asked for, no fewer.
pub fn drain(pin: &PathBuf, iterations: u32) -> Result<Measured> {
    let mut ring = open(pin)?;
    let started = Instant::now();
    let mut sum = 0;
    for _ in 0..iterations {
        let record = ring.next().context("too few records")?;
        sum += u64::from(number(&record));
    }
    let ended = Instant::now();
    Ok(Measured {
        started,
        ended,
        sum,
    })
}

/// Reads until the last record, and tells what it has seen.
pub fn live(pin: &PathBuf) -> Result<String> {
    let mut ring = open(pin)?;
    let mut latencies = Vec::with_capacity(LATENCIES);
    let (mut first, mut last) = (0, 0);
    println!("ready");
    let before = usage();
    'live: loop {
        wait(&ring)?;
        while let Some(record) = ring.next() {
            if number(&record) == LAST_EVENT {
                break 'live;
            }
            last = now();
            if latencies.is_empty() {
                first = last;
            }
            let (time, _) = record.split_first_chunk().context("a short record")?;
            latencies.push(last - u64::from_ne_bytes(*time));
        }
    }
    let after = usage();
    if latencies.is_empty() {
        bail!("no records");
    }
    latencies.sort_unstable();
    let count = latencies.len();
    Ok(format!(
        r#"{{"records":{count},"elapsedNs":{},"cpuNs":{},"switches":{},"p50Ns":{},"p99Ns":{}}}"#,
        last - first,
        after.0 - before.0,
        after.1 - before.1,
        latencies[count / 2],
        latencies[count * 99 / 100],
    ))
}

fn number(record: &[u8]) -> u32 {
    record[8..]
        .first_chunk()
        .map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

fn wait(ring: &RingBuf<MapData>) -> io::Result<()> {
    let mut poll = libc::pollfd {
        fd: ring.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one structure, which lives until the call is over.
    match unsafe { libc::poll(&raw mut poll, 1, -1) } {
        ..0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds.
fn now() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: it is written to a place of its type, and zeros are a time too.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr());
        time.assume_init()
    };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// Nanoseconds of CPU time, and how often the process went to sleep.
fn usage() -> (i64, i64) {
    let mut all = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: it is written to a place of its type, and zeros are a usage too.
    let all = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, all.as_mut_ptr());
        all.assume_init()
    };
    let nanoseconds = |time: libc::timeval| time.tv_sec * 1_000_000_000 + time.tv_usec * 1_000;
    let cpu = nanoseconds(all.ru_utime) + nanoseconds(all.ru_stime);
    (cpu, all.ru_nvcsw)
}
