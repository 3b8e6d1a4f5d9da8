//! The native half of ayajs: aya as a Node-API addon. Convert, call aya or bpf(2), convert back; no policy.
//!
//! **Ownership.** Every descriptor and every open object belongs to the [`registry`] of its environment (the main thread,
//! or one worker). JavaScript objects hold weak references: garbage collection closes and detaches nothing, the end
//! of the environment releases everything.
//!
//! **Threads.** Objects are used on the thread of their environment; `…Async` work runs on libuv's pool and holds its
//! object strongly while it runs. The JavaScript thread never waits for a lock: it throws `ERR_EBPF_BUSY`.
//!
//! **Panics.** Whatever is exported runs inside [`guard`], so that a panic becomes `ERR_EBPF_INTERNAL`.

// Under test napi registers nothing, and what only JavaScript calls looks unused.
#![cfg_attr(test, allow(dead_code, reason = "called from JavaScript"))]

mod args;
mod btf;
mod cgroup_query;
mod ebpf;
mod error;
mod events;
mod failure;
mod features;
mod guard;
mod inject;
mod kernel;
mod kernel_version;
mod links;
mod loader;
mod map_defects;
mod maps;
mod object_maps;
mod open;
mod pins;
mod planned_maps;
mod programs;
mod registry;
mod shape;
mod source;
mod stats;
#[expect(
    unsafe_code,
    reason = "bpf(2) takes raw pointers and hands out raw descriptors"
)]
mod sys;
mod variables;
