//! Records that programs write for user space: one reader for each map, one thread that waits for all of an environment.

mod poller;
mod reader;
mod source;

pub(crate) use self::reader::Reader;
