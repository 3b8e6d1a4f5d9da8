//! Files of objects: the one place where they are read.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Uint8Array},
};
use napi_derive::napi;

use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    guard::{catch, guard},
};

/// Larger than any object, and small enough for memory: `/dev/zero` can be read too.
const MAX_BYTES: u64 = 1 << 30;

/// The bytes of a file.
///
/// @throws `ERR_EBPF_FILE`.
#[napi]
pub fn read_object(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
) -> napi::Result<Uint8Array> {
    guard(env, || {
        let path = args::path("path", &path)?;
        read(&path).map(Uint8Array::new)
    })
}

/// `readObject` on a thread of libuv's pool.
#[napi(ts_return_type = "Promise<Uint8Array>")]
pub fn read_object_async(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
) -> napi::Result<AsyncTask<ReadTask>> {
    guard(env, || {
        let path = args::path("path", &path)?;
        Ok(AsyncTask::new(ReadTask { path }))
    })
}

/// Reads a file on libuv's pool.
pub struct ReadTask {
    path: PathBuf,
}

impl Task for ReadTask {
    type Output = Result<Vec<u8>>;
    type JsValue = Uint8Array;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(catch(|| read(&self.path)))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output
            .map(Uint8Array::new)
            .map_err(|error| error.reject(env))
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    if let Err(error) = read_into(&mut data, path) {
        // Directories can be opened, and not be read.
        let is_directory = error.kind() == io::ErrorKind::IsADirectory;
        let syscall = if is_directory { "read" } else { "open" };
        let message = format!("cannot read {}: {error}", path.display());
        return Err(Error::command(Code::File, message, syscall, &error)
            .text("path", path.to_string_lossy()));
    }
    if data.len() as u64 > MAX_BYTES {
        let message = format!("cannot read {}: it is larger than 1 GiB", path.display());
        return Err(Error::new(Code::File, message).text("path", path.to_string_lossy()));
    }
    Ok(data)
}

/// At most one byte more than is allowed.
fn read_into(data: &mut Vec<u8>, path: &Path) -> io::Result<usize> {
    let file = File::open(path)?;
    // A file that says how large it is, is read without growing the memory, the end of the file included.
    let size = file.metadata()?.len().min(MAX_BYTES) + 1;
    data.try_reserve_exact(usize::try_from(size).unwrap_or(0))?;
    file.take(MAX_BYTES + 1).read_to_end(data)
}
