//! Many elements of a map in one system call.

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Uint8Array, Uint8ArraySlice},
};
use napi_derive::napi;

use super::{
    MapData,
    cursor::{Cursor, Reading, batch_error, cursor_size},
    failed,
};
use crate::{
    args,
    error::{Code, Error, Result},
    guard::{catch, guard},
    sys::{MapFd, Room},
};

/// What a batch of look-ups has read, with its buffers.
#[napi(object)]
pub struct BatchEntries {
    /// The keys, one after the other.
    pub keys: Uint8Array,
    /// The values, one after the other; of all possible CPUs each where the map is per CPU.
    pub values: Uint8Array,
    /// How many entries there are.
    pub count: u32,
    /// For the next call.
    pub cursor: Uint8Array,
}

#[napi]
impl MapData {
    /// Reads up to `maxEntries` entries that follow `cursor`, and moves that on.
    ///
    /// Requires Linux 5.6.
    ///
    /// @param cursor Of `shape().cursorSize` bytes; zeroes for the beginning. Its first byte becomes 1, or 2 at the end.
    /// @returns How many entries were read, to the beginning of the buffers; -1 when nothing was read because the buffers
    /// are smaller than the next bucket of the hash table: try with larger ones.
    /// @throws `ERR_EBPF_UNSUPPORTED` where the kernel has no such batches for the type; `RangeError` for buffers that are too
    /// small; `ERR_EBPF_MAP`, `ERR_EBPF_CLOSED`.
    #[napi]
    pub fn lookup_batch(
        &self,
        env: Env,
        cursor: Uint8ArraySlice,
        keys: Uint8ArraySlice,
        values: Uint8ArraySlice,
        max_entries: f64,
        flags: f64,
    ) -> napi::Result<f64> {
        guard(env, || {
            let (most, flags) = wanted(max_entries, flags)?;
            self.read_batch(
                cursor,
                keys,
                values,
                Reading {
                    most,
                    flags,
                    remove: false,
                },
            )
        })
    }

    /// `lookupBatch` that deletes the entries which it reads, each in one step.
    ///
    /// @throws as `lookupBatch`.
    #[napi]
    pub fn lookup_and_delete_batch(
        &self,
        env: Env,
        cursor: Uint8ArraySlice,
        keys: Uint8ArraySlice,
        values: Uint8ArraySlice,
        max_entries: f64,
        flags: f64,
    ) -> napi::Result<f64> {
        guard(env, || {
            let (most, flags) = wanted(max_entries, flags)?;
            self.read_batch(
                cursor,
                keys,
                values,
                Reading {
                    most,
                    flags,
                    remove: true,
                },
            )
        })
    }

    /// `lookupBatch`, or with `remove` `lookupAndDeleteBatch`, on a thread of libuv's pool, into buffers of its own, which it
    /// makes as large as is needed.
    ///
    /// @throws as `lookupBatch`.
    #[napi(ts_return_type = "Promise<BatchEntries>")]
    pub fn lookup_batch_async(
        &self,
        env: Env,
        cursor: &[u8],
        max_entries: f64,
        remove: bool,
        flags: f64,
    ) -> napi::Result<AsyncTask<BatchTask>> {
        guard(env, || {
            self.with(|map, fd| {
                let (most, flags) = wanted(max_entries, flags)?;
                check_size("cursor", cursor.len(), cursor_size(fd), 1)?;
                let duplicate = fd.duplicate().map_err(|error| {
                    failed(
                        &map.name,
                        "cannot duplicate the descriptor of",
                        "fcntl",
                        &error,
                    )
                })?;
                Ok(AsyncTask::new(BatchTask {
                    name: map.name.clone(),
                    fd: duplicate,
                    cursor: Cursor::of(cursor),
                    reading: Reading {
                        most,
                        flags,
                        remove,
                    },
                }))
            })
        })
    }

    /// Writes `count` entries. Requires Linux 5.6.
    ///
    /// @throws as `lookupBatch`; `completed` says how many were written before one failed.
    #[napi]
    pub fn update_batch(
        &self,
        env: Env,
        keys: &[u8],
        values: &[u8],
        count: f64,
        flags: f64,
    ) -> napi::Result<()> {
        guard(env, || {
            self.with(|map, fd| {
                let count = args::integer("count", count, 0, u32::MAX)?;
                let flags = args::integer("flags", flags, 0, u32::MAX)?;
                check_size("keys", keys.len(), fd.key_size(), count)?;
                check_size("values", values.len(), fd.value_bytes(), count)?;
                fd.update_batch(keys, values, count, flags)
                    .map_err(|failure| {
                        batch_error(
                            &map.name,
                            fd,
                            "cannot update",
                            ("BPF_MAP_UPDATE_BATCH", flags),
                            &failure,
                        )
                    })
            })
        })
    }

    /// Deletes `count` keys, and tells how many of them there were. Requires Linux 5.6.
    ///
    /// @throws as `lookupBatch`; `completed` says how many keys were seen to before one failed.
    #[napi]
    pub fn delete_batch(&self, env: Env, keys: &[u8], count: f64) -> napi::Result<u32> {
        guard(env, || {
            self.with(|map, fd| {
                let count = args::integer("count", count, 0, u32::MAX)?;
                check_size("keys", keys.len(), fd.key_size(), count)?;
                fd.delete_batch(keys, count).map_err(|failure| {
                    let what = "cannot delete from";
                    batch_error(&map.name, fd, what, ("BPF_MAP_DELETE_BATCH", 0), &failure)
                })
            })
        })
    }
}

impl MapData {
    fn read_batch(
        &self,
        mut cursor: Uint8ArraySlice,
        mut keys: Uint8ArraySlice,
        mut values: Uint8ArraySlice,
        mut reading: Reading,
    ) -> Result<f64> {
        self.with(|map, fd| {
            reading.most = reading.most.min(fd.most_entries());
            check_size("cursor", cursor.len(), cursor_size(fd), 1)?;
            check_size("keys", keys.len(), fd.key_size(), reading.most)?;
            check_size("values", values.len(), fd.value_bytes(), reading.most)?;
            // A copy: the buffers may overlap.
            let mut state = Cursor::of(&cursor);
            let rooms = (&Room::from(&mut keys), &Room::from(&mut values));
            let Some(count) = state.read(&map.name, fd, rooms, reading)? else {
                return Ok(-1.0);
            };
            Room::from(&mut cursor).write(&state.0);
            Ok(count.into())
        })
    }
}

fn wanted(max_entries: f64, flags: f64) -> Result<(u32, u32)> {
    let most = args::integer("maxEntries", max_entries, 1, u32::MAX)?;
    Ok((most, args::integer("flags", flags, 0, u32::MAX)?))
}

/// Reads a batch on libuv's pool, through a descriptor of its own: the map may be closed meanwhile.
pub struct BatchTask {
    name: String,
    fd: MapFd,
    cursor: Cursor,
    reading: Reading,
}

/// What was read, and the cursor if there is more.
pub struct Entries {
    keys: Vec<u8>,
    values: Vec<u8>,
    count: u32,
    cursor: Vec<u8>,
}

impl BatchTask {
    fn read(&mut self) -> Result<Entries> {
        let fd = &self.fd;
        let mut reading = self.reading;
        reading.most = reading.most.min(fd.info().max_entries.max(1));
        loop {
            reading.most = reading.most.min(fd.most_entries());
            let mut keys = self.buffer(fd.key_size(), reading.most)?;
            let mut values = self.buffer(fd.value_bytes(), reading.most)?;
            let rooms = (
                &Room::from(keys.as_mut_slice()),
                &Room::from(values.as_mut_slice()),
            );
            if let Some(count) = self.cursor.read(&self.name, fd, rooms, reading)? {
                keys.truncate(fd.key_size() * count as usize);
                values.truncate(fd.value_bytes() * count as usize);
                let cursor = std::mem::take(&mut self.cursor.0);
                return Ok(Entries {
                    keys,
                    values,
                    count,
                    cursor,
                });
            }
            reading.most = reading.most.saturating_mul(2);
        }
    }

    fn buffer(&self, size: usize, count: u32) -> Result<Vec<u8>> {
        let size = size.saturating_mul(count as usize);
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(size).map_err(|_full| {
            let error = std::io::Error::from_raw_os_error(libc::ENOMEM);
            failed(&self.name, "cannot get memory for", "mmap", &error)
        })?;
        buffer.resize(size, 0);
        Ok(buffer)
    }
}

impl Task for BatchTask {
    type Output = Result<Entries>;
    type JsValue = BatchEntries;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(catch(|| self.read()))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        match output {
            Ok(entries) => Ok(BatchEntries {
                keys: entries.keys.into(),
                values: entries.values.into(),
                count: entries.count,
                cursor: entries.cursor.into(),
            }),
            Err(error) => Err(error.reject(env)),
        }
    }
}

/// Whether `count` things of `size` bytes fit into `length` bytes.
fn check_size(name: &str, length: usize, size: usize, count: u32) -> Result<()> {
    let needed = size.saturating_mul(count as usize);
    if length >= needed {
        return Ok(());
    }
    Err(Error::new(
        Code::OutOfRange,
        format!(
            "The value of \"{name}\" is out of range. It must be at least {needed} bytes large. Received {length} bytes"
        ),
    ))
}
