//! Whether the kernel takes global variables and BTF from this thread.

use std::{io, os::fd::OwnedFd};

use aya_obj::generated::{BPF_PSEUDO_MAP_VALUE, bpf_cmd, bpf_map_type, bpf_prog_type};

use super::{NewMap, bpf_fd, fd_number, map_create, to_u32, zeroed_attr};

/// How often a command is tried that something has interrupted.
const ATTEMPTS: usize = 100;

/// Why a probe failed: the command, and its error.
pub(crate) type Refusal = (&'static str, io::Error);

/// Makes an array as global variables are kept in, and loads a program that writes to it.
pub(crate) fn probe_global_data() -> Result<(), Refusal> {
    let array = NewMap {
        map_type: bpf_map_type::BPF_MAP_TYPE_ARRAY as u32,
        key_size: 4,
        value_size: 8,
        max_entries: 1,
        map_flags: 0,
        map_extra: 0,
        name: [0; 16],
        numa_node: 0,
    };
    let map =
        insist(|| map_create(&array, None, None)).map_err(|error| ("BPF_MAP_CREATE", error))?;
    insist(|| load_writer(&map)).map_err(|error| ("BPF_PROG_LOAD", error))?;
    Ok(())
}

/// Loads the smallest BTF that there is: one integer.
pub(crate) fn probe_btf() -> Result<(), Refusal> {
    let words = |words: &[u32]| {
        words
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect::<Vec<_>>()
    };
    let magic = 0xeb9f_u16.to_ne_bytes();
    let lengths = words(&[24, 0, 16, 16, 5]); // Of the header; where types and strings begin, and how long they are.
    let int = words(&[1, 1 << 24, 4, (1 << 24) | 32]);
    let btf = [&magic[..], &[1, 0], &lengths, &int, b"\0int\0"].concat();
    insist(|| load_btf(&btf)).map_err(|error| ("BPF_BTF_LOAD", error))?;
    Ok(())
}

fn insist<T>(run: impl Fn() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..ATTEMPTS {
        match run() {
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
            result => return result,
        }
    }
    run()
}

fn load_writer(map: &OwnedFd) -> io::Result<OwnedFd> {
    let map = fd_number(map);
    let pseudo = u8::try_from(BPF_PSEUDO_MAP_VALUE).unwrap_or_default();
    let code = [
        instruction(0x18, 1 | (pseudo << 4), map), // r1 = the map's value
        instruction(0, 0, 0),
        instruction(0x7a, 1, 42), // *(u64 *)(r1 + 0) = 42
        instruction(0xb7, 0, 0),  // r0 = 0
        instruction(0x95, 0, 0),  // exit
    ];
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let load = unsafe { &mut attr.__bindgen_anon_3 };
    load.prog_type = bpf_prog_type::BPF_PROG_TYPE_SOCKET_FILTER as u32;
    load.insn_cnt = to_u32(code.len())?;
    load.insns = code.as_ptr() as u64;
    load.license = c"GPL".as_ptr() as u64;
    // SAFETY: the code and the licence are alive and as long as stated; the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_PROG_LOAD, &mut attr) }
}

/// `struct bpf_insn` without an offset.
fn instruction(opcode: u8, registers: u8, immediate: u32) -> [u8; 8] {
    let registers = if cfg!(target_endian = "big") {
        registers.rotate_left(4)
    } else {
        registers
    };
    let [a, b, c, d] = immediate.to_ne_bytes();
    [opcode, registers, 0, 0, a, b, c, d]
}

fn load_btf(btf: &[u8]) -> io::Result<OwnedFd> {
    let mut attr = zeroed_attr();
    // SAFETY: writing `Copy` arms of a union of plain data.
    let load = unsafe { &mut attr.__bindgen_anon_7 };
    load.btf = btf.as_ptr() as u64;
    load.btf_size = to_u32(btf.len())?;
    // SAFETY: the bytes are alive and as many as stated; the command returns a new descriptor.
    unsafe { bpf_fd(bpf_cmd::BPF_BTF_LOAD, &mut attr) }
}
