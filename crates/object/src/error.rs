//! Why an object is refused.

use std::{borrow::Cow, fmt};

/// What the crate's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Which kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The type information is malformed.
    Btf,
    /// Something is named that the object does not have.
    NotFound,
    /// A value does not fit what it is for.
    OutOfRange,
    /// It needs what cannot be carried.
    Unsupported,
    /// The file is malformed, or is no eBPF object for this machine.
    Parse,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind of failure.
    pub kind: Kind,
    /// What is wrong, in words for the object's author.
    pub message: String,
    /// The section that it is about.
    pub section: Option<String>,
    /// Where in that section, in bytes; in the file, when there is no section.
    pub offset: Option<u64>,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            section: None,
            offset: None,
        }
    }

    /// About a place in a section, which the message begins with.
    pub(crate) fn in_section(
        kind: Kind,
        section: &str,
        offset: impl TryInto<u64>,
        reason: impl AsRef<str>,
    ) -> Self {
        let offset = offset.try_into().unwrap_or(u64::MAX);
        Self {
            kind,
            message: format!("section {section}, offset {offset}: {}", reason.as_ref()),
            section: Some(section.to_owned()),
            offset: Some(offset),
        }
    }
}

/// A name as it is put into words: without a limit, an object could have some megabytes said for each relocation.
pub(crate) fn shortened(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()).into(),
        None => name.into(),
    }
}

/// In characters.
const MAX_SHOWN: usize = 200;

/// A file that cannot be read, mostly in the words of the reader of ELF.
pub(crate) fn malformed(reason: impl fmt::Display) -> Error {
    Error::new(
        Kind::Parse,
        format!("the ELF file is malformed: {reason}; the object may be truncated"),
    )
}
