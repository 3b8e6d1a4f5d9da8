//! The value of an array of one element as memory: what global variables are kept in.

use std::{cell::Cell, sync::Arc};

use aya_obj::generated::{BPF_F_MMAPABLE, bpf_map_type};
use napi::{Env, sys::napi_value};
use napi_derive::napi;

use super::MapData;
use crate::{
    error::{Code, Error, Result},
    guard::guard,
    sys::{self, MapFd, Mapping},
};

/// The memory of a map. It ends with the handle and the buffer, whichever is collected later; the map does not live longer
/// than until `close()`.
#[napi]
pub struct MapMemory {
    mapping: Arc<Mapping>,
    is_given: Cell<bool>,
}

#[napi]
impl MapData {
    /// Maps the value of an array of one element into memory: all changes are seen at once, on either side.
    ///
    /// @param writable Whether to write, too. What is written to other memory ends the process.
    /// @returns `null` where the kernel does not map it: made without `BPF_F_MMAPABLE`, or frozen and wanted to write.
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn memory(&self, env: Env, writable: bool) -> napi::Result<Option<MapMemory>> {
        guard(env, || {
            self.with(|_map, fd| {
                if !is_mappable(fd) {
                    return Ok(None);
                }
                // Why not makes no difference to whoever has another way.
                let length = fd.value_bytes().next_multiple_of(size_of::<u64>());
                let mapping = Mapping::new(fd, 0, length, writable).ok();
                Ok(mapping.map(|mapping| MapMemory {
                    mapping: Arc::new(mapping),
                    is_given: Cell::new(false),
                }))
            })
        })
    }
}

#[napi]
impl MapMemory {
    /// The memory, to the end of its last 64-bit word. Never to be given away: what ends it, or writes to it, must be known.
    ///
    /// @returns `null` where the engine allows no memory but its own, and on all calls but the first.
    #[napi(ts_return_type = "ArrayBuffer | null")]
    pub fn buffer(&self, env: Env) -> napi::Result<Option<napi_value>> {
        guard(env, || {
            if self.is_given.replace(true) {
                return Ok(None);
            }
            sys::mapped_buffer(&env, &self.mapping).map_err(|_interrupted| {
                Error::internal(String::from("Node-API has made no buffer"))
            })
        })
    }

    /// Lets go of the map. The buffer stays, with nothing in it. Twice does nothing more.
    ///
    /// @throws `ERR_EBPF_SYSCALL`.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        guard(env, || self.release())
    }
}

impl MapMemory {
    fn release(&self) -> Result<()> {
        self.mapping.release().map_err(|error| {
            let message = format!("cannot let go of the memory of a map: {error}");
            Error::command(Code::Syscall, message, "mmap", &error)
        })
    }
}

fn is_mappable(fd: &MapFd) -> bool {
    let info = fd.info();
    info.type_ == bpf_map_type::BPF_MAP_TYPE_ARRAY as u32
        && info.max_entries == 1
        && info.map_flags & BPF_F_MMAPABLE != 0
}
