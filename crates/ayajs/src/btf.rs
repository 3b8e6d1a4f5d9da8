//! BTF of a kernel, for relocation against another one than the running kernel's.

use std::{fs, io, path::Path, sync::Arc};

use napi::Env;
use napi_derive::napi;

use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    guard::guard,
    kernel::BTF_PATH,
};

/// The type information of a kernel. Give it to `EbpfLoader.btf`.
#[napi]
pub struct Btf {
    data: Arc<[u8]>,
}

#[napi]
impl Btf {
    /// That of the running kernel, from `/sys/kernel/btf/vmlinux`. This is what a loader uses anyway.
    ///
    /// @throws `ERR_EBPF_FILE`, `ERR_EBPF_BTF`.
    #[napi]
    pub fn from_sys_fs(env: Env) -> napi::Result<Btf> {
        guard(env, || Self::from_file(Path::new(BTF_PATH)))
    }

    /// That in a file of raw BTF, in this machine's byte order.
    ///
    /// @throws `ERR_EBPF_FILE`, `ERR_EBPF_BTF`.
    #[napi]
    pub fn parse_file(
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<Btf> {
        guard(env, || Self::from_file(&args::path("path", &path)?))
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
    /// The whole of it. It has been checked.
    pub(crate) fn share(&self) -> Arc<[u8]> {
        Arc::clone(&self.data)
    }

    fn from_file(path: &Path) -> Result<Self> {
        let data = fs::read(path).map_err(|error| unreadable(path, &error))?;
        Self::from_bytes(&path.to_string_lossy(), &data)
    }

    fn from_bytes(what: &str, data: &[u8]) -> Result<Self> {
        let data = Arc::from(data); // What is checked must not change any more, as shared memory may.
        ayajs_object::check_btf(&data)
            .map_err(|error| Error::from(error).prefix(&format!("cannot parse BTF of {what}")))?;
        Ok(Self { data })
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let message = format!("cannot read {}: {error}", path.display());
    Error::command(Code::File, message, "open", error).text("path", path.to_string_lossy())
}
