//! What every object needs once: the licence that it tells the kernel, and a handler of panics that cannot happen.
#![no_std]

/// The licence, as the kernel reads it, and a panic handler: a panic that the compiler cannot rule out is an endless loop,
/// which the verifier refuses.
#[macro_export]
macro_rules! object {
    () => {
        #[unsafe(link_section = "license")]
        #[unsafe(no_mangle)]
        static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo) -> ! {
            loop {}
        }
    };
}
