//! Which maps have types that the kernel is told.

use super::definition::map_type;

/// Whether aya tells the kernel the types of such maps: there are some that it takes none for.
pub(super) const fn is_told_types(of: u32) -> bool {
    use map_type::{
        ARRAY_OF_MAPS, CGROUP_ARRAY, CPUMAP, DEVMAP, DEVMAP_HASH, HASH_OF_MAPS, PERF_EVENT_ARRAY,
        QUEUE, RINGBUF, SOCKHASH, SOCKMAP, STACK, STACK_TRACE, XSKMAP,
    };
    !matches!(
        of,
        PERF_EVENT_ARRAY
            | CGROUP_ARRAY
            | STACK_TRACE
            | ARRAY_OF_MAPS
            | HASH_OF_MAPS
            | DEVMAP
            | DEVMAP_HASH
            | CPUMAP
            | XSKMAP
            | SOCKMAP
            | SOCKHASH
            | QUEUE
            | STACK
            | RINGBUF
    )
}
