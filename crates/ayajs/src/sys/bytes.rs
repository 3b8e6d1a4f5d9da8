//! Bytes and numbers of JavaScript that the addon writes to.

use napi::bindgen_prelude::{Uint8ArraySlice, Uint32ArraySlice};

/// The bytes, for the length of one call on the JavaScript thread.
pub(crate) fn js_bytes_mut<'a>(slice: &'a mut Uint8ArraySlice<'_>) -> &'a mut [u8] {
    // SAFETY: no JavaScript runs meanwhile, so that nothing moves, detaches or reads them.
    unsafe { slice.as_mut() }
}

/// The numbers, for the length of one call on the JavaScript thread; none where they share memory with `bytes`, which is
/// taken in the same call.
pub(crate) fn js_numbers_mut<'a>(
    slice: &'a mut Uint32ArraySlice<'_>,
    bytes: &[u8],
) -> Option<&'a mut [u32]> {
    let (mine, other) = (slice.as_ptr_range(), bytes.as_ptr_range());
    if mine.start.cast() < other.end && other.start < mine.end.cast() {
        return None;
    }
    // SAFETY: as above, and nobody else has them.
    Some(unsafe { slice.as_mut() })
}
