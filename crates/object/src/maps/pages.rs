//! Ring buffers consist of pages, of whatever size these are on the machine.

/// The size of a ring buffer that is stated as `bytes`: the next power of two of pages, as libbpf has it. aya knows that of
/// those which programs write and that are in no map. None when it is one already.
pub(super) fn whole_pages(bytes: Option<u32>, page_size: u32) -> Option<u32> {
    let bytes = bytes.filter(|bytes| *bytes > 0)?;
    let pages = bytes
        .div_ceil(page_size.max(1))
        .checked_next_power_of_two()?;
    let whole = pages.checked_mul(page_size)?;
    (whole != bytes && whole <= super::MAX_NUMBER).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_to_a_power_of_two_of_pages() {
        for (bytes, page_size, expected) in [
            (Some(5000), 4096, Some(8192)),
            (Some(4096), 16384, Some(16384)),
            (Some(40_000), 16384, Some(65536)),
            (Some(65536), 65536, None),
            (Some(0), 4096, None),
            (None, 4096, None),
            (Some(u32::MAX), 4096, None),
        ] {
            assert_eq!(whole_pages(bytes, page_size), expected, "{bytes:?}");
        }
    }
}
