//! Log lines of every kind of argument with every display hint that it can have, of every level, and a flood.
#![no_std]
#![no_main]

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aya_ebpf::{
    macros::{cgroup_skb, map},
    maps::Array,
    programs::SkBuffContext,
};
use aya_log_ebpf::{debug, error, info, trace, warn};

/// How many lines `flood` has tried to write, at index 0.
#[map]
static TRIED: Array<u64> = Array::with_max_entries(1, 0);

const V4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 1, 1);
const MAPPED: Ipv6Addr = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0x7f00, 1);
const MAC: [u8; 6] = [0x00, 0x1b, 0x5e, 0xfa, 0x53, 0xaf];

#[cgroup_skb]
pub fn log_signed(ctx: SkBuffContext) -> i32 {
    info!(&ctx, "i8 {} {:x} {:X}", -1i8, -1i8, -86i8);
    info!(&ctx, "i16 {} {:x} {:X}", i16::MIN, i16::MIN, -21555i16);
    info!(&ctx, "i32 {} {:x} {:X}", i32::MIN, i32::MIN, -1i32);
    info!(&ctx, "i64 {} {:x} {:X}", i64::MIN, i64::MIN, -1i64);
    info!(&ctx, "isize {} {:x} {:X}", isize::MAX, -2isize, -2isize);
    1
}

#[cgroup_skb]
pub fn log_unsigned(ctx: SkBuffContext) -> i32 {
    info!(&ctx, "u8 {} {:x} {:X}", 0u8, u8::MAX, 0xabu8);
    info!(&ctx, "u16 {} {:x} {:X}", u16::MAX, 0u16, 0xabcdu16);
    info!(&ctx, "u32 {} {:x} {:X}", u32::MAX, u32::MAX, 0xabcdu32);
    info!(
        &ctx,
        "u64 {} {:x} {:X}",
        u64::MAX,
        u64::MAX,
        0xabcdef0123456789u64
    );
    info!(&ctx, "usize {} {:x} {:X}", usize::MAX, 0usize, 0xabcusize);
    1
}

#[cgroup_skb]
pub fn log_floats(ctx: SkBuffContext) -> i32 {
    info!(&ctx, "f32 {} {} {}", 0.1f32, -0.0f32, 16777216.0f32);
    info!(&ctx, "f64 {} {} {}", 0.1f64, 1e21f64, 1e-7f64);
    info!(&ctx, "limits {} {}", f64::NAN, f64::NEG_INFINITY);
    1
}

#[cgroup_skb]
pub fn log_addresses(ctx: SkBuffContext) -> i32 {
    info!(&ctx, "v4 {} {:i}", V4, V4);
    info!(&ctx, "v6 {} {:i}", V6, V6);
    info!(&ctx, "mapped {}", MAPPED);
    info!(&ctx, "any {} {:i}", IpAddr::V4(V4), IpAddr::V4(V4));
    info!(&ctx, "u32 {:i}", 0x0a00_0001u32);
    info!(&ctx, "octets {:i}", V4.octets());
    info!(&ctx, "octets {:i}", V6.octets());
    1
}

#[cgroup_skb]
pub fn log_bytes(ctx: SkBuffContext) -> i32 {
    info!(&ctx, "mac {:mac} {:MAC}", MAC, MAC);
    info!(
        &ctx,
        "bytes {:x} {:X}",
        b"\x01\xab\x00".as_slice(),
        b"\xfe\xed".as_slice()
    );
    info!(&ctx, "no bytes [{:x}]", b"".as_slice());
    info!(&ctx, "str {} and {{}}", "a string with { } and \u{1f41d}");
    info!(&ctx, "{}{}", "one", "two");
    info!(&ctx, "only a literal");
    info!(
        &ctx,
        "pointers {:p} {:p}",
        0xffff_8881_0000_0abcusize as *mut u8,
        core::ptr::null::<u8>()
    );
    1
}

#[cgroup_skb]
pub fn log_levels(ctx: SkBuffContext) -> i32 {
    error!(&ctx, "an error");
    warn!(&ctx, "a warning");
    info!(&ctx, "some information");
    debug!(&ctx, "for debugging");
    trace!(&ctx, target: "other", "a trace");
    1
}

/// One line each time, with its number: what is missing shows.
#[cgroup_skb]
pub fn flood(ctx: SkBuffContext) -> i32 {
    let Some(tried) = TRIED.get_ptr_mut(0) else {
        return 1;
    };
    // SAFETY: elements of an array stay where they are; the test runs it on one CPU at a time.
    let number = unsafe {
        *tried += 1;
        *tried
    };
    info!(&ctx, "line {}", number);
    1
}

ayajs_rust_programs::object!();
