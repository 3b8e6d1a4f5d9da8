//! Running a program on data.

use std::{io, os::fd::AsFd};

use aya_obj::generated::bpf_cmd;

use super::{addr_of, bpf, fd_number, to_u32, zeroed_attr};

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
