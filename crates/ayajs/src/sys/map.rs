//! Maps as bytes.

use std::{
    io,
    os::fd::{AsRawFd as _, OwnedFd, RawFd},
};

use aya_obj::generated::{bpf_cmd, bpf_map_info, bpf_map_type};

use super::{addr_of, bpf, fd_number, object_info, zeroed_attr};

/// A map's descriptor, and the sizes that the kernel reads and writes through it.
pub(crate) struct MapFd {
    fd: OwnedFd,
    info: bpf_map_info,
    value_bytes: usize,
}

impl MapFd {
    /// Asks the kernel what `fd` is. `cpus` is the number of possible CPUs, for each of which per-CPU maps hold a value.
    pub(crate) fn new(fd: OwnedFd, cpus: usize) -> io::Result<Self> {
        let info: bpf_map_info = object_info(&fd)?;
        let value_size = info.value_size as usize;
        let value_bytes = if is_per_cpu(info.type_) {
            value_size.next_multiple_of(8).saturating_mul(cpus)
        } else {
            value_size
        };
        Ok(Self {
            fd,
            info,
            value_bytes,
        })
    }

    pub(crate) fn info(&self) -> &bpf_map_info {
        &self.info
    }

    pub(crate) fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// `BPF_MAP_LOOKUP_ELEM`: the value of `key`, of all CPUs where the map is per CPU; `None` when there is no such key.
    pub(crate) fn lookup(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.check_key(key)?;
        let mut value = vec![0_u8; self.value_bytes];
        let mut attr = zeroed_attr();
        // SAFETY: writing `Copy` arms of a union of plain data.
        let element = unsafe { &mut attr.__bindgen_anon_2 };
        element.map_fd = fd_number(&self.fd);
        element.key = key_address(Some(key));
        element.__bindgen_anon_1.value = addr_of(&mut value);
        // SAFETY: the key has been checked, the value is as large as the kernel's for this map.
        let found = found(unsafe { bpf(bpf_cmd::BPF_MAP_LOOKUP_ELEM, &mut attr) })?;
        Ok(found.then_some(value))
    }

    /// `BPF_MAP_GET_NEXT_KEY`: the key after `key`, or the first one; `None` at the end.
    pub(crate) fn next_key(&self, key: Option<&[u8]>) -> io::Result<Option<Vec<u8>>> {
        if let Some(key) = key {
            self.check_key(key)?;
        }
        let mut next = vec![0_u8; self.info.key_size as usize];
        let mut attr = zeroed_attr();
        // SAFETY: writing `Copy` arms of a union of plain data.
        let element = unsafe { &mut attr.__bindgen_anon_2 };
        element.map_fd = fd_number(&self.fd);
        element.key = key_address(key);
        element.__bindgen_anon_1.next_key = addr_of(&mut next);
        // SAFETY: both keys are as large as the kernel's for this map.
        let found = found(unsafe { bpf(bpf_cmd::BPF_MAP_GET_NEXT_KEY, &mut attr) })?;
        Ok(found.then_some(next))
    }

    fn check_key(&self, key: &[u8]) -> io::Result<()> {
        if key.len() == self.info.key_size as usize {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(libc::EINVAL))
        }
    }
}

fn found(result: io::Result<i64>) -> io::Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
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

/// Maps without keys (queues, stacks) want a null pointer.
fn key_address(key: Option<&[u8]>) -> u64 {
    key.filter(|key| !key.is_empty())
        .map_or(0, |key| key.as_ptr() as u64)
}
