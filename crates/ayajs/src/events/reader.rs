//! `RingReader`: the one reader of a ring buffer, or of the perf buffers of a map, in this process.

use std::{
    collections::BTreeSet,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use aya_obj::generated::bpf_map_info;
use napi::{
    Env,
    bindgen_prelude::{Uint8ArraySlice, Uint32ArraySlice},
};
use napi_derive::napi;

use super::{
    poller::{Poller, poller},
    source::Source,
};
use crate::{
    args,
    error::{Code, Error, Result},
    guard::guard,
    maps::{self, Map, MapData},
    sys::{self, Corrupt, Drained, End, Target},
};

/// No block is used beyond this: the kernel has no larger records (`RINGBUF_MAX_RECORD_SZ`).
const LARGEST_BLOCK: usize = 1 << 30;
/// What [`packed`] has room for.
const MOST_RECORDS: u32 = 1 << 16;
/// The size of each CPU's buffer where nobody says, in pages.
const USUAL_PAGES: f64 = 16.0;

/// An open reader. It belongs to its map, and ends with it.
pub(crate) struct Reader {
    map: String,
    /// What the poller calls it. No two readers of this process ever have the same.
    name: u32,
    size: u64,
    state: Mutex<State>,
    poller: OnceLock<Arc<Poller>>,
    _claim: Claim,
}

struct State {
    source: Source,
    consumed: Consumed,
}

/// What has been read since the reader was opened.
#[derive(Clone, Copy, Default)]
struct Consumed {
    records: u64,
    bytes: u64,
    discarded: u64,
    lost: u64,
}

/// The next name of a reader.
static NAMES: AtomicU32 = AtomicU32::new(0);

impl Reader {
    fn open(map: &Map, fd: OwnedFd, info: &bpf_map_info, pages: u32) -> Result<Arc<Self>> {
        let claim = Claim::new(map.name(), info.id)?;
        let (source, size) = Source::open(map.name(), fd, info, pages)?;
        Ok(Arc::new(Self {
            map: map.name().to_owned(),
            name: NAMES.fetch_add(1, Ordering::Relaxed),
            size,
            state: Mutex::new(State {
                source,
                consumed: Consumed::default(),
            }),
            poller: OnceLock::new(),
            _claim: claim,
        }))
    }

    fn drain(&self, target: Target<'_>) -> Result<Drained> {
        let State { source, consumed } = &mut *self.state();
        let drained = source
            .drain(target, &mut consumed.lost)
            .map_err(|corrupt| self.corrupt(corrupt))?;
        consumed.records += u64::from(drained.records);
        consumed.bytes += drained.bytes as u64;
        consumed.discarded += u64::from(drained.discarded);
        Ok(drained)
    }

    fn arm(&self) -> Result<()> {
        let state = self.state();
        let fds = state.source.fds();
        let poller = if let Some(poller) = self.poller.get() {
            poller
        } else {
            let poller = poller()?;
            for (added, fd) in fds.iter().enumerate() {
                if let Err(error) = poller.add(*fd, self.name) {
                    for fd in fds.iter().take(added) {
                        poller.remove(*fd, self.name);
                    }
                    return Err(error);
                }
            }
            self.poller.get_or_init(|| poller)
        };
        for fd in fds {
            poller.arm(fd, self.name)?;
        }
        Ok(())
    }

    fn corrupt(&self, Corrupt { length }: Corrupt) -> Error {
        let what = if length == 0 {
            String::new()
        } else {
            format!(" (a record of {length} bytes)")
        };
        let message = format!(
            "the buffer of \"{}\" does not hold what the kernel writes{what}: somebody else reads from it, or writes to the position of its reader. What was in it has been skipped",
            self.map
        );
        Error::new(Code::Map, message).text("map", &self.map)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(poller) = self.poller.get() {
            for fd in self.state().source.fds() {
                poller.remove(fd, self.name);
            }
        }
    }
}

/// The right to read from a ring buffer. A record goes to one reader, so two would each see a part without knowing it:
/// the kernel keeps one position for all.
struct Claim(u32);

impl Claim {
    fn new(map: &str, id: u32) -> Result<Self> {
        if claimed().insert(id) {
            return Ok(Self(id));
        }
        let message = format!(
            "{} (id {id}) has a reader in this process: records go to one reader only",
            maps::called(map)
        );
        Err(Error::new(Code::Busy, message).text("map", map))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        claimed().remove(&self.0);
    }
}

/// The ids of the maps that are being read, in whatever thread.
fn claimed() -> MutexGuard<'static, BTreeSet<u32>> {
    static CLAIMED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a reader knows about its ring.
#[napi(object)]
pub struct RingReaderStats {
    /// Records that were read since the reader was opened.
    pub records: f64,
    /// Their bytes, with headers of 8 bytes and filling.
    pub bytes: f64,
    /// Records that the program had discarded.
    pub discarded: f64,
    /// Bytes that wait in the ring, with headers, filling, and records that are discarded or being written.
    pub pending_bytes: f64,
    /// The size of the ring in bytes; of the buffers of all CPUs where there is one for each.
    pub size: f64,
    /// Records that found no room, where the kernel counts them: not for ring buffers.
    pub lost: f64,
}

/// The reader of a ring buffer. There is one in a process at a time.
///
/// The handle owns nothing: the reader lives until `close()`, or the end of its map.
#[napi]
pub struct RingReader {
    map: Weak<Map>,
    reader: Weak<Reader>,
}

#[napi]
impl RingReader {
    /// Maps the ring into memory, and goes on where its last reader has stopped; or opens a buffer for each CPU that is
    /// online.
    ///
    /// @param pages The size of each of those, in pages: a power of two. Default: 16.
    /// @throws `ERR_EBPF_BUSY` when it has a reader in this process, in whatever thread; `ERR_EBPF_MAP` for a map of
    ///   another type; `ERR_EBPF_UNSUPPORTED`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn open(env: Env, map: &MapData, pages: Option<f64>) -> napi::Result<RingReader> {
        guard(env, || {
            let pages = args::integer("pages", pages.unwrap_or(USUAL_PAGES), 1, 1 << 20)?;
            if !pages.is_power_of_two() {
                let message = format!(
                    "The value of \"pages\" is out of range. It must be a power of two. Received {pages}"
                );
                return Err(Error::new(Code::OutOfRange, message));
            }
            let opened = map.with(|map, fd| {
                let own = sys::duplicate(fd.raw()).map_err(|error| {
                    maps::failed(map.name(), "cannot read from", "fcntl", &error)
                })?;
                Reader::open(map, own, fd.info(), pages)
            })?;
            let map = map.map()?;
            let handle = Self {
                map: Arc::downgrade(&map),
                reader: Arc::downgrade(&opened),
            };
            *map.reader() = Some(opened);
            Ok(handle)
        })
    }

    /// What `setRingWaker`'s function calls this reader.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi(getter)]
    pub fn id(&self, env: Env) -> napi::Result<u32> {
        guard(env, || Ok(self.reader()?.name))
    }

    /// Copies records into `block`, one after the other: 4 bytes of length, 4 of no meaning, the record, filled up to a
    /// multiple of 8.
    ///
    /// @param limit How many records at most. No call copies more than 65,536.
    /// @param index Takes where each record begins in `block`. No call copies more records than it has room for.
    /// @returns Three numbers in one, from the lowest bits on: how it ended, in 3 bits (0: empty, 1: the next record is
    ///   being written, 2: there may be more, 3: the next record is larger than the block); how many records, in 17 bits;
    ///   how many bytes were written, or the next record needs if it is too large, in units of 8.
    /// @throws `ERR_EBPF_MAP` when somebody else has moved the reader's position; `ERR_OUT_OF_RANGE` when `index` shares
    ///   memory with `block`; `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn drain(
        &self,
        env: Env,
        mut block: Uint8ArraySlice<'_>,
        limit: f64,
        mut index: Option<Uint32ArraySlice<'_>>,
    ) -> napi::Result<f64> {
        guard(env, || {
            let reader = self.reader()?;
            let limit = args::integer("limit", limit, 0, u32::MAX)?.min(MOST_RECORDS);
            let block = sys::js_bytes_mut(&mut block);
            let length = block.len().min(LARGEST_BLOCK);
            let block = block.get_mut(..length).unwrap_or_default();
            let index = match &mut index {
                Some(index) => Some(sys::js_numbers_mut(index, block).ok_or_else(shared_memory)?),
                None => None,
            };
            let target = Target {
                bytes: block,
                index,
                limit,
                base: 0,
            };
            Ok(packed(&reader.drain(target)?))
        })
    }

    /// Has `setRingWaker`'s function called once, when there is or comes something to read, or the reader is closed.
    ///
    /// @throws `ERR_EBPF_SYSCALL` when there can be no thread for it; `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn arm(&self, env: Env) -> napi::Result<()> {
        guard(env, || self.reader()?.arm())
    }

    /// What the reader knows about its ring.
    ///
    /// @throws `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn stats(&self, env: Env) -> napi::Result<RingReaderStats> {
        guard(env, || {
            let reader = self.reader()?;
            let State { source, consumed } = &*reader.state();
            Ok(RingReaderStats {
                records: to_number(consumed.records),
                bytes: to_number(consumed.bytes),
                discarded: to_number(consumed.discarded),
                pending_bytes: to_number(source.pending()),
                size: to_number(reader.size),
                lost: to_number(consumed.lost),
            })
        })
    }

    /// Ends the reader, so that another one can be opened. Twice does nothing.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            if let (Some(map), Some(reader)) = (self.map.upgrade(), self.reader.upgrade()) {
                let mut current = map.reader();
                if current
                    .as_ref()
                    .is_some_and(|open| Arc::ptr_eq(open, &reader))
                {
                    *current = None;
                }
            }
            Ok(())
        })
    }

    /// Whether the reader has ended, by `close()` or with its map.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || Ok(self.reader.upgrade().is_none()))
    }
}

impl RingReader {
    fn reader(&self) -> Result<Arc<Reader>> {
        self.reader
            .upgrade()
            .ok_or_else(|| Error::closed("the reader of the ring buffer, or its map,"))
    }
}

fn shared_memory() -> Error {
    Error::new(
        Code::OutOfRange,
        "The value of \"index\" is out of range. It must share no memory with \"block\"",
    )
}

/// See [`RingReader::drain`].
fn packed(drained: &Drained) -> f64 {
    let written = drained.bytes as u64;
    let (end, bytes) = match drained.end {
        End::Empty => (0, written),
        End::Busy => (1, written),
        End::More => (2, written),
        End::TooLarge(needed) => (3, needed),
    };
    to_number((bytes / 8) << 20 | u64::from(drained.records) << 3 | end)
}

/// Exact up to 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of records and bytes stay below 2^53"
)]
fn to_number(count: u64) -> f64 {
    count as f64
}
