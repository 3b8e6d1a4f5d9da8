//! Key and value of the measured maps, and the data of all rows.

use aya::Pod;

/// How many entries `flows` and `doomed` have.
pub const ENTRIES: u32 = 65_536;
pub const CPU_ENTRIES: u32 = 4_096;
pub const TOTALS: u32 = 1_024;

/// Different keys of one measurement.
pub const SAMPLES: usize = 1_024;
/// From one of them to the next: odd, so that none comes twice.
const STEP: usize = 61;

/// All but the protocol in network byte order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FlowKey {
    pub saddr: u32,
    pub daddr: u32,
    pub sport: u16,
    pub dport: u16,
    pub protocol: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Flow {
    pub packets: u64,
    pub bytes: u64,
    pub first_seen_ns: u64,
    pub flags: u32,
    pub mark: u32,
}

// SAFETY: `repr(C)`, integers only, and no padding.
unsafe impl Pod for FlowKey {}
// SAFETY: `repr(C)`, integers only, and no padding.
unsafe impl Pod for Flow {}

impl FlowKey {
    pub fn new(number: u32) -> Self {
        let port = 1024 + number % 50_000;
        Self {
            saddr: (0x0a00_0000 + number).to_be(),
            daddr: 0xc0a8_0001_u32.to_be(),
            sport: u16::try_from(port).unwrap_or(0).to_be(),
            dport: 443_u16.to_be(),
            protocol: 6,
        }
    }
}

impl Flow {
    pub fn new(number: u32) -> Self {
        Self {
            packets: u64::from(number) + 1,
            bytes: (u64::from(number) + 1) * 1500,
            first_seen_ns: 1_700_000_000_000_000_000 + u64::from(number),
            flags: 1,
            mark: number % 256,
        }
    }
}

/// What single operations use, close together, as that of a program at work is.
pub fn samples<T: Copy>(all: &[T], entries: usize) -> Vec<T> {
    (0..SAMPLES).map(|i| all[i * STEP % entries]).collect()
}
