//! Maps, records and global variables whose types are in the object: BTF maps, which a build with debugging information has.
#![no_std]
#![no_main]

use aya_ebpf::{
    Global,
    btf_maps::{Array, HashMap, LpmTrie, PerCpuArray, RingBuf, lpm_trie::Key},
    macros::{btf_map, cgroup_skb},
    programs::SkBuffContext,
};

#[repr(u32)]
#[derive(Clone, Copy)]
pub enum Verdict {
    Pass = 1,
    Drop = 2,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct FlowKey {
    pub destination: [u8; 4],
    pub port: u16,
    pub protocol: u8,
    pub is_reply: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Flow {
    pub packets: u64,
    pub balance: i32,
    pub verdict: Verdict,
    pub ratio: f64,
}

#[repr(C)]
pub struct Event {
    pub key: FlowKey,
    pub length: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Limits {
    pub packets: u32,
    pub rate: f32,
}

#[btf_map]
static FLOWS: HashMap<FlowKey, Flow, 64> = HashMap::new();
#[btf_map]
static SUMS: Array<u64, 4> = Array::new();
#[btf_map]
static PER_CPU: PerCpuArray<u64, 2> = PerCpuArray::new();
#[btf_map]
static ROUTES: LpmTrie<[u8; 4], u32, 8> = LpmTrie::new();
#[btf_map]
static EVENTS: RingBuf<Event, 4096> = RingBuf::new();

#[unsafe(no_mangle)]
static STEP: Global<u64> = Global::new(1);
#[unsafe(no_mangle)]
static ENABLED: Global<bool> = Global::new(true);
#[unsafe(no_mangle)]
static LIMITS: Global<Limits> = Global::new(Limits {
    packets: 10,
    rate: 0.5,
});
#[unsafe(no_mangle)]
static mut RUNS: u64 = 0;
#[unsafe(no_mangle)]
static mut LAST: u32 = 7;

#[cgroup_skb(egress)]
pub fn record(ctx: SkBuffContext) -> i32 {
    if !ENABLED.load() {
        return 1;
    }
    let length = ctx.len();
    let key = FlowKey {
        destination: [10, 0, 0, 1],
        port: 443,
        protocol: 6,
        is_reply: true,
    };
    let limits = LIMITS.load();
    let verdict = if length > limits.packets {
        Verdict::Drop
    } else {
        Verdict::Pass
    };
    let flow = Flow {
        packets: STEP.load(),
        balance: -5,
        verdict,
        ratio: 0.25,
    };
    let _ = FLOWS.insert(key, flow, 0);
    let _ = ROUTES.insert(&Key::new(24, [10, 0, 0, 0]), length, 0);
    let _ = EVENTS.output(Event { key, length }, 0);
    // SAFETY: elements of arrays stay where they are, and global variables too; the test runs it on one CPU at a time.
    unsafe {
        RUNS += 1;
        LAST = length;
        if let Some(sum) = SUMS.get_ptr_mut(1) {
            *sum += STEP.load();
        }
        if let Some(sum) = PER_CPU.get_ptr_mut(1) {
            *sum += STEP.load();
        }
    }
    1
}

ayajs_rust_programs::object!();
