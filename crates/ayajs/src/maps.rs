//! Maps as bytes: descriptors of our own, sizes from the kernel, bpf(2) for what is read.

use std::{
    io,
    os::fd::BorrowedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use aya::util::nr_cpus;
use aya_obj::generated::bpf_map_info;
use napi::{
    Env,
    bindgen_prelude::{BigInt, Uint8Array},
};
use napi_derive::napi;

use crate::{
    error::{Code, Error, Result},
    failure,
    guard::guard,
    registry::{self, Owned},
    sys::{self, Ids, MapFd},
};

/// `enum bpf_map_type` of linux/bpf.h by number, in the names of aya's `MapType`.
const MAP_TYPES: [&str; 35] = [
    "Unspecified",
    "Hash",
    "Array",
    "ProgramArray",
    "PerfEventArray",
    "PerCpuHash",
    "PerCpuArray",
    "StackTrace",
    "CgroupArray",
    "LruHash",
    "LruPerCpuHash",
    "LpmTrie",
    "ArrayOfMaps",
    "HashOfMaps",
    "DevMap",
    "SockMap",
    "CpuMap",
    "XskMap",
    "SockHash",
    "CgroupStorage",
    "ReuseportSockArray",
    "PerCpuCgroupStorage",
    "Queue",
    "Stack",
    "SkStorage",
    "DevMapHash",
    "StructOps",
    "RingBuf",
    "InodeStorage",
    "TaskStorage",
    "BloomFilter",
    "UserRingBuf",
    "CgrpStorage",
    "Arena",
    "InsnArray",
];

/// The name of a kernel map type; its number where this table is older than the kernel.
pub(crate) fn map_type(number: u32) -> String {
    MAP_TYPES
        .get(number as usize)
        .map_or_else(|| format!("Unknown({number})"), |name| (*name).to_owned())
}

/// An open map. It belongs to its object or, once taken, to the registry.
pub(crate) struct Map {
    name: String,
    fd: Mutex<Option<MapFd>>,
}

impl Map {
    /// A map with a duplicate of aya's descriptor.
    pub(crate) fn duplicate(name: &str, fd: BorrowedFd<'_>) -> Result<Arc<Self>> {
        let open = || {
            let cpus = nr_cpus().map_err(|(_path, error)| error)?;
            MapFd::new(fd.try_clone_to_owned()?, cpus)
        };
        let fd = open()
            .map_err(|error| failed(name, "cannot open", "BPF_OBJ_GET_INFO_BY_FD", &error))?;
        Ok(Arc::new(Self {
            name: name.to_owned(),
            fd: Mutex::new(Some(fd)),
        }))
    }

    fn close(&self) {
        drop(self.fd().take());
    }

    fn fd(&self) -> MutexGuard<'_, Option<MapFd>> {
        self.fd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the kernel knows about a map: `struct bpf_map_info`, in the names of aya's `MapInfo`.
#[napi(object)]
pub struct MapInfo {
    /// The kernel's type, in aya's spelling: `Hash`, `Array`, `RingBuf`, …
    pub map_type: String,
    /// The map's id in the kernel, as `bpftool map show id` takes it.
    pub id: u32,
    /// The name, which the kernel cuts to 15 bytes.
    pub name: String,
    /// The size of a key in bytes.
    pub key_size: u32,
    /// The size of a value in bytes; of one CPU's value where the map is per CPU.
    pub value_size: u32,
    /// How many entries fit; for a ring buffer its size in bytes.
    pub max_entries: u32,
    /// The flags it was created with (`BPF_F_…`).
    pub map_flags: u32,
    /// What the flags do not say, per type (`map_extra`).
    pub map_extra: BigInt,
}

/// A map of an open object, as bytes: aya's `MapData`.
///
/// The handle owns nothing: losing it closes nothing. A map that was taken stays open after `close()` of its `Ebpf`.
#[napi]
pub struct MapData {
    map: Weak<Map>,
}

#[napi]
impl MapData {
    /// The map's name in the object.
    #[napi(getter)]
    pub fn name(&self, env: Env) -> napi::Result<String> {
        guard(env, || Ok(self.map()?.name.clone()))
    }

    /// What the kernel knows about the map.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn info(&self, env: Env) -> napi::Result<MapInfo> {
        guard(env, || self.with(|_map, fd| Ok(MapInfo::of(fd.info()))))
    }

    /// The file descriptor. It belongs to the map: do not close it.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn fd(&self, env: Env) -> napi::Result<i32> {
        guard(env, || self.with(|_map, fd| Ok(fd.raw())))
    }

    /// The value of `key`, or `null` when there is none. Per-CPU maps give the values of all possible CPUs one after
    /// the other, each rounded up to 8 bytes.
    ///
    /// @param key As many bytes as `info().keySize` says.
    /// @throws `RangeError` `ERR_OUT_OF_RANGE` for a key of another size; `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn lookup(&self, env: Env, key: &[u8]) -> napi::Result<Option<Uint8Array>> {
        guard(env, || {
            self.with(|map, fd| {
                check_key(map, fd, key)?;
                let value = fd.lookup(key).map_err(|error| {
                    failed(
                        &map.name,
                        "cannot look up in",
                        "BPF_MAP_LOOKUP_ELEM",
                        &error,
                    )
                })?;
                Ok(value.map(Into::into))
            })
        })
    }

    /// The key after `key`, or the first one without `key`; `null` at the end.
    ///
    /// @throws as `lookup`.
    #[napi]
    pub fn next_key(&self, env: Env, key: Option<&[u8]>) -> napi::Result<Option<Uint8Array>> {
        guard(env, || {
            self.with(|map, fd| {
                if let Some(key) = key {
                    check_key(map, fd, key)?;
                }
                let next = fd.next_key(key).map_err(|error| {
                    failed(&map.name, "cannot walk", "BPF_MAP_GET_NEXT_KEY", &error)
                })?;
                Ok(next.map(Into::into))
            })
        })
    }

    /// Closes a map that was taken; a map that its object still owns ends with the object. Twice does nothing.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            if let Some(map) = self.map.upgrade()
                && registry::release(&map)
            {
                map.close();
            }
            Ok(())
        })
    }

    /// Whether the map has been closed.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            Ok(self.map.upgrade().is_none_or(|map| map.fd().is_none()))
        })
    }
}

impl MapData {
    pub(crate) fn new(map: &Arc<Map>) -> Self {
        Self {
            map: Arc::downgrade(map),
        }
    }

    /// A handle for a map that the registry owns from now on.
    pub(crate) fn take(map: Arc<Map>) -> Self {
        let handle = Self::new(&map);
        registry::own(Owned::Map(map));
        handle
    }

    fn map(&self) -> Result<Arc<Map>> {
        self.map.upgrade().ok_or_else(closed)
    }

    fn with<T>(&self, run: impl FnOnce(&Map, &MapFd) -> Result<T>) -> Result<T> {
        let map = self.map()?;
        let fd = map.fd();
        run(&map, fd.as_ref().ok_or_else(closed)?)
    }
}

/// Every map of the system, as `bpftool map show` lists them. Those that end meanwhile are left out.
///
/// @throws `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
#[napi]
pub fn loaded_maps(env: Env) -> napi::Result<Vec<MapInfo>> {
    guard(env, || {
        sys::walk(Ids::Maps, |fd| {
            let info = sys::object_info(&fd).map_err(|error| {
                failed(
                    "of an id",
                    "cannot inspect",
                    "BPF_OBJ_GET_INFO_BY_FD",
                    &error,
                )
            })?;
            Ok(MapInfo::of(&info))
        })
    })
}

impl MapInfo {
    fn of(info: &bpf_map_info) -> Self {
        Self {
            map_type: map_type(info.type_),
            id: info.id,
            name: sys::kernel_name(&info.name),
            key_size: info.key_size,
            value_size: info.value_size,
            max_entries: info.max_entries,
            map_flags: info.map_flags,
            map_extra: BigInt::from(info.map_extra),
        }
    }
}

fn check_key(map: &Map, fd: &MapFd, key: &[u8]) -> Result<()> {
    let size = fd.info().key_size as usize;
    if key.len() == size {
        return Ok(());
    }
    Err(Error::new(
        Code::OutOfRange,
        format!(
            "The key of map \"{}\" must be {size} bytes large. Received {} bytes",
            map.name,
            key.len()
        ),
    ))
}

fn failed(name: &str, what: &str, command: &'static str, error: &io::Error) -> Error {
    let message = format!("{what} map \"{name}\": {error}");
    failure::permission(Error::command(Code::Map, message, command, error).text("map", name))
}

fn closed() -> Error {
    Error::closed("the map")
}
