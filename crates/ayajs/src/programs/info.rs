//! What the kernel knows about a loaded program.

use std::{
    os::fd::OwnedFd,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aya_obj::generated::bpf_prog_info;
use napi::{Env, bindgen_prelude::BigInt};
use napi_derive::napi;

use super::table;
use crate::{
    error::{Code, Error, Result},
    failure,
    guard::guard,
    sys::{self, Ids},
};

/// What the kernel knows about a loaded program: `struct bpf_prog_info`, in the names of aya's `ProgramInfo`.
#[napi(object)]
pub struct ProgramInfo {
    /// The kernel's type, in aya's spelling: `CgroupSkb`, `Xdp`, …
    pub program_type: String,
    /// The program's id in the kernel, as `bpftool prog show id` takes it.
    pub id: u32,
    /// The SHA hash over the instructions, 16 hexadecimal digits as bpftool prints them.
    pub tag: String,
    /// The name, which the kernel cuts to 15 bytes.
    pub name: String,
    /// The size of the machine code in bytes; 0 when the program is interpreted.
    pub size_jitted: u32,
    /// The size of the verified instructions in bytes; `null` when the kernel hides them.
    pub size_translated: Option<u32>,
    /// When the program was loaded, in milliseconds since 1970.
    pub loaded_at_ms: f64,
    /// Who loaded it.
    pub created_by_uid: u32,
    /// The ids of the maps that it uses.
    pub map_ids: Vec<u32>,
    /// Whether its licence is compatible with the GPL.
    pub gpl_compatible: bool,
    /// The id of its BTF; `null` without one.
    pub btf_id: Option<u32>,
    /// Nanoseconds spent in the program, counted while statistics are on.
    pub run_time_ns: BigInt,
    /// How often it ran, counted while statistics are on.
    pub run_count: BigInt,
    /// How many instructions the verifier looked at; `null` on kernels that do not say (before 5.16).
    pub verified_instruction_count: Option<u32>,
}

impl ProgramInfo {
    pub(super) fn of(fd: &OwnedFd) -> Result<Self> {
        let failed = |error: std::io::Error| {
            let message = format!("cannot get the information of the program: {error}");
            failure::permission(Error::command(
                Code::Syscall,
                message,
                "BPF_OBJ_GET_INFO_BY_FD",
                &error,
            ))
        };
        let info: bpf_prog_info = sys::object_info(fd).map_err(failed)?;
        Ok(Self {
            program_type: table::program_type(info.type_),
            id: info.id,
            tag: format!("{:016x}", u64::from_be_bytes(info.tag)),
            name: sys::kernel_name(&info.name),
            size_jitted: info.jited_prog_len,
            size_translated: positive(info.xlated_prog_len),
            loaded_at_ms: loaded_at_ms(info.load_time).map_err(failed)?,
            created_by_uid: info.created_by_uid,
            map_ids: sys::program_map_ids(fd, info.nr_map_ids).map_err(failed)?,
            gpl_compatible: info.gpl_compatible() != 0,
            btf_id: positive(info.btf_id),
            run_time_ns: BigInt::from(info.run_time_ns),
            run_count: BigInt::from(info.run_cnt),
            verified_instruction_count: positive(info.verified_insns),
        })
    }
}

/// Every program of the system, as `bpftool prog show` lists them. Those that end meanwhile are left out.
///
/// @throws `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
#[napi]
pub fn loaded_programs(env: Env) -> napi::Result<Vec<ProgramInfo>> {
    guard(env, || sys::walk(Ids::Programs, |fd| ProgramInfo::of(&fd)))
}

fn positive(value: u32) -> Option<u32> {
    (value > 0).then_some(value)
}

/// The kernel counts from boot; both clocks are read now, so that a clock set since boot does not matter.
fn loaded_at_ms(load_time_ns: u64) -> std::io::Result<f64> {
    let age = sys::since_boot()?.saturating_sub(Duration::from_nanos(load_time_ns));
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Ok((now.saturating_sub(age).as_secs_f64() * 1000.0).round())
}
