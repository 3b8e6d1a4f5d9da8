//! The only room with raw bpf(2), raw file descriptors, raw Node-API and `unsafe`: one file per subject, each safe to call.

mod js;

use std::{
    ffi::CString,
    io,
    mem::{self, MaybeUninit},
    os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
    time::Duration,
};

pub(crate) use self::js::*;
use aya_obj::generated::{
    bpf_attach_type, bpf_attr, bpf_cmd, bpf_link_info, bpf_map_info, bpf_map_type, bpf_prog_info,
};

/// A struct that `BPF_OBJ_GET_INFO_BY_FD` can fill.
///
/// # Safety
///
/// Implementors are plain `repr(C)` data, for which every bit pattern is valid.
pub(crate) unsafe trait ObjectInfo: Copy {}
// SAFETY: generated from the kernel's headers: integers and arrays of integers.
unsafe impl ObjectInfo for bpf_prog_info {}
// SAFETY: generated from the kernel's headers: integers and arrays of integers.
unsafe impl ObjectInfo for bpf_map_info {}
// SAFETY: generated from the kernel's headers: integers, and a union of such.
unsafe impl ObjectInfo for bpf_link_info {}

/// `BPF_OBJ_GET_INFO_BY_FD`: what the kernel says about a program, map or link.
pub(crate) fn object_info<T: ObjectInfo>(fd: impl AsFd) -> io::Result<T> {
    // SAFETY: `ObjectInfo` promises that zeroes are a valid value.
    let mut info = unsafe { MaybeUninit::<T>::zeroed().assume_init() };
    // SAFETY: no pointer is set in `info`.
    unsafe { fill_object_info(fd, &mut info) }?;
    Ok(info)
}

/// The ids of the maps that a program uses.
pub(crate) fn program_map_ids(fd: impl AsFd, count: u32) -> io::Result<Vec<u32>> {
    let mut ids = vec![0_u32; count as usize];
    // SAFETY: as in `object_info`.
    let mut info = unsafe { MaybeUninit::<bpf_prog_info>::zeroed().assume_init() };
    info.nr_map_ids = count;
    info.map_ids = addr_of(&mut ids);
    // SAFETY: `map_ids` points to `nr_map_ids` numbers of ours.
    unsafe { fill_object_info(fd, &mut info) }?;
    ids.truncate(info.nr_map_ids as usize);
    Ok(ids)
}

/// `BPF_LINK_CREATE` of a program on a cgroup. `cgroup` is a number that came from JavaScript: the kernel checks it.
pub(crate) fn link_create(
    program: impl AsFd,
    cgroup: RawFd,
    attach_type: bpf_attach_type,
) -> io::Result<OwnedFd> {
    let mut attr = zeroed_attr();
    attr.link_create.__bindgen_anon_1.prog_fd = fd_number(&program);
    attr.link_create.__bindgen_anon_2.target_fd = cgroup.cast_unsigned();
    attr.link_create.attach_type = attach_type as u32;
    // SAFETY: the attributes hold no pointer, and the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_LINK_CREATE, &mut attr) }
}

/// `BPF_OBJ_GET`: opens what is pinned at `path`.
pub(crate) fn object_get(path: &CString) -> io::Result<OwnedFd> {
    let mut attr = zeroed_attr();
    attr.__bindgen_anon_4.pathname = path.as_ptr() as u64;
    // SAFETY: `path` is alive and ends in NUL, and the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_OBJ_GET, &mut attr) }
}

/// What `BPF_PROG_TEST_RUN` gave back.
pub(crate) struct TestRun {
    pub(crate) return_value: u32,
    pub(crate) duration_ns: u32,
    pub(crate) data: Vec<u8>,
}

/// `BPF_PROG_TEST_RUN` of a program that takes a packet.
pub(crate) fn test_run(program: impl AsFd, packet: &[u8], repeat: u32) -> io::Result<TestRun> {
    let mut data = vec![0_u8; packet.len()];
    let mut attr = zeroed_attr();
    attr.test.prog_fd = fd_number(&program);
    attr.test.data_in = packet.as_ptr() as u64;
    attr.test.data_size_in = to_u32(packet.len())?;
    attr.test.data_out = addr_of(&mut data);
    attr.test.data_size_out = to_u32(data.len())?;
    attr.test.repeat = repeat;
    // SAFETY: both buffers are alive and as large as their sizes say.
    unsafe { bpf(bpf_cmd::BPF_PROG_TEST_RUN, &mut attr) }?;
    // SAFETY: the kernel has filled this arm.
    let run = unsafe { attr.test };
    data.truncate(run.data_size_out as usize);
    Ok(TestRun {
        return_value: run.retval,
        duration_ns: run.duration,
        data,
    })
}

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

/// The cgroup's id and the attach type in the information of a link of a cgroup.
pub(crate) fn cgroup_of(info: &bpf_link_info) -> (u64, u32) {
    // SAFETY: every arm is plain data; the caller asks about links of cgroups, for which the kernel fills this one.
    let cgroup = unsafe { info.__bindgen_anon_1.cgroup };
    (cgroup.cgroup_id, cgroup.attach_type)
}

/// A name as the kernel stores it: at most 15 bytes, then NUL.
pub(crate) fn kernel_name(name: &[libc::c_char; 16]) -> String {
    let bytes: Vec<u8> = name
        .iter()
        .map(|c| c.to_ne_bytes()[0])
        .take_while(|byte| *byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The effective capabilities of the calling thread, one bit each (capabilities(7)).
pub(crate) fn effective_capabilities() -> io::Result<u64> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Data {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    const VERSION_3: u32 = 0x2008_0522;

    let mut header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let mut data = [Data::default(); 2];
    // SAFETY: version 3 reads one header and writes two data structs, as laid out in linux/capability.h.
    let status = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr()) };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    let [low, high] = data;
    Ok(u64::from(low.effective) | (u64::from(high.effective) << 32))
}

/// The size of a page of memory in bytes.
pub(crate) fn page_size() -> u32 {
    // SAFETY: sysconf takes no pointer.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u32::try_from(size).unwrap_or(4096)
}

/// Time since boot, suspend included: the clock of `bpf_prog_info.load_time`.
pub(crate) fn since_boot() -> io::Result<Duration> {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the pointer is to a timespec of ours.
    if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, time.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed, then filled by the call above.
    let time = unsafe { time.assume_init() };
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or(0));
    Ok(seconds + Duration::from_nanos(time.tv_nsec.try_into().unwrap_or(0)))
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

fn zeroed_attr() -> bpf_attr {
    // SAFETY: a union of plain integers, for which zeroes are valid; the kernel wants unused bytes zero.
    unsafe { mem::zeroed() }
}

fn fd_number(fd: &impl AsFd) -> u32 {
    fd.as_fd().as_raw_fd().cast_unsigned()
}

fn addr_of<T>(buffer: &mut [T]) -> u64 {
    buffer.as_mut_ptr() as u64
}

fn to_u32(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}

/// # Safety
///
/// Every pointer that the caller has set in `info` is valid for the count beside it.
unsafe fn fill_object_info<T: ObjectInfo>(fd: impl AsFd, info: &mut T) -> io::Result<()> {
    let mut attr = zeroed_attr();
    attr.info.bpf_fd = fd_number(&fd);
    attr.info.info_len = to_u32(size_of::<T>())?;
    attr.info.info = (&raw mut *info) as u64;
    // SAFETY: `info` is alive and `info_len` bytes large; its pointers are the caller's promise.
    unsafe { bpf(bpf_cmd::BPF_OBJ_GET_INFO_BY_FD, &mut attr) }?;
    Ok(())
}

/// # Safety
///
/// Every pointer in `attr` is valid for what `command` does with it.
unsafe fn bpf(command: bpf_cmd, attr: &mut bpf_attr) -> io::Result<i64> {
    // SAFETY: `attr` is alive and as large as stated; its pointers are the caller's promise.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command as libc::c_long,
            &raw mut *attr,
            size_of::<bpf_attr>(),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// # Safety
///
/// As [`bpf`], and `command` returns a new descriptor.
unsafe fn bpf_fd(command: bpf_cmd, attr: &mut bpf_attr) -> io::Result<OwnedFd> {
    // SAFETY: the caller's promise.
    let fd = unsafe { bpf(command, attr) }?;
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made it (close-on-exec), and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
