//! Memory of the kernel, mapped into this process.

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _},
    ptr::{self, NonNull},
};

/// A shared mapping of a descriptor, which it keeps alive; unmapped when it is dropped.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread; who reads or writes through it keeps its own order.
unsafe impl Send for Mapping {}
// SAFETY: as above; `Mapping` itself only hands out the address.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `length` bytes, which the kernel rounds up to whole pages, from `offset` on, which is a multiple of a page. Only
    /// `writable` memory may be written to: the rest is protected.
    pub(crate) fn new(
        fd: impl AsFd,
        offset: usize,
        length: usize,
        writable: bool,
    ) -> io::Result<Self> {
        let protection = if writable {
            libc::PROT_READ | libc::PROT_WRITE
        } else {
            libc::PROT_READ
        };
        let offset = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        // SAFETY: the kernel chooses the place, so that nothing else is there; the descriptor is open.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                protection,
                libc::MAP_SHARED,
                fd.as_fd().as_raw_fd(),
                offset,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at 0"))?;
        Ok(Self { start, length })
    }

    /// Puts empty memory in the place of the map's, and so lets go of the map: whoever still has the address may go on
    /// reading and writing.
    pub(crate) fn release(&self) -> io::Result<()> {
        // SAFETY: the addresses are this mapping's, all of them, until it is dropped. What changes under a reader are the
        // values, as they do at any time; programs of the kernel have addresses of their own.
        let address = unsafe {
            libc::mmap(
                self.start.as_ptr().cast(),
                self.length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// The first byte; valid as long as the mapping is.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and nobody keeps its address longer than it.
        let status = unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
        debug_assert_eq!(status, 0);
    }
}
