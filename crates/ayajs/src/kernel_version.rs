//! The running kernel's version, for information: what a kernel can do is found by trying.

use aya::util::KernelVersion as AyaKernelVersion;
use napi::Env;
use napi_derive::napi;

use crate::{
    error::{Code, Error},
    guard::guard,
};

/// A kernel version: aya's `KernelVersion`.
#[napi(object)]
pub struct KernelVersionParts {
    /// The `LINUX_VERSION_CODE`: major, minor and patch (at most 255) in one number.
    pub code: u32,
    /// As in `6.1.0`.
    pub text: String,
}

/// The version of the running kernel, seen through the peculiarities of Debian's and Ubuntu's version strings.
///
/// @throws `ERR_EBPF_SYSCALL`.
#[napi]
pub fn current_kernel_version(env: Env) -> napi::Result<KernelVersionParts> {
    guard(env, || {
        let version = AyaKernelVersion::current().map_err(|error| {
            Error::new(
                Code::Syscall,
                format!("cannot tell the kernel's version: {error}"),
            )
        })?;
        Ok(KernelVersionParts {
            code: version.code(),
            text: version.to_string(),
        })
    })
}
