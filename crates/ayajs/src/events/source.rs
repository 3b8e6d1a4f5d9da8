//! Where records come from: one ring for all CPUs, or a buffer for each of them.

use std::{
    io,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
};

use aya::util::online_cpus;
use aya_obj::generated::bpf_map_info;

use crate::{
    error::{Code, Error, Result},
    failure,
    maps::{self, map_type},
    sys::{self, Corrupt, Drained, End, PerfBuffer, Ring, Target},
};

/// `BPF_F_RB_OVERWRITE`: the programs overwrite what has not been read, which asks for another way of reading.
const OVERWRITE: u32 = 1 << 19;

/// What is read.
pub(super) enum Source {
    Ring(OwnedFd, Ring),
    Perf(PerfBuffers),
}

impl Source {
    /// Opens what the map is; `pages` is the size of each CPU's buffer where there is one for each.
    pub(super) fn open(
        name: &str,
        fd: OwnedFd,
        info: &bpf_map_info,
        pages: u32,
    ) -> Result<(Self, u64)> {
        match map_type(info.type_).as_str() {
            "RingBuf" if info.map_flags & OVERWRITE != 0 => {
                let message = format!(
                    "{} is a ring buffer in overwrite mode, which cannot be read",
                    maps::called(name)
                );
                Err(Error::new(Code::Unsupported, message)
                    .text("map", name)
                    .text("feature", "BPF_F_RB_OVERWRITE"))
            }
            "RingBuf" => {
                let ring = Ring::map(&fd, info.max_entries)
                    .map_err(|error| maps::failed(name, "cannot read from", "mmap", &error))?;
                Ok((Self::Ring(fd, ring), u64::from(info.max_entries)))
            }
            "PerfEventArray" => {
                let buffers = PerfBuffers::open(name, fd, pages)?;
                let size = u64::from(sys::page_size()) * u64::from(pages);
                let size = size * buffers.buffers.len() as u64;
                Ok((Self::Perf(buffers), size))
            }
            kind => {
                let message = format!(
                    "{} is of type {kind}, which nobody can wait for: RingBuf and PerfEventArray are",
                    maps::called(name)
                );
                Err(Error::new(Code::Map, message).text("map", name))
            }
        }
    }

    /// See [`Ring::drain`]; `lost` grows by what the kernel says it has lost.
    pub(super) fn drain(
        &mut self,
        target: Target<'_>,
        lost: &mut u64,
    ) -> std::result::Result<Drained, Corrupt> {
        match self {
            Self::Ring(_, ring) => ring.drain(target),
            Self::Perf(buffers) => buffers.drain(target, lost),
        }
    }

    pub(super) fn pending(&self) -> u64 {
        match self {
            Self::Ring(_, ring) => ring.pending(),
            Self::Perf(buffers) => buffers.buffers.iter().map(|(_, one)| one.pending()).sum(),
        }
    }

    /// What has to be waited for.
    pub(super) fn fds(&self) -> Vec<BorrowedFd<'_>> {
        match self {
            Self::Ring(fd, _) => vec![fd.as_fd()],
            Self::Perf(buffers) => buffers.buffers.iter().map(|(_, one)| one.as_fd()).collect(),
        }
    }
}

/// The buffers of all CPUs that are online.
pub(super) struct PerfBuffers {
    map: OwnedFd,
    buffers: Vec<(u32, PerfBuffer)>,
    /// Where the next drain begins, so that no CPU is served before the others for ever.
    first: usize,
    corrupt: Option<Corrupt>,
}

impl PerfBuffers {
    fn open(name: &str, map: OwnedFd, pages: u32) -> Result<Self> {
        let failed = |syscall, error: &io::Error| {
            let message = format!(
                "cannot read from {}: {syscall}: {error}",
                maps::called(name)
            );
            failure::permission_for(
                &["CAP_PERFMON"],
                Error::command(Code::Map, message, syscall, error).text("map", name),
            )
        };
        let cpus = online_cpus().map_err(|(_path, error)| failed("open", &error))?;
        let mut opened = Self {
            map,
            buffers: Vec::new(),
            first: 0,
            corrupt: None,
        };
        for cpu in cpus {
            let buffer =
                PerfBuffer::open(cpu, pages).map_err(|error| failed("perf_event_open", &error))?;
            sys::perf_attach(&opened.map, cpu, &buffer)
                .map_err(|error| failed("BPF_MAP_UPDATE_ELEM", &error))?;
            opened.buffers.push((cpu, buffer));
        }
        Ok(opened)
    }

    fn drain(
        &mut self,
        mut target: Target<'_>,
        lost: &mut u64,
    ) -> std::result::Result<Drained, Corrupt> {
        if let Some(corrupt) = self.corrupt.take() {
            return Err(corrupt);
        }
        let mut all = Drained::default();
        let count = self.buffers.len().max(1);
        for turn in 0..self.buffers.len() {
            let Some((_, buffer)) = self.buffers.get_mut((self.first + turn) % count) else {
                continue;
            };
            let one = match buffer.drain(&mut target.rest(&all), lost) {
                Ok(one) => one,
                Err(corrupt) if all.records > 0 => {
                    // What came before it is whole, and comes first.
                    self.corrupt = Some(corrupt);
                    all.end = End::More;
                    break;
                }
                Err(corrupt) => return Err(corrupt),
            };
            all.records += one.records;
            all.bytes += one.bytes;
            if all.end == End::Empty {
                all.end = one.end;
            }
        }
        self.first = (self.first + 1) % count;
        // What is too large for the rest of the block is not too large for an empty one.
        if all.records > 0 && matches!(all.end, End::TooLarge(_)) {
            all.end = End::More;
        }
        Ok(all)
    }
}

impl Drop for PerfBuffers {
    fn drop(&mut self) {
        for (cpu, _) in &self.buffers {
            // The slot of a CPU whose buffer is closed is of no use to anybody; the kernel empties it at the latest with the map.
            drop(sys::perf_detach(&self.map, *cpu));
        }
    }
}
