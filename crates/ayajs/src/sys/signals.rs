//! Work that no signal interrupts.

use std::{marker::PhantomData, mem::MaybeUninit, ptr};

/// What the thread itself may cause: held back, it would end the process, or hang.
const FAULTS: [libc::c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
];

/// Runs `work` with all signals of this thread held back: the verifier gives up with EAGAIN as soon as one is pending
/// (`do_check` of kernel/bpf/verifier.c), a repeated test run with EINTR, and profilers send one each millisecond. They
/// arrive afterwards; those for the whole process go to another thread.
///
/// What is no signal to us interrupts all the same: a stop, the freezer, task work (`TWA_SIGNAL`) and glibc's own.
pub(crate) fn without_signals<T>(work: impl FnOnce() -> T) -> T {
    let _held = Held::new();
    work()
}

/// The signals that were held back before, by the thread that it is dropped on.
struct Held {
    before: Option<libc::sigset_t>,
    of_this_thread: PhantomData<*const ()>,
}

impl Held {
    fn new() -> Self {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: it writes a set of ours.
        unsafe { libc::sigfillset(all.as_mut_ptr()) };
        for fault in FAULTS {
            // SAFETY: the set has been filled, and the number is a signal.
            unsafe { libc::sigdelset(all.as_mut_ptr(), fault) };
        }
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: both sets are ours; the first is initialised.
        let status =
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
        Self {
            // SAFETY: written by the call, which has succeeded.
            before: (status == 0).then(|| unsafe { before.assume_init() }),
            of_this_thread: PhantomData,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // SAFETY: the set is initialised; the old one is not asked for.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn is_held(signal: libc::c_int) -> bool {
        let mut now = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: without a new set, it only writes the present one.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), now.as_mut_ptr()) };
        // SAFETY: written by the call.
        unsafe { libc::sigismember(now.as_ptr(), signal) == 1 }
    }

    #[test]
    fn signals_are_held_back_during_the_work_except_faults() {
        let during = [libc::SIGPROF, libc::SIGUSR2, libc::SIGSEGV];
        let held = without_signals(|| during.map(is_held));
        assert_eq!(held, [true, true, false]);
        assert!(!is_held(libc::SIGPROF));
    }

    #[test]
    fn what_was_held_back_before_stays_so_also_when_calls_are_nested() {
        without_signals(|| {
            without_signals(|| ());
            assert!(is_held(libc::SIGPROF));
        });
        assert!(!is_held(libc::SIGPROF));
    }

    #[test]
    fn a_panic_lets_signals_through_again() {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            without_signals(|| panic!("on purpose"))
        }));
        assert!(outcome.is_err());
        assert!(!is_held(libc::SIGPROF));
    }
}
