//! The consumer's side of a perf buffer: what programs write to one CPU of a `BPF_MAP_TYPE_PERF_EVENT_ARRAY`.
//!
//! The layout is the kernel's (`struct perf_event_mmap_page` of `linux/perf_event.h`): a page with both positions, then the
//! data, which is mapped once, so that a record can be cut by its end. Positions only grow.

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd},
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

use aya_obj::generated::{
    PERF_FLAG_FD_CLOEXEC, bpf_cmd, perf_event_attr, perf_event_mmap_page, perf_event_sample_format,
    perf_event_type, perf_sw_ids, perf_type_id,
};

use super::{Corrupt, Drained, End, Mapping, Target, bpf, fd_number, page_size, zeroed_attr};

/// `PERF_EVENT_IOC_ENABLE`, as a number that fits the argument of every libc's ioctl.
const ENABLE: u16 = 0x2400;
/// `struct perf_event_header`: type, flags, size.
const HEADER: usize = 8;
/// What stands before a record in the block that is drained into, as in a ring buffer.
const BLOCK_HEADER: usize = 8;

/// The buffer of one CPU.
pub(crate) struct PerfBuffer {
    fd: OwnedFd,
    memory: Mapping,
    /// Where the data begins.
    data: usize,
    size: u64,
}

impl PerfBuffer {
    /// Opens a buffer of so many pages, a power of two, for what programs write on `cpu`.
    pub(crate) fn open(cpu: u32, pages: u32) -> io::Result<Self> {
        let fd = open_event(cpu)?;
        let page = page_size() as usize;
        let size = page * pages as usize;
        let memory = Mapping::new(&fd, 0, page + size, true)?;
        // SAFETY: the command takes no pointer.
        let status = unsafe { libc::ioctl(fd.as_raw_fd(), libc::Ioctl::from(ENABLE), 0) };
        if status < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            fd,
            memory,
            data: page,
            size: size as u64,
        })
    }

    /// Bytes between the reader and the writer.
    pub(crate) fn pending(&self) -> u64 {
        let head = self.head().load(Ordering::Acquire);
        head.wrapping_sub(self.tail().load(Ordering::Relaxed))
    }

    /// Copies records into the target, each with 8 bytes before it and filled up to a multiple of 8, as they
    /// stand in a ring buffer. What the kernel says it has lost is counted.
    pub(crate) fn drain(
        &mut self,
        target: &mut Target<'_>,
        lost: &mut u64,
    ) -> Result<Drained, Corrupt> {
        // Pairs with the kernel's barrier in perf_output_put_handle: up to the head, the bytes are there.
        let head = self.head().load(Ordering::Acquire);
        let mut tail = self.tail().load(Ordering::Relaxed);
        let mut drained = Drained::default();
        let result = loop {
            if tail == head {
                break Ok(End::Empty);
            }
            match self.record(tail, head, target, &mut drained, lost) {
                Ok(Some(size)) => tail = tail.wrapping_add(size),
                Ok(None) => break Ok(End::More),
                Err(Stop::TooLarge(needed)) => break Ok(End::TooLarge(needed)),
                // What came before it is whole, and comes first.
                Err(Stop::Corrupt(_)) if drained.records > 0 => break Ok(End::More),
                Err(Stop::Corrupt(corrupt)) => {
                    tail = head;
                    break Err(corrupt);
                }
            }
        };
        self.tail().store(tail, Ordering::Release);
        result.map(|end| Drained { end, ..drained })
    }

    /// Takes one record over, and gives its size in the buffer; none when it has to wait for the next drain.
    fn record(
        &self,
        tail: u64,
        head: u64,
        target: &mut Target<'_>,
        drained: &mut Drained,
        lost: &mut u64,
    ) -> Result<Option<u64>, Stop> {
        let mut header = [0; HEADER];
        self.copy(tail, &mut header);
        let [a, b, c, d, _, _, low, high] = header;
        let (kind, size) = (
            u32::from_ne_bytes([a, b, c, d]),
            u16::from_ne_bytes([low, high]),
        );
        let (size, available) = (u64::from(size), head.wrapping_sub(tail));
        if size < HEADER as u64 || size > available || available > self.size {
            return Err(Stop::corrupt(size));
        }
        if kind == perf_event_type::PERF_RECORD_LOST as u32 {
            let mut count = [0; 8];
            self.copy(tail.wrapping_add(16), &mut count);
            *lost += u64::from_ne_bytes(count);
        }
        if kind != perf_event_type::PERF_RECORD_SAMPLE as u32 {
            return Ok(Some(size));
        }
        let mut length = [0; 4];
        self.copy(tail.wrapping_add(HEADER as u64), &mut length);
        let length = u32::from_ne_bytes(length);
        if u64::from(length) + 12 > size {
            return Err(Stop::corrupt(u64::from(length)));
        }
        self.sample(tail, length, target, drained)
            .map(|taken| taken.then_some(size))
    }

    /// Copies a sample into the block; false when it has to wait.
    fn sample(
        &self,
        tail: u64,
        length: u32,
        target: &mut Target<'_>,
        drained: &mut Drained,
    ) -> Result<bool, Stop> {
        let whole = (length as usize + BLOCK_HEADER).next_multiple_of(8);
        let end = drained.bytes + whole;
        if drained.records == target.records() || (end > target.bytes.len() && drained.records > 0)
        {
            return Ok(false);
        }
        let Some((head, record)) = target
            .bytes
            .get_mut(drained.bytes..end)
            .and_then(|place| place.split_at_mut_checked(BLOCK_HEADER))
        else {
            return Err(Stop::TooLarge(whole as u64));
        };
        for (byte, value) in head.iter_mut().zip(u64::from(length).to_ne_bytes()) {
            *byte = value;
        }
        if let Some(bytes) = record.get_mut(..length as usize) {
            self.copy(tail.wrapping_add(12), bytes);
        }
        target.note(drained.records, (drained.bytes + BLOCK_HEADER) as u64);
        drained.bytes = end;
        drained.records += 1;
        Ok(true)
    }

    /// Copies bytes from a position on, around the end of the data if need be.
    fn copy(&self, position: u64, into: &mut [u8]) {
        let place = usize::try_from(position & (self.size - 1)).unwrap_or_default();
        let size = usize::try_from(self.size).unwrap_or_default();
        let (first, second) = into.split_at_mut(into.len().min(size - place));
        // SAFETY: the data follows the first page, and `place` is in it.
        let start = unsafe { self.memory.start().add(self.data) };
        // SAFETY: as above.
        let from = unsafe { start.add(place) };
        // SAFETY: from `place` there are `first.len()` bytes up to the end of the data. The kernel writes there again only
        // after the tail has moved.
        unsafe { copy_bytes(from.as_ptr(), first) };
        // SAFETY: no record is larger than the data, so that the rest is at its beginning.
        unsafe { copy_bytes(start.as_ptr(), second) };
    }

    fn head(&self) -> &AtomicU64 {
        self.position(std::mem::offset_of!(perf_event_mmap_page, data_head))
    }

    fn tail(&self) -> &AtomicU64 {
        self.position(std::mem::offset_of!(perf_event_mmap_page, data_tail))
    }

    fn position(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: within the first page.
        let place = unsafe { self.memory.start().add(offset) };
        // SAFETY: mapped readable and writable as long as `self` is, and aligned.
        unsafe { AtomicU64::from_ptr(place.as_ptr().cast()) }
    }
}

impl AsFd for PerfBuffer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Why a drain ends before a record.
enum Stop {
    TooLarge(u64),
    Corrupt(Corrupt),
}

impl Stop {
    fn corrupt(length: u64) -> Self {
        Self::Corrupt(Corrupt {
            length: u32::try_from(length).unwrap_or(u32::MAX),
        })
    }
}

/// Has programs that write on `cpu` into `map` write into this buffer.
pub(crate) fn perf_attach(map: impl AsFd, cpu: u32, buffer: &PerfBuffer) -> io::Result<()> {
    let fd = fd_number(buffer);
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let element = unsafe { &mut attr.__bindgen_anon_2 };
    element.map_fd = fd_number(&map);
    element.key = (&raw const cpu) as u64;
    element.__bindgen_anon_1.value = (&raw const fd) as u64;
    // SAFETY: key and value are four bytes large, which the kernel demands of such maps.
    unsafe { bpf(bpf_cmd::BPF_MAP_UPDATE_ELEM, &mut attr) }?;
    Ok(())
}

/// Undoes [`perf_attach`].
pub(crate) fn perf_detach(map: impl AsFd, cpu: u32) -> io::Result<()> {
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let element = unsafe { &mut attr.__bindgen_anon_2 };
    element.map_fd = fd_number(&map);
    element.key = (&raw const cpu) as u64;
    // SAFETY: the key is four bytes large.
    unsafe { bpf(bpf_cmd::BPF_MAP_DELETE_ELEM, &mut attr) }?;
    Ok(())
}

/// `perf_event_open(2)` of the software event that stands for what programs write on one CPU, whatever process runs there.
fn open_event(cpu: u32) -> io::Result<OwnedFd> {
    // SAFETY: plain integers, for which zeroes are valid.
    let mut attr: perf_event_attr = unsafe { std::mem::zeroed() };
    attr.type_ = perf_type_id::PERF_TYPE_SOFTWARE as u32;
    attr.size = u32::try_from(size_of::<perf_event_attr>()).unwrap_or_default();
    attr.config = perf_sw_ids::PERF_COUNT_SW_BPF_OUTPUT as u64;
    attr.sample_type = perf_event_sample_format::PERF_SAMPLE_RAW as u64;
    attr.__bindgen_anon_1.sample_period = 1;
    attr.__bindgen_anon_2.wakeup_events = 1;
    // SAFETY: the attributes are alive, and as large as they say.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attr,
            -1,
            cpu,
            -1,
            PERF_FLAG_FD_CLOEXEC,
        )
    };
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// # Safety
///
/// There are as many bytes at `from` as `into` is long.
unsafe fn copy_bytes(from: *const u8, into: &mut [u8]) {
    // SAFETY: the caller's promise; the two are different memory.
    unsafe { ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) };
}
