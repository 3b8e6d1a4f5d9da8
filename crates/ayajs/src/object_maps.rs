//! The maps of an open object, beside aya's lock: each is opened for JavaScript when somebody asks for it.

use std::{
    collections::BTreeMap,
    os::fd::{AsFd, BorrowedFd},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aya::{Ebpf, maps};

use crate::{error::Result, maps::Map};

/// The maps of an object, by name.
///
/// Their descriptors are aya's own, and stay until the end of the object, whatever is closed before: the instructions of
/// programs that are not loaded yet name them by descriptor *number*, and a closed number may name another map by then.
pub(crate) struct ObjectMaps(Mutex<BTreeMap<String, Slot>>);

struct Slot {
    descriptor: Arc<AyaMap>,
    /// Where it was pinned when the object was opened.
    pin: Option<PathBuf>,
    map: Handle,
}

enum Handle {
    /// Nobody has asked for it.
    Unopened,
    Open(Arc<Map>),
    /// It was taken, or the object is closed.
    Gone,
}

impl ObjectMaps {
    /// Takes the maps out of `ebpf`; `pins` is where they are pinned.
    pub(crate) fn take_from(ebpf: &mut Ebpf, mut pins: BTreeMap<String, PathBuf>) -> Self {
        let names: Vec<String> = ebpf.maps().map(|(name, _)| name.to_owned()).collect();
        let open = |name: String| {
            let descriptor = Arc::new(AyaMap(ebpf.take_map(&name)?));
            let pin = pins.remove(&name);
            let map = Handle::Unopened;
            let slot = Slot {
                descriptor,
                pin,
                map,
            };
            Some((name, slot))
        };
        Self(Mutex::new(names.into_iter().filter_map(open).collect()))
    }

    /// The names of those that have not been taken, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let slots = self.slots();
        let there = slots.iter().filter(|(_, slot)| slot.is_there());
        there.map(|(name, _)| name.clone()).collect()
    }

    /// The map of this name, unless it has been taken.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Arc<Map>>> {
        let mut slots = self.slots();
        slots.get_mut(name).map_or(Ok(None), |slot| slot.open(name))
    }

    /// As [`Self::get`], and it belongs to the caller from now on.
    pub(crate) fn take(&self, name: &str) -> Result<Option<Arc<Map>>> {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(name) else {
            return Ok(None);
        };
        let map = slot.open(name)?;
        slot.map = Handle::Gone;
        Ok(map)
    }

    /// Runs `use_it` with the descriptor of a map, taken or not.
    pub(crate) fn with_descriptor<T>(
        &self,
        name: &str,
        use_it: impl FnOnce(BorrowedFd<'_>) -> T,
    ) -> Option<T> {
        let descriptor = self
            .slots()
            .get(name)
            .map(|slot| Arc::clone(&slot.descriptor))?;
        Some(use_it(descriptor.as_fd()))
    }

    /// Closes what has not been taken, for JavaScript.
    pub(crate) fn close(&self) {
        for slot in self.slots().values_mut() {
            slot.map = Handle::Gone;
        }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn is_there(&self) -> bool {
        !matches!(self.map, Handle::Gone)
    }

    fn open(&mut self, name: &str) -> Result<Option<Arc<Map>>> {
        match &self.map {
            Handle::Open(map) => Ok(Some(Arc::clone(map))),
            Handle::Gone => Ok(None),
            Handle::Unopened => {
                let map =
                    Map::of_object(name, Arc::clone(&self.descriptor) as _, self.pin.clone())?;
                self.map = Handle::Open(Arc::clone(&map));
                Ok(Some(map))
            }
        }
    }
}

/// aya's map, which closes its descriptor when the last holder drops it.
struct AyaMap(maps::Map);

impl AsFd for AyaMap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        map_fd(&self.0)
    }
}

macro_rules! map_variants {
    ($($variant:ident),+ $(,)?) => {
        /// The descriptor of aya's map, whatever its kind.
        pub(crate) fn map_fd(map: &maps::Map) -> BorrowedFd<'_> {
            match map { $(maps::Map::$variant(data) => data.fd().as_fd(),)+ }
        }
    };
}

map_variants! {
    Array, ArrayOfMaps, BloomFilter, CgroupArray, CgroupStorage, CgrpStorage, CpuMap, DevMap, DevMapHash, HashMap,
    HashOfMaps, InodeStorage, LpmTrie, LruHashMap, PerCpuArray, PerCpuCgroupStorage, PerCpuHashMap, PerCpuLruHashMap,
    PerfEventArray, ProgramArray, Queue, ReusePortSockArray, RingBuf, SkStorage, SockHash, SockMap, Stack,
    StackTraceMap, Unsupported, XskMap,
}
