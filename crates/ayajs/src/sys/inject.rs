//! Maps that take the place of others.

use std::{
    io,
    os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
};

use aya_obj::generated::bpf_cmd;

use super::{Ids, addr_of, bpf, fd_number, zeroed_attr};

/// dup3(2): the number of `place` stands for `given` from now on, and what it stood for is closed. Whoever owns `place`
/// owns the duplicate.
pub(crate) fn take_over(given: BorrowedFd<'_>, place: BorrowedFd<'_>) -> io::Result<()> {
    loop {
        // SAFETY: both are open, and the owner of `place` holds a descriptor before and after.
        let result = unsafe { libc::dup3(given.as_raw_fd(), place.as_raw_fd(), libc::O_CLOEXEC) };
        if result >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        // EBUSY: in a race with open(2), says dup(2).
        if !matches!(error.raw_os_error(), Some(libc::EINTR | libc::EBUSY)) {
            return Err(error);
        }
    }
}

/// `BPF_MAP_LOOKUP_ELEM` of element 0 of an array of one. `value` is as large as the map's values are.
pub(crate) fn read_variables(map: BorrowedFd<'_>, value: &mut [u8]) -> io::Result<()> {
    let key = 0_u32;
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let element = unsafe { &mut attr.__bindgen_anon_2 };
    element.map_fd = fd_number(&map);
    element.key = (&raw const key) as u64;
    element.__bindgen_anon_1.value = addr_of(value);
    // SAFETY: the caller has made `value` as large as the kernel says; the key is 32 bits.
    unsafe { bpf(bpf_cmd::BPF_MAP_LOOKUP_ELEM, &mut attr) }?;
    Ok(())
}

/// `BPF_MAP_UPDATE_ELEM` of element 0 of an array, which global variables are kept in. `value` is the whole of it.
pub(crate) fn write_variables(map: BorrowedFd<'_>, value: &[u8]) -> io::Result<()> {
    let key = 0_u32;
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let element = unsafe { &mut attr.__bindgen_anon_2 };
    element.map_fd = fd_number(&map);
    element.key = (&raw const key) as u64;
    element.__bindgen_anon_1.value = value.as_ptr() as u64;
    // SAFETY: aya has made this map for the section, whose size is that of `value`; its key is 32 bits.
    unsafe { bpf(bpf_cmd::BPF_MAP_UPDATE_ELEM, &mut attr) }?;
    Ok(())
}

/// `BPF_MAP_UPDATE_ELEM` of a map or an array of programs: what is at `index` is `held` from now on.
pub(crate) fn hold(map: BorrowedFd<'_>, index: u32, held: BorrowedFd<'_>) -> io::Result<()> {
    let value = fd_number(&held);
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let element = unsafe { &mut attr.__bindgen_anon_2 };
    element.map_fd = fd_number(&map);
    element.key = (&raw const index) as u64;
    element.__bindgen_anon_1.value = (&raw const value) as u64;
    // SAFETY: such a map has keys of 32 bits, which the caller has made sure of, and values of 32.
    unsafe { bpf(bpf_cmd::BPF_MAP_UPDATE_ELEM, &mut attr) }?;
    Ok(())
}

/// One of the maps that a map of maps holds; `None` when it is empty, or that map is just being freed.
pub(crate) fn first_inner_map(map: BorrowedFd<'_>, key_size: usize) -> io::Result<Option<OwnedFd>> {
    let mut key = vec![0_u8; key_size];
    let mut last: Option<Vec<u8>> = None;
    // The slots of an array have keys, filled or not.
    for _ in 0..MAX_SLOTS {
        let mut attr = zeroed_attr();
        // SAFETY: writing `Copy` arms of a union of plain data.
        let element = unsafe { &mut attr.__bindgen_anon_2 };
        element.map_fd = fd_number(&map.as_fd());
        element.key = last.as_ref().map_or(0, |key| key.as_ptr() as u64);
        element.__bindgen_anon_1.next_key = addr_of(&mut key);
        // SAFETY: both keys are `key_size` bytes large.
        if absent(unsafe { bpf(bpf_cmd::BPF_MAP_GET_NEXT_KEY, &mut attr) })? {
            return Ok(None);
        }
        if let Some(id) = inner_id(map, &key)? {
            return match Ids::Maps.open(id) {
                Ok(fd) => Ok(Some(fd)),
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
                // Whoever may not open maps by id is not kept from using this one.
                Err(error) if error.raw_os_error() == Some(libc::EPERM) => Ok(None),
                Err(error) => Err(error),
            };
        }
        last = Some(key.clone());
    }
    Ok(None)
}

/// How many empty slots are looked at.
const MAX_SLOTS: usize = 256;

/// Looked up from user space, a map of maps gives ids.
fn inner_id(map: BorrowedFd<'_>, key: &[u8]) -> io::Result<Option<u32>> {
    let mut id = [0_u32; 1];
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let element = unsafe { &mut attr.__bindgen_anon_2 };
    element.map_fd = fd_number(&map);
    element.key = key.as_ptr() as u64;
    element.__bindgen_anon_1.value = addr_of(&mut id);
    // SAFETY: the key is as large as the map's, and values of maps of maps are 32 bits.
    let absent = absent(unsafe { bpf(bpf_cmd::BPF_MAP_LOOKUP_ELEM, &mut attr) })?;
    let [id] = id;
    Ok((!absent).then_some(id))
}

fn absent(result: io::Result<i64>) -> io::Result<bool> {
    match result {
        Ok(_) => Ok(false),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(true),
        Err(error) => Err(error),
    }
}
