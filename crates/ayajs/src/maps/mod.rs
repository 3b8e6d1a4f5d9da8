//! Maps as bytes: descriptors of our own, sizes from the kernel, bpf(2) for what is read and written.

mod batch;
mod cursor;
mod element;
mod failure;
mod info;
mod memory;
mod open;
mod pin;
mod types;

use std::{
    os::fd::{AsFd as _, OwnedFd},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use aya::util::nr_cpus;
use napi::Env;
use napi_derive::napi;

pub(crate) use self::failure::{called, failed};
use self::failure::{closed, refused};
pub use self::info::{MapInfo, MapShape};
pub(crate) use self::types::map_type;
use crate::{
    error::Result,
    events::Reader,
    guard::guard,
    registry::{self, Owned},
    sys::{Descriptor, MapFd},
};

/// An open map. It belongs to its object, or to the registry when it was taken or is of no object.
pub struct Map {
    name: String,
    fd: Mutex<Option<MapFd>>,
    pin: Mutex<Option<PathBuf>>,
    reader: Mutex<Option<Arc<Reader>>>,
}

impl Map {
    /// A map of an object, which has the descriptor too.
    pub(crate) fn of_object(name: &str, fd: Descriptor, pin: Option<PathBuf>) -> Result<Arc<Self>> {
        Ok(Self::new(name.to_owned(), Self::inspect(name, fd)?, pin))
    }

    fn new(name: String, fd: MapFd, pin: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self {
            name,
            fd: Mutex::new(Some(fd)),
            pin: Mutex::new(pin),
            reader: Mutex::new(None),
        })
    }

    /// What the kernel says of a map's descriptor. `name` is for errors.
    fn inspect(name: &str, fd: Descriptor) -> Result<MapFd> {
        nr_cpus()
            .map_err(|(_path, error)| error)
            .and_then(|cpus| MapFd::new(fd, cpus))
            .map_err(|error| failed(name, "cannot open", "BPF_OBJ_GET_INFO_BY_FD", &error))
    }

    /// A descriptor of our own of a map that is still open.
    pub(crate) fn duplicate_descriptor(map: &Weak<Self>) -> Result<OwnedFd> {
        let map = map.upgrade().ok_or_else(closed)?;
        let fd = map.fd();
        fd.as_ref()
            .ok_or_else(closed)?
            .as_fd()
            .try_clone_to_owned()
            .map_err(|error| failed(&map.name, "cannot duplicate", "fcntl", &error))
    }

    fn close(&self) {
        drop(self.reader().take());
        drop(self.fd().take());
    }

    /// The reader of a ring buffer, which ends with its map.
    pub(crate) fn reader(&self) -> MutexGuard<'_, Option<Arc<Reader>>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn pin(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.pin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fd(&self) -> MutexGuard<'_, Option<MapFd>> {
        self.fd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open map, as bytes: aya's `MapData`.
///
/// The handle owns nothing: losing it closes nothing. A map that was taken out of its object, or is of none, stays open until
/// its own `close()`.
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
        guard(env, || {
            self.with(|map, fd| MapInfo::of(&map.name, fd, fd.info()))
        })
    }

    /// What the map's keys and values are in memory.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn shape(&self, env: Env) -> napi::Result<MapShape> {
        guard(env, || self.with(|_map, fd| Ok(MapShape::of(fd))))
    }

    /// The file descriptor. It belongs to the map: do not close it.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn fd(&self, env: Env) -> napi::Result<i32> {
        guard(env, || self.with(|_map, fd| Ok(fd.raw())))
    }

    /// Closes a map, unless an object owns it: then it ends with the object. Twice does nothing.
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

    /// For whoever uses the map later, if it is still open.
    pub(crate) fn share(&self) -> Weak<Map> {
        Weak::clone(&self.map)
    }

    pub(crate) fn map(&self) -> Result<Arc<Map>> {
        self.map.upgrade().ok_or_else(closed)
    }

    pub(crate) fn with<T>(&self, run: impl FnOnce(&Map, &MapFd) -> Result<T>) -> Result<T> {
        let map = self.map()?;
        let fd = map.fd();
        run(&map, fd.as_ref().ok_or_else(closed)?)
    }
}
