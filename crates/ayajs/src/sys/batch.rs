//! Many elements of a map in one system call, in packed buffers of keys and of values.

use std::{io, marker::PhantomData};

use aya_obj::generated::bpf_cmd;
use napi::bindgen_prelude::Uint8ArraySlice;

use super::{MapFd, bpf, fd_number, zeroed_attr};

/// "Not supported" among the kernel's own: libc has no name for it.
const ENOTSUPP: i32 = 524;

/// How often a batch is tried that the kernel gives up because keys vanish while it reads them.
const RETRIES: usize = 100;

/// Memory that the kernel writes into. A pointer and no slice: what JavaScript hands over may overlap.
pub(crate) struct Room<'a> {
    start: *mut u8,
    length: usize,
    memory: PhantomData<&'a mut [u8]>,
}

impl<'a> From<&'a mut [u8]> for Room<'a> {
    fn from(bytes: &'a mut [u8]) -> Self {
        Self {
            start: bytes.as_mut_ptr(),
            length: bytes.len(),
            memory: PhantomData,
        }
    }
}

impl<'a> From<&'a mut Uint8ArraySlice<'_>> for Room<'a> {
    fn from(bytes: &'a mut Uint8ArraySlice<'_>) -> Self {
        // SAFETY: no JavaScript runs while this is used, so nobody else reads or writes what is not shared.
        Self::from(unsafe { bytes.as_mut() })
    }
}

impl Room<'_> {
    /// Writes to the beginning, as much as fits.
    pub(crate) fn write(&self, bytes: &[u8]) {
        let length = bytes.len().min(self.length);
        // SAFETY: both are `length` bytes long; `bytes` is memory of Rust's, which nobody else writes to.
        unsafe { std::ptr::copy(bytes.as_ptr(), self.start, length) };
    }
}

/// What a batch of look-ups came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// So many entries, from the beginning of the buffers.
    Entries { count: u32, end: bool },
    /// The next bucket of the hash table has more entries than fit: nothing was read.
    TooSmall,
}

/// What an error of the kernel means for a batch of look-ups.
#[derive(Debug, PartialEq, Eq)]
enum Judged {
    Found(Found),
    Again,
    Failed,
}

/// Entries that were read before the error come first, for they may have been deleted: the next batch meets the error
/// again, if it lasts. Without memory for a bucket, or without its lock, a hash gives up amid a batch (kernel/bpf/hashtab.c).
fn judge(errno: i32, count: u32, most: u32) -> Judged {
    // The kernel sets the count to 0 when it begins. Of these errors it has said none before that.
    let begun = count < most || matches!(errno, libc::EBUSY | libc::EDEADLK | libc::ETIMEDOUT);
    match errno {
        libc::ENOENT => Judged::Found(Found::Entries { count, end: true }),
        libc::ENOSPC => Judged::Found(Found::TooSmall),
        _ if begun && count > 0 => Judged::Found(Found::Entries { count, end: false }),
        libc::EINTR => Judged::Again,
        _ => Judged::Failed,
    }
}

/// A batch that failed after `completed` entries.
pub(crate) struct BatchFailure {
    pub(crate) error: io::Error,
    pub(crate) completed: u32,
    /// The kernel has no such batches for this type of map.
    pub(crate) unsupported: bool,
}

impl MapFd {
    /// How large a cursor is: 4 bytes of a hash table's, else a key.
    pub(crate) fn cursor_size(&self) -> usize {
        self.key_size().max(size_of::<u64>())
    }

    /// How many entries the kernel can count bytes of: it multiplies 32-bit numbers.
    pub(crate) fn most_entries(&self) -> u32 {
        let largest = self.key_size().max(self.value_bytes()).max(1);
        u32::try_from(u32::MAX as usize / largest).unwrap_or(u32::MAX)
    }

    /// `BPF_MAP_LOOKUP_BATCH`, or with `remove` `BPF_MAP_LOOKUP_AND_DELETE_BATCH`: up to `most` entries after `cursor`, or the
    /// first ones. `next` becomes the cursor for what follows.
    pub(crate) fn lookup_batch(
        &self,
        remove: bool,
        cursor: Option<&[u8]>,
        next: &mut [u8],
        (keys, values): (&Room<'_>, &Room<'_>),
        (most, flags): (u32, u32),
    ) -> Result<Found, BatchFailure> {
        let size = self.cursor_size();
        check(cursor.is_none_or(|cursor| cursor.len() >= size) && next.len() >= size)?;
        self.check_room(keys.length, values.length, most)?;
        let command = if remove {
            bpf_cmd::BPF_MAP_LOOKUP_AND_DELETE_BATCH
        } else {
            bpf_cmd::BPF_MAP_LOOKUP_BATCH
        };
        let mut batch = Batch {
            after: cursor.map_or(0, |cursor| cursor.as_ptr() as u64),
            next: next.as_mut_ptr() as u64,
            keys: keys.start as u64,
            values: values.start as u64,
            count: most,
            flags,
        };
        for _ in 0..RETRIES {
            batch.count = most;
            // SAFETY: the cursors are as large as any, the buffers have room for `most` entries of this map.
            let result = unsafe { self.batch(command, &mut batch) };
            let count = batch.count.min(most);
            let Err(error) = result else {
                return Ok(Found::Entries { count, end: false });
            };
            match judge(error.raw_os_error().unwrap_or_default(), count, most) {
                Judged::Found(found) => return Ok(found),
                Judged::Again => {}
                Judged::Failed => return Err(BatchFailure::of(error, &batch, most)),
            }
        }
        Err(io::Error::from_raw_os_error(libc::EINTR).into())
    }

    /// `BPF_MAP_UPDATE_BATCH`: writes `count` entries.
    pub(crate) fn update_batch(
        &self,
        keys: &[u8],
        values: &[u8],
        count: u32,
        flags: u32,
    ) -> Result<(), BatchFailure> {
        self.check_room(keys.len(), values.len(), count)?;
        let mut done = 0;
        while done < count {
            let part = (count - done).min(self.most_entries());
            let mut batch = Batch {
                after: 0,
                next: 0,
                keys: keys.as_ptr() as u64 + self.bytes_of_keys(done),
                values: values.as_ptr() as u64 + self.bytes_of_values(done),
                count: part,
                flags,
            };
            // SAFETY: `part` entries of this map lie behind both pointers.
            unsafe { self.batch(bpf_cmd::BPF_MAP_UPDATE_BATCH, &mut batch) }
                .map_err(|error| BatchFailure::of(error, &batch, part).after(done))?;
            done += part;
        }
        Ok(())
    }

    /// `BPF_MAP_DELETE_BATCH`: deletes `count` keys, and tells how many of them there were. The kernel stops at the first
    /// that is not there: it is asked again for those behind.
    pub(crate) fn delete_batch(&self, keys: &[u8], count: u32) -> Result<u32, BatchFailure> {
        self.check_room(keys.len(), usize::MAX, count)?;
        let (mut done, mut deleted) = (0, 0);
        while done < count {
            let part = (count - done).min(self.most_entries());
            let mut batch = Batch {
                after: 0,
                next: 0,
                keys: keys.as_ptr() as u64 + self.bytes_of_keys(done),
                values: 0,
                count: part,
                flags: 0,
            };
            // SAFETY: `part` keys of this map lie behind the pointer.
            let result = unsafe { self.batch(bpf_cmd::BPF_MAP_DELETE_BATCH, &mut batch) };
            let before = done;
            let existed = match result {
                Ok(()) => part,
                Err(error) => {
                    let failure = BatchFailure::of(error, &batch, part);
                    if failure.error.raw_os_error() != Some(libc::ENOENT) {
                        return Err(failure.after(before));
                    }
                    done += 1;
                    failure.completed
                }
            };
            done += existed;
            deleted += existed;
        }
        Ok(deleted)
    }

    fn check_room(&self, keys: usize, values: usize, count: u32) -> Result<(), BatchFailure> {
        check(self.bytes_of_keys(count) <= keys as u64)?;
        check(self.bytes_of_values(count) <= values as u64)
    }

    fn bytes_of_keys(&self, count: u32) -> u64 {
        (self.key_size() as u64).saturating_mul(count.into())
    }

    fn bytes_of_values(&self, count: u32) -> u64 {
        (self.value_bytes() as u64).saturating_mul(count.into())
    }

    /// # Safety
    ///
    /// What `batch` points to is as large as the kernel reads and writes for `batch.count` entries of this map.
    unsafe fn batch(&self, command: bpf_cmd, batch: &mut Batch) -> io::Result<()> {
        let mut attr = zeroed_attr();
        attr.batch.in_batch = batch.after;
        attr.batch.out_batch = batch.next;
        attr.batch.keys = batch.keys;
        attr.batch.values = batch.values;
        attr.batch.count = batch.count;
        attr.batch.map_fd = fd_number(self);
        attr.batch.elem_flags = batch.flags.into();
        // SAFETY: the caller's promise.
        let result = unsafe { bpf(command, &mut attr) };
        // SAFETY: an arm of plain numbers, written above.
        batch.count = unsafe { attr.batch.count };
        result.map(drop)
    }
}

/// What goes into the kernel's attributes; `count` comes back.
struct Batch {
    /// The cursor to begin at; null for the beginning.
    after: u64,
    /// Where the next cursor goes.
    next: u64,
    keys: u64,
    values: u64,
    count: u32,
    flags: u32,
}

impl BatchFailure {
    /// The kernel writes the count when it has begun: the same as before means that nothing was done, for all would be no
    /// failure. An old kernel refuses commands that it does not know so, with EINVAL.
    fn of(error: io::Error, batch: &Batch, asked: u32) -> Self {
        let begun = batch.count < asked;
        let unsupported = match error.raw_os_error() {
            Some(ENOTSUPP) => true,
            Some(libc::EINVAL) => !begun && batch.flags == 0,
            _ => false,
        };
        Self {
            error,
            completed: if begun { batch.count } else { 0 },
            unsupported,
        }
    }

    fn after(mut self, done: u32) -> Self {
        self.completed += done;
        self
    }
}

impl From<io::Error> for BatchFailure {
    fn from(error: io::Error) -> Self {
        Self {
            error,
            completed: 0,
            unsupported: false,
        }
    }
}

/// The callers have looked already, and said it in better words.
fn check(fits: bool) -> Result<(), BatchFailure> {
    if fits {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(libc::EINVAL).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u32 = 8;

    #[test]
    fn what_was_read_before_an_error_is_found() {
        for errno in [libc::ENOMEM, libc::EBUSY, libc::ETIMEDOUT, libc::EINTR] {
            let found = Found::Entries {
                count: 3,
                end: false,
            };
            assert_eq!(judge(errno, 3, MOST), Judged::Found(found), "{errno}");
        }
        for errno in [libc::EBUSY, libc::EDEADLK, libc::ETIMEDOUT] {
            let found = Found::Entries {
                count: MOST,
                end: false,
            };
            assert_eq!(judge(errno, MOST, MOST), Judged::Found(found), "{errno}");
        }
    }

    #[test]
    fn an_error_before_the_first_entry_fails_or_is_tried_again() {
        for errno in [libc::ENOMEM, libc::EBUSY, libc::ETIMEDOUT, libc::EFAULT] {
            assert_eq!(judge(errno, 0, MOST), Judged::Failed, "{errno}");
        }
        // The count is as it was: the kernel has not begun.
        for errno in [libc::EINVAL, libc::EPERM, ENOTSUPP] {
            assert_eq!(judge(errno, MOST, MOST), Judged::Failed, "{errno}");
        }
        for count in [0, MOST] {
            assert_eq!(judge(libc::EINTR, count, MOST), Judged::Again);
        }
    }

    #[test]
    fn the_end_and_a_bucket_that_does_not_fit_are_no_errors() {
        let found = Found::Entries {
            count: 5,
            end: true,
        };
        assert_eq!(judge(libc::ENOENT, 5, MOST), Judged::Found(found));
        assert_eq!(judge(libc::ENOSPC, 0, MOST), Judged::Found(Found::TooSmall));
    }
}
