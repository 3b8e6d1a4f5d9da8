//! BTF of a kernel, for relocation against another one than the running kernel's.

use std::{io, path::Path, sync::Arc};

use aya::{Btf as AyaBtf, BtfError, Endianness};
use napi::Env;
use napi_derive::napi;

use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    guard::guard,
};

/// The type information of a kernel, parsed: aya's `Btf`. Give it to `EbpfLoader.btf`.
#[napi]
pub struct Btf {
    btf: Arc<AyaBtf>,
}

#[napi]
impl Btf {
    /// That of the running kernel, from `/sys/kernel/btf/vmlinux`. This is what a loader uses anyway.
    ///
    /// @throws `ERR_EBPF_FILE`, `ERR_EBPF_BTF`.
    #[napi]
    pub fn from_sys_fs(env: Env) -> napi::Result<Btf> {
        guard(env, || {
            Self::new("/sys/kernel/btf/vmlinux", AyaBtf::from_sys_fs())
        })
    }

    /// That in a file of raw BTF, in this machine's byte order.
    ///
    /// @throws `ERR_EBPF_FILE`, `ERR_EBPF_BTF`.
    #[napi]
    pub fn parse_file(
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<Btf> {
        guard(env, || {
            let path = args::path("path", &path)?;
            let data = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
            Self::from_bytes(&path.to_string_lossy(), &data)
        })
    }

    /// That in raw BTF, in this machine's byte order.
    ///
    /// @throws `ERR_EBPF_BTF`.
    #[napi]
    pub fn parse(env: Env, data: &[u8]) -> napi::Result<Btf> {
        guard(env, || Self::from_bytes("the data", data))
    }
}

impl Btf {
    pub(crate) fn share(&self) -> Arc<AyaBtf> {
        Arc::clone(&self.btf)
    }

    fn from_bytes(what: &str, data: &[u8]) -> Result<Self> {
        ayajs_object::check_btf(data)
            .map_err(|error| Error::from(error).prefix(&format!("cannot parse BTF of {what}")))?;
        Self::new(what, AyaBtf::parse(data, Endianness::default()))
    }

    fn new(what: &str, result: std::result::Result<AyaBtf, BtfError>) -> Result<Self> {
        match result {
            Ok(btf) => Ok(Self { btf: Arc::new(btf) }),
            Err(BtfError::FileError { path, error }) => Err(unreadable(&path, &error)),
            Err(error) => Err(Error::new(
                Code::Btf,
                format!("cannot parse BTF of {what}: {error}"),
            )),
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let message = format!("cannot read {}: {error}", path.display());
    Error::command(Code::File, message, "open", error).text("path", path.to_string_lossy())
}
