//! Waiting for descriptors: epoll(7), and an event descriptor to end the waiting.

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd},
    ptr,
};

/// A set of descriptors that tell once that they are readable, until they are armed again.
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: the call takes no pointer.
        owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }).map(Self)
    }

    /// Adds a descriptor under a name, not armed.
    pub(crate) fn add(&self, fd: impl AsFd, name: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd.as_fd(), 0, name)
    }

    /// Has [`Self::wait`] give `name` once, when `fd` is or becomes readable.
    pub(crate) fn arm(&self, fd: impl AsFd, name: u64) -> io::Result<()> {
        let events = libc::EPOLLIN | libc::EPOLLONESHOT;
        self.control(
            libc::EPOLL_CTL_MOD,
            fd.as_fd(),
            events.cast_unsigned(),
            name,
        )
    }

    /// Takes a descriptor out. Closing it does not: a duplicate of it would keep it in.
    pub(crate) fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd.as_fd(), 0, 0)
    }

    /// The names of what is readable; waits until something is.
    pub(crate) fn wait(&self, names: &mut Vec<u64>) -> io::Result<()> {
        const AT_ONCE: u8 = 64;
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; AT_ONCE as usize];
        // SAFETY: there is room for as many events as stated.
        let count = unsafe {
            libc::epoll_wait(
                self.0.as_raw_fd(),
                events.as_mut_ptr(),
                i32::from(AT_ONCE),
                -1,
            )
        };
        names.clear();
        if let Ok(count) = usize::try_from(count) {
            names.extend(events.iter().take(count).map(|event| event.u64));
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::Interrupted {
            Ok(())
        } else {
            Err(error)
        }
    }

    fn control(&self, what: i32, fd: BorrowedFd<'_>, events: u32, name: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: name };
        // SAFETY: both descriptors are open, and the event is ours.
        let status =
            unsafe { libc::epoll_ctl(self.0.as_raw_fd(), what, fd.as_raw_fd(), &raw mut event) };
        checked(status)
    }
}

/// A descriptor that is readable once it has been signalled.
pub(crate) struct EventFd(OwnedFd);

impl EventFd {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: the call takes no pointer.
        owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }).map(Self)
    }

    pub(crate) fn signal(&self) -> io::Result<()> {
        let one = 1_u64;
        // SAFETY: eight bytes of ours are read.
        let written = unsafe {
            libc::write(
                self.0.as_raw_fd(),
                ptr::from_ref(&one).cast(),
                size_of::<u64>(),
            )
        };
        if written < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Makes it unreadable again.
    pub(crate) fn reset(&self) {
        let mut count = 0_u64;
        // SAFETY: eight bytes of ours are written.
        let read = unsafe {
            libc::read(
                self.0.as_raw_fd(),
                ptr::from_mut(&mut count).cast(),
                size_of::<u64>(),
            )
        };
        debug_assert!(read > 0 || count == 0);
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn owned(fd: i32) -> io::Result<OwnedFd> {
    checked(fd)?;
    // SAFETY: the kernel has just made it, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn checked(status: i32) -> io::Result<()> {
    if status < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
