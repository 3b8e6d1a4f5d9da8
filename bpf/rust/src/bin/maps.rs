//! Maps of many types, declared as aya-ebpf does it by default: in a section called `maps`, which says nothing of types.
#![no_std]
#![no_main]

use aya_ebpf::{
    Global,
    macros::{cgroup_skb, map},
    maps::{
        Array, HashMap, LpmTrie, LruHashMap, PerCpuArray, PerCpuHashMap, Queue, RingBuf, Stack,
        bloom_filter::BloomFilter, lpm_trie::Key,
    },
    programs::SkBuffContext,
};

#[map]
static ARRAY: Array<u64> = Array::with_max_entries(4, 0);
#[map]
static PER_CPU_ARRAY: PerCpuArray<u64> = PerCpuArray::with_max_entries(2, 0);
#[map]
static HASH: HashMap<u32, u64> = HashMap::with_max_entries(16, 0);
#[map]
static LRU_HASH: LruHashMap<u32, u64> = LruHashMap::with_max_entries(16, 0);
#[map]
static PER_CPU_HASH: PerCpuHashMap<u32, u64> = PerCpuHashMap::with_max_entries(16, 0);
#[map(name = "ROUTES")]
static TRIE: LpmTrie<[u8; 4], u32> = LpmTrie::with_max_entries(8, 0);
#[map]
static QUEUE: Queue<u32> = Queue::with_max_entries(8, 0);
#[map]
static STACK: Stack<u32> = Stack::with_max_entries(8, 0);
#[map]
static BLOOM: BloomFilter<u32> = BloomFilter::with_max_entries(64, 0);
#[map]
static EVENTS: RingBuf = RingBuf::with_byte_size(4096, 0);

/// What is added for each packet.
#[unsafe(no_mangle)]
static STEP: Global<u64> = Global::new(1);

/// How often `touch` ran: a variable in `.bss`.
#[unsafe(no_mangle)]
static mut RUNS: u64 = 0;
/// A variable in `.data`.
#[unsafe(no_mangle)]
static mut LAST: u32 = 7;

/// Leaves something in every map: the length of the packet, or one step.
#[cgroup_skb(egress)]
pub fn touch(ctx: SkBuffContext) -> i32 {
    let length = ctx.len();
    let step = STEP.load();
    // SAFETY: elements of arrays stay where they are, and global variables too; the test runs it on one CPU at a time.
    unsafe {
        RUNS += 1;
        LAST = length;
        if let Some(sum) = ARRAY.get_ptr_mut(1) {
            *sum += step;
        }
        if let Some(sum) = PER_CPU_ARRAY.get_ptr_mut(1) {
            *sum += step;
        }
    }
    let _ = HASH.insert(length, step, 0);
    let _ = LRU_HASH.insert(length, step, 0);
    let _ = PER_CPU_HASH.insert(length, step, 0);
    let _ = TRIE.insert(Key::new(24, [10, 0, 0, 0]), length, 0);
    let _ = QUEUE.push(length, 0);
    let _ = STACK.push(length, 0);
    let _ = BLOOM.insert(length, 0);
    let _ = EVENTS.output::<u32>(length, 0);
    1
}

ayajs_rust_programs::object!();
