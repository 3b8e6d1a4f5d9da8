//! What is attached to a cgroup.

use aya::programs::CgroupSkbAttachType as AyaAttachType;
use napi::{Env, bindgen_prelude::BigInt};
use napi_derive::napi;

use crate::{
    args,
    error::{Code, Error},
    failure,
    guard::guard,
    programs::CgroupSkbAttachType,
    sys,
};

/// What `BPF_PROG_QUERY` says about a cgroup.
#[napi(object)]
pub struct CgroupQuery {
    /// The ids of the programs, in order.
    pub program_ids: Vec<u32>,
    /// The flags of each program; empty where the kernel does not tell them apart.
    pub program_flags: Vec<u32>,
    /// The flags of all: 0, 1 (`BPF_F_ALLOW_OVERRIDE`) or 2 (`BPF_F_ALLOW_MULTI`).
    pub attach_flags: u32,
    /// Counts attachments and detachments; 0 where the kernel does not.
    pub revision: BigInt,
}

/// The programs that are attached to a cgroup or, with `effective`, those that run for it, in the order of running.
///
/// @param cgroup The descriptor of a cgroup v2 directory.
/// @throws `ERR_EBPF_SYSCALL`, `ERR_EBPF_PERMISSION`.
#[napi]
pub fn query_cgroup(
    env: Env,
    cgroup: f64,
    attach_type: CgroupSkbAttachType,
    effective: bool,
) -> napi::Result<CgroupQuery> {
    guard(env, || {
        let cgroup = args::fd("cgroup", cgroup)?;
        let query = sys::program_query(cgroup, AyaAttachType::from(attach_type).into(), effective)
            .map_err(|error| {
                let reason = if error.raw_os_error() == Some(libc::ENOENT) {
                    "it has been removed: "
                } else {
                    ""
                };
                let message = format!("cannot query the cgroup: {reason}{error}");
                failure::permission_for(
                    &["CAP_NET_ADMIN"],
                    Error::command(Code::Syscall, message, "BPF_PROG_QUERY", &error),
                )
            })?;
        Ok(CgroupQuery {
            program_ids: query.program_ids,
            program_flags: query.program_flags,
            attach_flags: query.attach_flags,
            revision: BigInt::from(query.revision),
        })
    })
}
