//! The consumer's side of a ring buffer: records are copied out of the memory that the kernel shares.
//!
//! The layout is the kernel's (kernel/bpf/ringbuf.c): a page with the consumer's position, a page with the producer's,
//! then the data, mapped twice in a row so that no record is cut. A record is a header of 8 bytes, whose first 4 hold
//! the length and two flags, then its bytes, filled up to a multiple of 8. Positions only grow; their low bits are the
//! place in the data.

use std::{
    hint, io,
    os::fd::AsFd,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, AtomicU64, Ordering, fence},
};

use super::{
    Corrupt, Drained, End, Mapping, Target, page_size,
    prefetch::{CACHE_LINE, prefetch},
};

/// `BPF_RINGBUF_BUSY_BIT`: the program has reserved the record, and has not submitted it yet.
const BUSY: u32 = 1 << 31;
/// `BPF_RINGBUF_DISCARD_BIT`: the program has thrown the record away.
const DISCARDED: u32 = 1 << 30;
/// `BPF_RINGBUF_HDR_SZ`; records begin at multiples of it too.
const HEADER: u64 = 8;
/// How many headers one call looks at: with nothing but discarded records in 64 MiB it would take too long otherwise.
const HEADERS_PER_DRAIN: u32 = 1 << 16;
/// How often a header is looked at again when another CPU is filling its record: some hundred nanoseconds.
const SPINS: u32 = 64;
/// How many bytes are walked before they are copied. Walking them has fetched only the lines of their headers, so that the
/// others should not be far behind: a walk over everything first makes the CPU wait for each header of larger records.
const BYTES_PER_COPY: u64 = 1024;
/// How far ahead of the walk memory is fetched, in bytes. What programs write is cold, and where the next header is tells
/// only the one before.
const FETCHED_AHEAD: u64 = 1024;

/// A mapped ring, and how far it has been read.
pub(crate) struct Ring {
    consumer: Mapping,
    producer: Mapping,
    /// Where the data begins in `producer`.
    data: usize,
    size: u64,
    position: u64,
}

impl Ring {
    /// Maps a ring buffer of `size` bytes, and goes on where its last reader has stopped.
    pub(crate) fn map(fd: impl AsFd, size: u32) -> io::Result<Self> {
        let page = page_size() as usize;
        let consumer = Mapping::new(&fd, 0, page, true)?;
        let producer = Mapping::new(&fd, page, page + 2 * size as usize, false)?;
        let mut ring = Self {
            consumer,
            producer,
            data: page,
            size: u64::from(size),
            position: 0,
        };
        ring.position = ring.consumer_position().load(Ordering::Acquire);
        Ok(ring)
    }

    /// Bytes between the reader and the writer: records with their headers, discarded ones, and such as are being written.
    pub(crate) fn pending(&self) -> u64 {
        if self.was_moved() {
            return self.size; // All of it is in question: the next drain will say so.
        }
        let produced = self.producer_position().load(Ordering::Acquire);
        // A position that was wrong when we came gives what is no multiple, or more than fits.
        produced.wrapping_sub(self.position).min(self.size) & !(HEADER - 1)
    }

    /// Copies records into the target, one after the other as they stand in the ring, without the discarded ones, and
    /// gives their place back to the programs.
    pub(crate) fn drain(&mut self, mut target: Target<'_>) -> Result<Drained, Corrupt> {
        let produced = self.producer_position().load(Ordering::Acquire);
        if self.was_moved() {
            self.publish(produced);
            return Err(Corrupt { length: 0 });
        }
        let mut walk = Walk {
            drained: Drained::default(),
            from: self.position,
            at: self.position,
            ahead: 0,
        };
        let result = self.walk(&mut walk, produced, &mut target);
        self.copy(&mut walk, &mut target);
        let result = match result {
            // What stands before such a header is whole, and comes first.
            Err(_) if walk.drained.records > 0 => Ok(End::More),
            other => other,
        };
        // Nothing behind such a header can be trusted, and whoever comes again must not meet it again.
        self.publish(if result.is_ok() { walk.at } else { produced });
        result.map(|end| Drained {
            end,
            ..walk.drained
        })
    }

    fn walk(
        &self,
        walk: &mut Walk,
        produced: u64,
        target: &mut Target<'_>,
    ) -> Result<End, Corrupt> {
        if !walk.at.is_multiple_of(HEADER) || produced.wrapping_sub(walk.at) > self.size {
            return Err(Corrupt { length: 0 });
        }
        let limit = target.records();
        for _ in 0..HEADERS_PER_DRAIN {
            if walk.at == produced {
                return Ok(End::Empty);
            }
            self.fetch(walk, produced);
            let Some(header) = self.committed_header(walk) else {
                return Ok(End::Busy);
            };
            let length = header & !DISCARDED;
            let whole = (u64::from(length) + HEADER).next_multiple_of(HEADER);
            if whole > produced.wrapping_sub(walk.at) {
                return Err(Corrupt { length });
            }
            if header & DISCARDED != 0 {
                self.copy(walk, target);
                walk.pass(whole);
                walk.from = walk.at;
                walk.drained.discarded += 1;
                continue;
            }
            if walk.drained.records == limit {
                return Ok(End::More);
            }
            let used = walk.drained.bytes as u64 + walk.at.wrapping_sub(walk.from);
            if used + whole > target.bytes.len() as u64 {
                return Ok(if walk.drained.records == 0 {
                    End::TooLarge(whole)
                } else {
                    End::More
                });
            }
            target.note(walk.drained.records, used + HEADER);
            walk.pass(whole);
            walk.drained.records += 1;
            if walk.at.wrapping_sub(walk.from) >= BYTES_PER_COPY {
                self.copy(walk, target);
            }
        }
        Ok(End::More)
    }

    /// Has the CPU fetch what the walk comes to next. Not beyond the writer, who needs those lines for itself.
    fn fetch(&self, walk: &mut Walk, produced: u64) {
        let until = produced.wrapping_sub(walk.at).min(FETCHED_AHEAD);
        while walk.ahead < until {
            prefetch(self.data(walk.at.wrapping_add(walk.ahead)));
            walk.ahead += CACHE_LINE;
        }
    }

    /// The header at the walk's place; none when its record is still being written. For the first one it waits a
    /// moment: what comes next would be to go to sleep.
    fn committed_header(&self, walk: &Walk) -> Option<u32> {
        let spins = if walk.drained.records == 0 { SPINS } else { 1 };
        let header = self.header(walk.at);
        for _ in 0..spins {
            // Pairs with the kernel's xchg in bpf_ringbuf_commit: with the flag gone, the bytes are there.
            let value = header.load(Ordering::Acquire);
            if value & BUSY == 0 {
                return Some(value);
            }
            hint::spin_loop();
        }
        None
    }

    /// Copies what the walk has passed since the last copy: records that stand next to each other, in one go.
    fn copy(&self, walk: &mut Walk, target: &mut Target<'_>) {
        let length = usize::try_from(walk.at.wrapping_sub(walk.from)).unwrap_or(usize::MAX);
        let Some(into) = target
            .bytes
            .get_mut(walk.drained.bytes..walk.drained.bytes.saturating_add(length))
        else {
            return; // Never: the walk stops where the buffer ends.
        };
        let source = self.data(walk.from);
        // SAFETY: the walk has found `length` bytes of records between the reader and the writer, which are at most `size`
        // apart, and the data is mapped for twice `size`. The kernel writes there again only after `publish`.
        unsafe { ptr::copy_nonoverlapping(source.as_ptr(), into.as_mut_ptr(), length) };
        walk.drained.bytes += length;
        walk.from = walk.at;
    }

    /// Whether somebody else has written our position: whoever has the map may map that page, and write to it. Records
    /// may have been overwritten; or the programs find no room, and we wait for what has been read.
    fn was_moved(&self) -> bool {
        self.consumer_position().load(Ordering::Relaxed) != self.position
    }

    /// Gives everything before `position` back to the programs.
    fn publish(&mut self, position: u64) {
        if position == self.position && !self.was_moved() {
            return;
        }
        self.position = position;
        self.consumer_position().store(position, Ordering::Release);
        // The kernel wakes the reader when it commits the record at this very position, so what is looked at next must
        // not have been read before the position is seen.
        fence(Ordering::SeqCst);
    }

    fn consumer_position(&self) -> &AtomicU64 {
        // SAFETY: the page is mapped readable and writable as long as `self` is, and begins with the position.
        unsafe { AtomicU64::from_ptr(self.consumer.start().as_ptr().cast()) }
    }

    fn producer_position(&self) -> &AtomicU64 {
        // SAFETY: the page is mapped as long as `self` is, begins with the position, and is only loaded from.
        unsafe { AtomicU64::from_ptr(self.producer.start().as_ptr().cast()) }
    }

    fn header(&self, position: u64) -> &AtomicU32 {
        // SAFETY: within the data, at a multiple of 8 because every record is one large, and only loaded from.
        unsafe { AtomicU32::from_ptr(self.data(position & !(HEADER - 1)).as_ptr().cast()) }
    }

    /// Where the bytes of this position are.
    fn data(&self, position: u64) -> NonNull<u8> {
        let place = usize::try_from(position & (self.size - 1)).unwrap_or_default();
        // SAFETY: the mapping is one page and twice `size` long, and `size` is a power of two.
        unsafe { self.producer.start().add(self.data + place) }
    }
}

/// How far a drain has come.
struct Walk {
    drained: Drained,
    /// Passed, but not copied yet, is what lies between the two.
    from: u64,
    at: u64,
    /// How much has been fetched from `at` on.
    ahead: u64,
}

impl Walk {
    fn pass(&mut self, whole: u64) {
        self.at = self.at.wrapping_add(whole);
        self.ahead = self.ahead.saturating_sub(whole);
    }
}

#[cfg(test)]
mod tests;
