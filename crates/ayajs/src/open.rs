//! An open object: aya's `Ebpf` behind a lock, and beside it what must not wait for that lock.

use std::{
    collections::BTreeMap,
    os::fd::AsFd as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
};

use aya::{Ebpf, EbpfError, maps};
use aya_obj::ParseError;

use crate::{
    elf,
    error::{Code, Error, Result},
    failure,
    loader::LoadOptions,
    maps::Map,
    pins,
    programs::ProgramCell,
};

/// What `Ebpf.load` opened. The registry owns it.
///
/// aya's own maps stay inside until the end: the instructions of programs that are not loaded yet name them by
/// descriptor *number*, and a closed number may name another map by then.
pub struct Object {
    closed: AtomicBool,
    programs: BTreeMap<String, Arc<ProgramCell>>,
    maps: Mutex<BTreeMap<String, Arc<Map>>>,
    ebpf: Mutex<Ebpf>,
}

impl Object {
    /// Parses, relocates and creates the maps; loads no program. `what` names the object in errors.
    pub(crate) fn open_bytes(what: &str, data: &[u8], options: &LoadOptions) -> Result<Arc<Self>> {
        elf::check(data).map_err(|error| error.prefix(&format!("cannot open {what}")))?;
        pins::check(data, options)?;
        let ebpf = options
            .with_loader(|loader| loader.load(data))
            .map_err(|error| open_error(what, data, &error, options))?;
        let maps = ebpf
            .maps()
            .map(|(name, map)| Ok((name.to_owned(), Map::duplicate(name, map_fd(map))?)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        Ok(Arc::new_cyclic(|object| Self {
            closed: AtomicBool::new(false),
            programs: ebpf
                .programs()
                .map(|(name, program)| {
                    (
                        name.to_owned(),
                        Arc::new(ProgramCell::of_object(name, program, object.clone())),
                    )
                })
                .collect(),
            maps: Mutex::new(maps),
            ebpf: Mutex::new(ebpf),
        }))
    }

    /// Whether it is still open; `ERR_EBPF_CLOSED` if not.
    pub(crate) fn open(&self) -> Result<()> {
        if self.is_closed() {
            Err(Error::closed("the object"))
        } else {
            Ok(())
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Detaches the links that its programs own and closes the descriptors. aya's part ends with the last holder:
    /// a load that is running finishes first.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for program in self.programs.values() {
            program.release();
        }
        self.maps().clear();
    }

    pub(crate) fn programs(&self) -> &BTreeMap<String, Arc<ProgramCell>> {
        &self.programs
    }

    /// The maps that have not been taken.
    pub(crate) fn maps(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Map>>> {
        self.maps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// aya's part, for the JavaScript thread: it does not wait.
    pub(crate) fn try_lock(&self) -> Result<MutexGuard<'_, Ebpf>> {
        self.ebpf.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::busy("the object"),
            TryLockError::Poisoned(_) => poisoned(),
        })
    }

    /// aya's part, for a thread of the pool.
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, Ebpf>> {
        self.ebpf.lock().map_err(|_poison| poisoned())
    }
}

/// The names of the programs and maps in an object.
pub(crate) fn names(what: &str, data: &[u8]) -> Result<(Vec<String>, Vec<String>)> {
    elf::check(data).map_err(|error| error.prefix(&format!("cannot open {what}")))?;
    let object =
        aya_obj::Object::parse(data).map_err(|error| failure::open(what, &error.into()))?;
    Ok((
        object.programs.into_keys().collect(),
        object.maps.into_keys().collect(),
    ))
}

/// aya's error for a variable that must exist is the one for any symbol.
fn open_error(what: &str, data: &[u8], error: &EbpfError, options: &LoadOptions) -> Error {
    match error {
        EbpfError::ParseError(ParseError::SymbolNotFound { name })
            if options.requires_global(name) =>
        {
            let globals = elf::globals(data).unwrap_or_default().join(", ");
            Error::new(
                Code::NotFound,
                format!("the object has no global variable \"{name}\". It has: {globals}"),
            )
        }
        _ => failure::open(what, error),
    }
}

fn poisoned() -> Error {
    Error::internal(String::from(
        "an earlier internal error has left this object in an unknown state; close it",
    ))
}

macro_rules! map_variants {
    ($($variant:ident),+ $(,)?) => {
        /// The descriptor of aya's map, whatever its kind.
        fn map_fd(map: &maps::Map) -> std::os::fd::BorrowedFd<'_> {
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
