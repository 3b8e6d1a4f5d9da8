//! Maps as bytes.

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

use aya_obj::generated::{bpf_cmd, bpf_map_info, bpf_map_type};

use super::{bpf, bpf_fd, fd_number, lift_memlock_limit, object_info, zeroed_attr};

/// A descriptor that may have several holders: the last one closes it.
pub(crate) type Descriptor = Arc<dyn AsFd + Send + Sync>;

/// A map's descriptor, and the sizes that the kernel reads and writes through it.
pub(crate) struct MapFd {
    /// The number of `fd` for whoever must not use it for longer than this lives.
    number: Arc<AtomicI32>,
    fd: Descriptor,
    info: bpf_map_info,
    cpus: usize,
}

impl MapFd {
    /// Asks the kernel what `fd` is. `cpus` is the number of possible CPUs, for each of which per-CPU maps hold a value.
    pub(crate) fn new(fd: Descriptor, cpus: usize) -> io::Result<Self> {
        let info: bpf_map_info = object_info(&fd)?;
        Ok(Self {
            number: Arc::new(AtomicI32::new(fd.as_fd().as_raw_fd())),
            cpus: if is_per_cpu(info.type_) { cpus } else { 1 },
            fd,
            info,
        })
    }

    /// The same map with a descriptor of its own.
    pub(crate) fn duplicate(&self) -> io::Result<Self> {
        let fd = self.as_fd().try_clone_to_owned()?;
        Ok(Self {
            number: Arc::new(AtomicI32::new(fd.as_raw_fd())),
            fd: Arc::new(fd),
            info: self.info,
            cpus: self.cpus,
        })
    }

    /// The number of the descriptor; -1 as soon as this is dropped.
    pub(super) fn number(&self) -> &Arc<AtomicI32> {
        &self.number
    }

    pub(crate) fn key_size(&self) -> usize {
        self.info.key_size as usize
    }

    /// The size of an element's value: of all possible CPUs where the map is per CPU.
    pub(crate) fn value_bytes(&self) -> usize {
        let value_size = self.info.value_size as usize;
        if self.is_per_cpu() {
            value_size.next_multiple_of(8).saturating_mul(self.cpus)
        } else {
            value_size
        }
    }

    pub(crate) fn is_per_cpu(&self) -> bool {
        is_per_cpu(self.info.type_)
    }

    /// How many values an element has: one, or one for each possible CPU.
    pub(crate) fn cpus(&self) -> usize {
        self.cpus
    }

    pub(crate) fn info(&self) -> &bpf_map_info {
        &self.info
    }

    pub(crate) fn raw(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl AsFd for MapFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for MapFd {
    /// Before the descriptor is closed, and its number can come to name something else.
    fn drop(&mut self) {
        self.number.store(-1, Ordering::Release);
    }
}

/// What a new map is to be.
pub(crate) struct NewMap {
    pub(crate) map_type: u32,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) max_entries: u32,
    pub(crate) map_flags: u32,
    pub(crate) map_extra: u64,
    pub(crate) name: [libc::c_char; 16],
    /// Where its memory lies, with `BPF_F_NUMA_NODE`.
    pub(crate) numa_node: u32,
}

/// The types of a map's keys and values, in the BTF that they are of.
pub(crate) struct MapTypes {
    pub(crate) btf: OwnedFd,
    pub(crate) key: u32,
    pub(crate) value: u32,
}

/// `BPF_MAP_CREATE`. Before Linux 5.11 memory of maps counts against `RLIMIT_MEMLOCK`: as aya does, that limit is lifted
/// for this process, once it is in the way.
pub(crate) fn map_create(
    new: &NewMap,
    inner: Option<BorrowedFd<'_>>,
    types: Option<&MapTypes>,
) -> io::Result<OwnedFd> {
    match try_create(new, inner, types) {
        Err(error) if error.raw_os_error() == Some(libc::EPERM) && lift_memlock_limit() => {
            try_create(new, inner, types)
        }
        result => result,
    }
}

fn try_create(
    new: &NewMap,
    inner: Option<BorrowedFd<'_>>,
    types: Option<&MapTypes>,
) -> io::Result<OwnedFd> {
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let create = unsafe { &mut attr.__bindgen_anon_1 };
    create.map_type = new.map_type;
    create.key_size = new.key_size;
    create.value_size = new.value_size;
    create.max_entries = new.max_entries;
    create.map_flags = new.map_flags;
    create.map_extra = new.map_extra;
    create.map_name = new.name;
    create.numa_node = new.numa_node;
    create.inner_map_fd = inner.map_or(0, |inner| fd_number(&inner));
    if let Some(types) = types {
        create.btf_fd = fd_number(&types.btf);
        create.btf_key_type_id = types.key;
        create.btf_value_type_id = types.value;
    }
    // SAFETY: the attributes hold no pointer, and the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_MAP_CREATE, &mut attr) }
}

/// `BPF_MAP_FREEZE`: user space may change the map no more.
pub(crate) fn map_freeze(map: &impl AsFd) -> io::Result<()> {
    let mut attr = zeroed_attr();
    attr.__bindgen_anon_2.map_fd = fd_number(map);
    // SAFETY: the attributes hold no pointer.
    unsafe { bpf(bpf_cmd::BPF_MAP_FREEZE, &mut attr) }?;
    Ok(())
}

fn is_per_cpu(map_type: u32) -> bool {
    [
        bpf_map_type::BPF_MAP_TYPE_PERCPU_HASH,
        bpf_map_type::BPF_MAP_TYPE_PERCPU_ARRAY,
        bpf_map_type::BPF_MAP_TYPE_LRU_PERCPU_HASH,
        bpf_map_type::BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED,
    ]
    .iter()
    .any(|per_cpu| *per_cpu as u32 == map_type)
}
