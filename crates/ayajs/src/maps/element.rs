//! One element at a time: functions over memory that JavaScript shares, and the words for what they fail with.

use std::io;

use napi::{Env, JsValue as _, Unknown, sys::napi_value};
use napi_derive::napi;

use super::{MapData, info::number, refused};
use crate::{
    args,
    error::{Code, Error, Result},
    guard::guard,
    sys::{self, NotShared},
};

/// What an error number of the kernel can be at most (`MAX_ERRNO`).
const MAX_ERRNO: u32 = 4095;

/// Where in the memory that `element` takes the parts of an element are, in bytes. Each begins at a multiple of 8.
#[napi(object)]
pub struct ElementLayout {
    /// How large the memory must be.
    pub size: f64,
    /// The key.
    pub key: f64,
    /// The value; of all possible CPUs where the map is per CPU.
    pub value: f64,
    /// The key that `nextKey` finds.
    pub next_key: f64,
}

#[napi]
impl MapData {
    /// How `element` wants its memory.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn element_layout(&self, env: Env) -> napi::Result<ElementLayout> {
        guard(env, || {
            self.with(|_map, fd| {
                let layout = sys::ElementLayout::of(fd);
                Ok(ElementLayout {
                    size: number(layout.size),
                    key: number(layout.key),
                    value: number(layout.value),
                    next_key: number(layout.next_key),
                })
            })
        })
    }

    /// Lets the functions of `elementFunctions` use `memory` for an element of this map, laid out as `elementLayout` says,
    /// as long as the object that this returns lives. They find it by its `index`.
    ///
    /// @param memory Over a `SharedArrayBuffer`: nobody can detach, move or free one while it is used here.
    /// @throws `TypeError` `ERR_INVALID_ARG_VALUE` for other memory; `RangeError` `ERR_OUT_OF_RANGE` when it is too small;
    /// `ERR_EBPF_CLOSED`.
    #[napi(
        ts_args_type = "memory: Uint8Array",
        ts_return_type = "{ readonly index: number }"
    )]
    pub fn element(&self, env: Env, memory: Unknown) -> napi::Result<napi_value> {
        guard(env, || {
            self.with(|_map, fd| {
                sys::element(&env, fd, memory.raw()).map_err(|error| refusal("memory", error))
            })
        })
    }

    /// Throws the error for the status of one of the `elementFunctions`.
    ///
    /// @param command The command of bpf(2), such as `BPF_MAP_LOOKUP_ELEM`.
    /// @param errno The positive number.
    /// @param flags Those of the command.
    /// @throws always: `ERR_EBPF_MAP`, `ERR_EBPF_PERMISSION`, `ERR_EBPF_UNSUPPORTED`, `ERR_EBPF_CLOSED`.
    #[napi(ts_return_type = "never")]
    pub fn explain(&self, env: Env, command: String, errno: f64, flags: f64) -> napi::Result<()> {
        guard(env, || {
            self.with(|map, fd| {
                let errno = args::integer("errno", errno, 1, MAX_ERRNO)?.cast_signed();
                let flags = args::integer("flags", flags, 0, u32::MAX)?;
                let (command, what) = command_of(&command)?;
                let error = io::Error::from_raw_os_error(errno);
                Err(refused(&map.name, fd, what, command, flags, &error))
            })
        })
    }
}

/// Functions without arguments that run one command of bpf(2) each, for all maps of this environment. They read and write
/// `control`, four words of 32 bits: the `index` of the element, the status (signed), the lower and the upper half of the flags.
/// The status becomes 0, the kernel's positive error number, or -1 when there is no such element or its map is closed;
/// `explain` makes errors of these.
///
/// @param control Over a `SharedArrayBuffer`, as the memory of `element`.
/// @throws `TypeError` `ERR_INVALID_ARG_VALUE` for other memory; `RangeError` `ERR_OUT_OF_RANGE` when it is too small.
#[napi(
    ts_args_type = "control: Uint8Array",
    ts_return_type = "{ lookup(): void; update(): void; delete(): void; lookupAndDelete(): void; nextKey(): void; firstKey(): void }"
)]
pub fn element_functions(env: Env, control: Unknown) -> napi::Result<napi_value> {
    guard(env, || {
        sys::element_functions(&env, control.raw()).map_err(|error| refusal("control", error))
    })
}

fn refusal(name: &str, error: NotShared) -> Error {
    match error {
        NotShared::Kind => Error::new(
            Code::ArgValue,
            format!(
                "The argument \"{name}\" must be a Uint8Array over a SharedArrayBuffer that begins at a multiple of 8"
            ),
        ),
        NotShared::Size { needed, received } => Error::new(
            Code::OutOfRange,
            format!(
                "The value of \"{name}\" is out of range. It must be at least {needed} bytes large. Received {received} bytes"
            ),
        ),
        NotShared::Interrupted => {
            Error::internal(String::from("Node-API has made no object or function"))
        }
    }
}

/// The commands of one element, and what cannot be done when one of them fails.
const COMMANDS: [(&str, &str); 5] = [
    ("BPF_MAP_LOOKUP_ELEM", "cannot look up in"),
    ("BPF_MAP_UPDATE_ELEM", "cannot update"),
    ("BPF_MAP_DELETE_ELEM", "cannot delete from"),
    ("BPF_MAP_LOOKUP_AND_DELETE_ELEM", "cannot take from"),
    ("BPF_MAP_GET_NEXT_KEY", "cannot walk"),
];

fn command_of(name: &str) -> Result<(&'static str, &'static str)> {
    COMMANDS
        .into_iter()
        .find(|(command, _)| *command == name)
        .ok_or_else(|| {
            let message =
                "The argument \"command\" must be a command of bpf(2) that uses one element";
            Error::new(Code::ArgValue, message)
        })
}
