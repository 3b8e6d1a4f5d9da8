//! Maps that no object of ours has made: by pin, id or descriptor, and new ones.

use std::{
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
    path::PathBuf,
    sync::Arc,
};

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, BigInt},
};
use napi_derive::napi;

use super::{Map, MapData, called, types};
use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    failure,
    guard::{catch, guard},
    links::open_pin,
    sys::{self, Ids, NewMap, ObjectKind},
};

/// What a new map is to be.
#[napi(object, object_to_js = false)]
pub struct MapSettings {
    /// The type, in aya's spelling: `Hash`, `Array`, …
    pub map_type: String,
    /// The size of a key in bytes; 0 where there are none.
    pub key_size: f64,
    /// The size of a value in bytes.
    pub value_size: f64,
    /// How many entries fit.
    pub max_entries: f64,
    /// `BPF_F_…`.
    pub map_flags: Option<f64>,
    /// What the flags do not say, per type.
    pub map_extra: Option<BigInt>,
    /// Letters, digits, `_` and `.`; the kernel keeps 15 of them.
    pub name: Option<String>,
    /// The descriptor of a map like those that a map of maps will hold.
    pub inner_fd: Option<f64>,
}

#[napi]
impl MapData {
    /// Opens the map that is pinned at `path`.
    ///
    /// @throws `ERR_EBPF_PIN`, `ERR_EBPF_PERMISSION`.
    #[napi]
    pub fn from_pin(
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<MapData> {
        guard(env, || {
            let path = args::path("path", &path)?;
            let fd = open_pin(ObjectKind::Map, &path)?;
            Ok(Self::take(Map::of_kernel(None, fd, Some(path))?))
        })
    }

    /// Opens a map by its id.
    ///
    /// @throws `ERR_EBPF_NOT_FOUND`; `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
    #[napi]
    pub fn from_id(env: Env, id: f64) -> napi::Result<MapData> {
        guard(env, || {
            let id = args::integer("id", id, 1, u32::MAX)?;
            let fd = Ids::Maps.open(id).map_err(|error| {
                let code = if error.raw_os_error() == Some(libc::ENOENT) {
                    Code::NotFound
                } else {
                    Code::Map
                };
                let message = format!("cannot open the map with id {id}: {error}");
                failure::permission_for(
                    &["CAP_SYS_ADMIN"],
                    Error::command(code, message, "BPF_MAP_GET_FD_BY_ID", &error),
                )
            })?;
            Ok(Self::take(Map::of_kernel(None, fd, None)?))
        })
    }

    /// Opens the map behind a descriptor, which is duplicated.
    ///
    /// @throws `ERR_EBPF_MAP` when it is not that of a map.
    #[napi]
    pub fn from_fd(env: Env, fd: f64) -> napi::Result<MapData> {
        guard(env, || {
            let number = args::fd("fd", fd)?;
            let fd = sys::duplicate(number).map_err(|error| {
                let message = format!("cannot open the map behind descriptor {number}: {error}");
                Error::command(Code::Map, message, "fcntl", &error)
            })?;
            let kind = sys::object_kind(fd.as_fd()).map_err(|error| {
                let message = format!("cannot tell what descriptor {number} is: {error}");
                Error::command(Code::Map, message, "readlink", &error)
            })?;
            if kind != ObjectKind::Map {
                let message = match kind {
                    ObjectKind::Other => format!("descriptor {number} is not that of a map"),
                    kind => format!("descriptor {number} is a {}, not a map", kind.noun()),
                };
                return Err(Error::new(Code::Map, message));
            }
            Ok(Self::take(Map::of_kernel(None, fd, None)?))
        })
    }

    /// Makes a map.
    ///
    /// @throws `ERR_EBPF_MAP`, `ERR_EBPF_PERMISSION`; `TypeError` `ERR_INVALID_ARG_VALUE`; `RangeError` `ERR_OUT_OF_RANGE`.
    #[napi]
    pub fn create(env: Env, settings: MapSettings) -> napi::Result<MapData> {
        guard(env, || Ok(Self::take(Creation::of(settings)?.run()?)))
    }

    /// `create` on a thread of libuv's pool.
    #[napi(ts_return_type = "Promise<MapData>")]
    pub fn create_async(env: Env, settings: MapSettings) -> napi::Result<AsyncTask<CreateTask>> {
        guard(env, || {
            let creation = Creation::of(settings)?;
            Ok(AsyncTask::new(CreateTask { creation }))
        })
    }
}

impl Map {
    /// A map of a descriptor that is known to be one's. Without a name it has the kernel's.
    fn of_kernel(name: Option<String>, fd: OwnedFd, pin: Option<PathBuf>) -> Result<Arc<Self>> {
        let what = name.clone().unwrap_or_else(|| fd.as_raw_fd().to_string());
        let fd = Self::inspect(&what, Arc::new(fd))?;
        let name = name.unwrap_or_else(|| sys::kernel_name(&fd.info().name));
        Ok(Self::new(name, fd, pin))
    }
}

/// A map that is about to be made.
struct Creation {
    name: String,
    new: NewMap,
    inner: Option<OwnedFd>,
}

impl Creation {
    fn of(settings: MapSettings) -> Result<Self> {
        let size = |name, value| args::integer(name, value, 0, u32::MAX);
        let name = settings.name.unwrap_or_default();
        let new = NewMap {
            map_type: map_type(&settings.map_type)?,
            key_size: size("keySize", settings.key_size)?,
            value_size: size("valueSize", settings.value_size)?,
            max_entries: size("maxEntries", settings.max_entries)?,
            map_flags: size("mapFlags", settings.map_flags.unwrap_or(0.0))?,
            map_extra: match settings.map_extra {
                Some(extra) => args::unsigned("mapExtra", &extra)?,
                None => 0,
            },
            name: kernel_name(&name)?,
            numa_node: 0,
        };
        // Of our own, because the other may be closed before the pool comes to it.
        let inner = settings.inner_fd.map(inner_map).transpose()?;
        Ok(Self { name, new, inner })
    }

    fn run(&self) -> Result<Arc<Map>> {
        let fd = sys::map_create(
            &self.new,
            self.inner.as_ref().map(|inner| inner.as_fd()),
            None,
        )
        .map_err(|error| {
            let message = format!("cannot create {}: {error}", self.description());
            let mut refused = Error::command(Code::Map, message, "BPF_MAP_CREATE", &error);
            if error.raw_os_error() == Some(libc::EINVAL) && self.is_broken_ring() {
                let page = sys::page_size();
                refused = refused.text(
                    "remedy",
                    format!("A ring buffer is a power of two of bytes, and whole pages, which have {page} here."),
                );
            }
            failure::permission_for(self.needed(), refused.text("map", &self.name))
        })?;
        Map::of_kernel(Some(self.name.clone()), fd, None)
    }
}

impl Creation {
    /// The capabilities that the kernel asks for: of the network's types one more (`map_create` of kernel/bpf/syscall.c).
    fn needed(&self) -> &'static [&'static str] {
        match types::map_type(self.new.map_type).as_str() {
            "SockMap" | "SockHash" | "DevMap" | "DevMapHash" | "XskMap" => {
                &["CAP_BPF", "CAP_NET_ADMIN"]
            }
            _ => &["CAP_BPF"],
        }
    }

    /// Whether it is a ring buffer of a size that the kernel refuses (`ringbuf_map_alloc` of kernel/bpf/ringbuf.c). Pages
    /// are larger on some machines than where it was tried.
    fn is_broken_ring(&self) -> bool {
        let map_type = types::map_type(self.new.map_type);
        let size = self.new.max_entries;
        ["RingBuf", "UserRingBuf"].contains(&map_type.as_str())
            && !(size.is_power_of_two() && size.is_multiple_of(sys::page_size()))
    }

    /// The kernel's EINVAL says nothing: say what was asked for.
    fn description(&self) -> String {
        let new = &self.new;
        format!(
            "{} (type {}, key {} bytes, value {} bytes, {} entries, flags {:#x}{})",
            called(&self.name),
            types::map_type(new.map_type),
            new.key_size,
            new.value_size,
            new.max_entries,
            new.map_flags,
            if self.inner.is_some() {
                ", of maps"
            } else {
                ""
            }
        )
    }
}

/// Makes a map on libuv's pool.
pub struct CreateTask {
    creation: Creation,
}

impl Task for CreateTask {
    type Output = Result<Arc<Map>>;
    type JsValue = MapData;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(catch(|| self.creation.run()))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map(MapData::take).map_err(|error| error.reject(env))
    }
}

fn inner_map(fd: f64) -> Result<OwnedFd> {
    let number = args::fd("innerFd", fd)?;
    sys::duplicate(number).map_err(|error| {
        let message = format!("cannot make a map of maps like descriptor {number}: {error}");
        Error::command(Code::Map, message, "fcntl", &error)
    })
}

fn map_type(name: &str) -> Result<u32> {
    types::map_type_number(name).ok_or_else(|| {
        let message = "The argument \"mapType\" must be a type of map in aya's spelling";
        Error::new(Code::ArgValue, format!("{message}. Received '{name}'"))
    })
}

/// What the kernel keeps of a name: the rest is cut, as everywhere.
fn kernel_name(name: &str) -> Result<[libc::c_char; 16]> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if !name.chars().all(allowed) {
        let message = "The argument \"name\" must be of letters, digits, '_' and '.'";
        return Err(Error::new(Code::ArgValue, message));
    }
    let mut kept = [0; 16];
    for (to, from) in kept.iter_mut().take(15).zip(name.bytes()) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    Ok(kept)
}
