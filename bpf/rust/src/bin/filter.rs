//! A filter that explains itself: drops what a cgroup sends to one port, counts by destination, and logs both.
//! Fails open: packets that are no IPv4, or too short for their headers, pass. Minimum kernel: 5.8 (ring buffer).
#![no_std]
#![no_main]

use aya_ebpf::{
    Global,
    btf_maps::HashMap,
    macros::{btf_map, cgroup_skb},
    programs::SkBuffContext,
};
use aya_log_ebpf::{debug, info, warn};

/// TCP and UDP packets to this port are dropped; 0 denies none. Set before the start.
#[unsafe(no_mangle)]
static DENIED_PORT: Global<u16> = Global::new(0);

/// What was sent to one address.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Sent {
    pub packets: u64,
    /// With headers, from the IP header on.
    pub bytes: u64,
    pub denied: u64,
}

/// The destination, an IPv4 address in host order → what was sent there. Written by `egress`.
#[btf_map]
static SENT: HashMap<u32, Sent, 1024> = HashMap::new();

const PASS: i32 = 1;
const DROP: i32 = 0;

const TCP: u8 = 6;
const UDP: u8 = 17;

#[cgroup_skb(egress)]
pub fn egress(ctx: SkBuffContext) -> i32 {
    judge(&ctx).unwrap_or(PASS)
}

fn judge(ctx: &SkBuffContext) -> Option<i32> {
    let first: u8 = ctx.load(0).ok()?;
    if first >> 4 != 4 {
        debug!(ctx, "not IPv4: version {}", first >> 4);
        return None;
    }
    let destination = u32::from_be(ctx.load(16).ok()?);
    let port = destination_port(ctx, first)?;
    let denied = port != 0 && port == DENIED_PORT.load();
    count(destination, ctx.len(), denied);
    if denied {
        warn!(
            ctx,
            "denied {} bytes to {:i}:{}",
            ctx.len(),
            destination,
            port
        );
        return Some(DROP);
    }
    info!(ctx, "{} bytes to {:i}:{}", ctx.len(), destination, port);
    Some(PASS)
}

/// 0 for protocols without ports, and for fragments but the first.
fn destination_port(ctx: &SkBuffContext, first: u8) -> Option<u16> {
    let protocol: u8 = ctx.load(9).ok()?;
    let fragment = u16::from_be(ctx.load(6).ok()?) & 0x1fff;
    if !matches!(protocol, TCP | UDP) || fragment != 0 {
        return Some(0);
    }
    let header = usize::from(first & 0x0f) * 4;
    Some(u16::from_be(ctx.load(header + 2).ok()?))
}

fn count(destination: u32, bytes: u32, denied: bool) {
    if SENT.get_ptr_mut(destination).is_none() {
        // Somebody else may have been faster: then it is there.
        let _ = SENT.insert(destination, Sent::default(), 1);
    }
    let Some(sent) = SENT.get_ptr_mut(destination) else {
        return;
    };
    // SAFETY: the kernel keeps the entry for as long as the program runs. Other CPUs may count at the same time, and a
    // count may get lost then: the example lives with that.
    unsafe {
        (*sent).packets += 1;
        (*sent).bytes += u64::from(bytes);
        (*sent).denied += u64::from(denied);
    }
}

ayajs_rust_programs::object!();
