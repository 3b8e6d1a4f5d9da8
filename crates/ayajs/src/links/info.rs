//! What the kernel knows about links.

use std::os::fd::OwnedFd;

use aya_obj::generated::{bpf_attach_type, bpf_link_info, bpf_link_type};
use napi::{Env, bindgen_prelude::BigInt};
use napi_derive::napi;

use crate::{
    error::{Code, Error, Result},
    failure,
    guard::guard,
    programs::CgroupSkbAttachType,
    sys::{self, Ids},
};

/// `enum bpf_link_type` of linux/bpf.h by number, in the names of aya's `LinkType`.
const LINK_TYPES: [&str; 15] = [
    "Unspecified",
    "RawTracePoint",
    "Tracing",
    "Cgroup",
    "Iter",
    "Netns",
    "Xdp",
    "PerfEvent",
    "KProbeMulti",
    "StructOps",
    "Netfilter",
    "Tcx",
    "UProbeMulti",
    "Netkit",
    "SockMap",
];

/// What the kernel knows about a link: `struct bpf_link_info`, in the names of aya's `LinkInfo`.
#[napi(object)]
pub struct LinkInfo {
    /// The link's id in the kernel, as `bpftool link show id` takes it.
    pub id: u32,
    /// The id of the attached program.
    pub program_id: u32,
    /// The type, in aya's spelling: `Cgroup`, `Xdp`, `Tcx`, …
    pub link_type: String,
    /// For links of cgroups: the id of the cgroup (the inode number of its directory); 0 when the cgroup has gone.
    pub cgroup_id: Option<BigInt>,
    /// For links of `CgroupSkb` programs: the direction.
    pub attach_type: Option<CgroupSkbAttachType>,
}

impl LinkInfo {
    pub(crate) fn of(fd: &OwnedFd) -> Result<Self> {
        let info: bpf_link_info = sys::object_info(fd).map_err(|error| {
            let message = format!("cannot get the information of the link: {error}");
            failure::permission(Error::command(
                Code::Syscall,
                message,
                "BPF_OBJ_GET_INFO_BY_FD",
                &error,
            ))
        })?;
        let cgroup = (info.type_ == bpf_link_type::BPF_LINK_TYPE_CGROUP as u32)
            .then(|| sys::cgroup_of(&info));
        Ok(Self {
            id: info.id,
            program_id: info.prog_id,
            link_type: LINK_TYPES.get(info.type_ as usize).map_or_else(
                || format!("Unknown({})", info.type_),
                |name| (*name).to_owned(),
            ),
            cgroup_id: cgroup.map(|(id, _)| BigInt::from(id)),
            attach_type: cgroup.and_then(|(_, attach_type)| skb_attach_type(attach_type)),
        })
    }

    pub(super) fn cgroup_is_there(&self) -> bool {
        self.cgroup_id.as_ref().is_none_or(|id| id.get_u64().1 != 0)
    }
}

/// Every link of the system, as `bpftool link show` lists them. Those that end meanwhile are left out.
///
/// @throws `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
#[napi]
pub fn loaded_links(env: Env) -> napi::Result<Vec<LinkInfo>> {
    guard(env, || sys::walk(Ids::Links, |fd| LinkInfo::of(&fd)))
}

fn skb_attach_type(number: u32) -> Option<CgroupSkbAttachType> {
    if number == bpf_attach_type::BPF_CGROUP_INET_INGRESS as u32 {
        Some(CgroupSkbAttachType::Ingress)
    } else if number == bpf_attach_type::BPF_CGROUP_INET_EGRESS as u32 {
        Some(CgroupSkbAttachType::Egress)
    } else {
        None
    }
}
