//! What is said when a command on a map fails: with the reason, where the map itself tells it.

use std::io;

use super::{info::Access, map_type};
use crate::{
    error::{Code, Error},
    failure,
    sys::MapFd,
};

/// The kernel's own numbers, which libc has no names for.
const ENOTSUPP: i32 = 524;

/// The flag of lookups and updates that hold the lock of the value (linux/bpf.h).
const BPF_F_LOCK: u32 = 4;

const NO_LOCK: &str = "its values have no bpf_spin_lock, which the option lock is to hold";
const NO_LOCK_REMEDY: &str =
    "Leave the option out, or declare a struct bpf_spin_lock in the C type of the values.";

const LONG_PREFIX: &str = "the prefix is longer than the key";

/// What messages call a map: those that somebody made without a name have none.
pub(crate) fn called(name: &str) -> String {
    if name.is_empty() {
        String::from("the map")
    } else {
        format!("map \"{name}\"")
    }
}

/// A command that failed. `what` begins the message, as in `cannot walk`.
pub(crate) fn failed(name: &str, what: &str, command: &'static str, error: &io::Error) -> Error {
    let message = format!("{what} {}: {error}", called(name));
    failure::permission(Error::command(Code::Map, message, command, error).text("map", name))
}

/// [`failed`], for commands on elements of an open map: what maps of its type cannot do, here or anywhere, has a code of its own.
/// `flags` are those of the command.
pub(super) fn refused(
    name: &str,
    fd: &MapFd,
    what: &str,
    command: &'static str,
    flags: u32,
    error: &io::Error,
) -> Error {
    match reason(fd, command, flags, error.raw_os_error().unwrap_or(0)) {
        None => failed(name, what, command, error),
        Some(reason) => {
            let message = format!("{what} {}: {reason}: {error}", called(name));
            let failed = Error::command(Code::Map, message, command, error).text("map", name);
            if reason == NO_LOCK {
                failed.text("remedy", NO_LOCK_REMEDY)
            } else if is_lack(error) {
                failed.recode(Code::Unsupported).text("feature", command)
            } else {
                failed
            }
        }
    }
}

/// Whether the kernel cannot do it with maps of the type.
fn is_lack(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ENOTSUPP | libc::EOPNOTSUPP))
}

pub(super) fn closed() -> Error {
    Error::closed("the map")
}

/// What the number means for this map, where that can be told.
fn reason(fd: &MapFd, command: &str, flags: u32, errno: i32) -> Option<String> {
    let info = fd.info();
    let kind = || map_type(info.type_);
    let updates = command.contains("UPDATE");
    let is = |text: &str| Some(text.to_owned());
    match errno {
        libc::E2BIG if kind().contains("Array") => {
            Some(format!("the index must be below {}", info.max_entries))
        }
        // Tries say ENOSPC where others say E2BIG.
        libc::E2BIG | libc::ENOSPC if updates => {
            Some(format!("it is full with {} entries", info.max_entries))
        }
        libc::EEXIST if updates => is("the key is there already"),
        libc::ENOENT if updates => is("there is no such key"),
        libc::EPERM | libc::EBUSY => forbidden(fd, command, errno).and_then(is),
        libc::EINVAL if command.contains("DELETE") && kind().contains("Array") => {
            is("entries of arrays cannot be deleted")
        }
        libc::EINVAL if flags & BPF_F_LOCK != 0 => is(NO_LOCK),
        libc::EINVAL if updates => unfit(&kind()).and_then(is),
        libc::EINVAL if command.contains("DELETE") && kind() == "LpmTrie" => is(LONG_PREFIX),
        ENOTSUPP | libc::EOPNOTSUPP => Some(format!(
            "the kernel does not support it for maps of type {}",
            kind()
        )),
        _ => None,
    }
}

/// What maps of some types take only of the right kind.
fn unfit(kind: &str) -> Option<&'static str> {
    match kind {
        "ArrayOfMaps" | "HashOfMaps" => {
            Some("what was given is no map like the one that it was made for")
        }
        "ProgramArray" => Some("what was given is no program of the kind that uses the array"),
        "LpmTrie" => Some(LONG_PREFIX),
        _ => None,
    }
}

/// Who or what forbids a command, if it is the map.
fn forbidden(fd: &MapFd, command: &str, errno: i32) -> Option<&'static str> {
    let access = Access::of(fd).ok()?;
    let freezes = command == "BPF_MAP_FREEZE";
    let writes = freezes || command.contains("UPDATE") || command.contains("DELETE");
    if freezes && access.frozen {
        Some("it is frozen already")
    } else if freezes && errno == libc::EBUSY {
        Some("somebody is writing to it, or has it mapped to write")
    } else if writes && !access.writes {
        Some("it is open for reading only")
    } else if writes && access.frozen {
        Some("it is frozen")
    } else if !access.reads {
        Some("it is open for writing only")
    } else {
        None
    }
}
