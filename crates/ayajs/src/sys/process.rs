//! What this process may do, and on what machine it runs.

use std::{
    io,
    mem::MaybeUninit,
    os::fd::{FromRawFd as _, OwnedFd, RawFd},
    time::Duration,
};

use aya::util::KernelVersion;

/// The effective capabilities of the calling thread, one bit each (capabilities(7)).
pub(crate) fn effective_capabilities() -> io::Result<u64> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Data {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    const VERSION_3: u32 = 0x2008_0522;

    let mut header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let mut data = [Data::default(); 2];
    // SAFETY: version 3 reads one header and writes two data structs, as laid out in linux/capability.h.
    let status = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr()) };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    let [low, high] = data;
    Ok(u64::from(low.effective) | (u64::from(high.effective) << 32))
}

/// Has `work` done when the process exits, on the thread that has it exit.
pub(crate) fn at_exit(work: extern "C" fn()) {
    // SAFETY: the function takes nothing, and stays: the addon is never unloaded.
    let status = unsafe { libc::atexit(work) };
    debug_assert_eq!(status, 0);
}

/// The size of a page of memory in bytes.
pub(crate) fn page_size() -> u32 {
    // SAFETY: sysconf takes no pointer.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u32::try_from(size).unwrap_or(4096)
}

/// Lifts `RLIMIT_MEMLOCK` where the kernel counts memory of maps against it (before 5.11) and it is limited. Tells whether
/// there is reason to try again.
pub(crate) fn lift_memlock_limit() -> bool {
    let counted =
        KernelVersion::current().is_ok_and(|kernel| kernel < KernelVersion::new(5, 11, 0));
    counted && set_memlock_limit(libc::RLIM_INFINITY)
}

/// False when the limit is this already, or may not be set.
fn set_memlock_limit(limit: libc::rlim_t) -> bool {
    let mut old = MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: the pointer is to limits of ours.
    if unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, old.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: zeroed, then filled by the call above.
    let old = unsafe { old.assume_init() };
    let new = libc::rlimit {
        rlim_cur: limit,
        rlim_max: limit,
    };
    // SAFETY: as above; setrlimit only reads.
    old.rlim_cur != limit && unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const new) } == 0
}

/// Time since boot, suspend included: the clock of `bpf_prog_info.load_time`.
pub(crate) fn since_boot() -> io::Result<Duration> {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the pointer is to a timespec of ours.
    if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, time.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed, then filled by the call above.
    let time = unsafe { time.assume_init() };
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or(0));
    Ok(seconds + Duration::from_nanos(time.tv_nsec.try_into().unwrap_or(0)))
}

/// A descriptor of our own of what a number from JavaScript stands for; EBADF when it stands for nothing.
pub(crate) fn duplicate(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl takes any number, and this command no pointer.
    let fd = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made it, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
