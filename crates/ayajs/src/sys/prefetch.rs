//! Fetching memory before it is needed.

use std::ptr::NonNull;

/// The size of what the CPU fetches at a time, on most machines.
pub(super) const CACHE_LINE: u64 = 64;

/// Has the CPU fetch the cache line of an address, and does not wait for it. Nothing else happens, whatever the address.
#[cfg(target_arch = "x86_64")]
pub(super) fn prefetch(address: NonNull<u8>) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    // SAFETY: a hint, which reads nothing that the program could see, and never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.as_ptr().cast()) };
}

/// Has the CPU fetch the cache line of an address, and does not wait for it. Nothing else happens, whatever the address.
#[cfg(target_arch = "aarch64")]
pub(super) fn prefetch(address: NonNull<u8>) {
    // SAFETY: a hint, which reads nothing that the program could see, and never faults.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address.as_ptr(), options(nostack, preserves_flags, readonly));
    }
}

/// Nothing: there is no stable way to ask for it here.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn prefetch(_address: NonNull<u8>) {}
