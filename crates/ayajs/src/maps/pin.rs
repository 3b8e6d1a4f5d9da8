//! What a whole map can be asked and told: pins, freezing, its types.

use aya_obj::generated::bpf_map_info;
use napi::{Env, bindgen_prelude::Uint8Array};
use napi_derive::napi;

use super::{Map, MapData, called, failed, refused};
use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    failure,
    guard::guard,
    links::{pin_error, remove_pin},
    sys::{self, ObjectKind},
};

#[napi]
impl MapData {
    /// Pins the map to a file of a bpf file system.
    ///
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_PERMISSION`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn pin(
        &self,
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<()> {
        guard(env, || {
            let path = args::path("path", &path)?;
            self.with(|map, fd| {
                let mut pin = map.pin();
                if let Some(pin) = &*pin {
                    let message = format!(
                        "{} is pinned at {} already",
                        called(&map.name),
                        pin.display()
                    );
                    return Err(Error::new(Code::Pin, message).text("path", pin.to_string_lossy()));
                }
                sys::object_pin(fd, &path).map_err(|error| pin_error("map", &path, &error))?;
                *pin = Some(path);
                Ok(())
            })
        })
    }

    /// Removes the file that the map was pinned to, or opened from, if it is still this map's.
    ///
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn unpin(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            self.with(|map, fd| {
                let mut pin = map.pin();
                let Some(path) = &*pin else {
                    let message = format!("{} is not pinned", called(&map.name));
                    return Err(Error::new(Code::Pin, message).text("map", &map.name));
                };
                remove_pin(ObjectKind::Map, path, |pinned| {
                    let pinned: bpf_map_info = sys::object_info(pinned).map_err(|error| {
                        failed(
                            &map.name,
                            "cannot inspect the pin of",
                            "BPF_OBJ_GET_INFO_BY_FD",
                            &error,
                        )
                    })?;
                    Ok(pinned.id == fd.info().id)
                })?;
                *pin = None;
                Ok(())
            })
        })
    }

    /// Forbids user space to change the map from now on. Requires Linux 5.2.
    ///
    /// @throws `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn freeze(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            self.with(|map, fd| {
                sys::map_freeze(fd).map_err(|error| {
                    refused(&map.name, fd, "cannot freeze", "BPF_MAP_FREEZE", 0, &error)
                })
            })
        })
    }

    /// The BTF that the map was made with, or `null` when it has none.
    ///
    /// @throws `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`; `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn btf(&self, env: Env) -> napi::Result<Option<Uint8Array>> {
        guard(env, || {
            self.with(|map, fd| match fd.info().btf_id {
                0 => Ok(None),
                id => Ok(Some(map.read_btf(id)?.into())),
            })
        })
    }
}

impl Map {
    fn read_btf(&self, id: u32) -> Result<Vec<u8>> {
        sys::btf_by_id(id).map_err(|(command, error)| {
            let message = format!("cannot read the types of {}: {error}", called(&self.name));
            failure::permission_for(
                &["CAP_SYS_ADMIN"],
                Error::command(Code::Map, message, command, &error).text("map", &self.name),
            )
        })
    }
}
