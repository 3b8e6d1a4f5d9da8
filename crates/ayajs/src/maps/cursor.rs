//! Where a walk by batches is, and the step to what follows.

use super::refused;
use crate::{
    error::{Code, Error, Result},
    sys::{BatchFailure, Found, MapFd, Room},
};

/// What is wanted of a batch of look-ups.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) most: u32,
    pub(super) flags: u32,
    pub(super) remove: bool,
}

/// How large a cursor is for JavaScript: where it stands, and the kernel's own.
pub(super) fn cursor_size(fd: &MapFd) -> usize {
    fd.cursor_size() + STATE
}

/// How many bytes tell where a cursor stands; the first of them does.
const STATE: usize = 8;

const BEGINNING: u8 = 0;
const AMIDST: u8 = 1;
const END: u8 = 2;

/// Where a walk is: zeroes at its beginning.
pub(super) struct Cursor(pub(super) Vec<u8>);

impl Cursor {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Reads what follows and moves on; `None` when there is too little room for it.
    pub(super) fn read(
        &mut self,
        name: &str,
        fd: &MapFd,
        rooms: (&Room<'_>, &Room<'_>),
        Reading {
            most,
            flags,
            remove,
        }: Reading,
    ) -> Result<Option<u32>> {
        let after = match self.0.first() {
            Some(&BEGINNING) => None,
            Some(&AMIDST) => self.0.get(STATE..),
            _ => {
                self.0.fill(END);
                return Ok(Some(0));
            }
        };
        let mut next = vec![0_u8; cursor_size(fd)];
        let (state, place) = next.split_at_mut(STATE);
        let found = fd
            .lookup_batch(remove, after, place, rooms, (most, flags))
            .map_err(|failure| lookup_error(name, fd, (remove, flags), &failure))?;
        let Found::Entries { count, end } = found else {
            return Ok(None);
        };
        if let Some(state) = state.first_mut() {
            *state = if end { END } else { AMIDST };
        }
        self.0 = next;
        Ok(Some(count))
    }
}

fn lookup_error(
    name: &str,
    fd: &MapFd,
    (remove, flags): (bool, u32),
    failure: &BatchFailure,
) -> Error {
    let (what, command) = if remove {
        ("cannot take from", "BPF_MAP_LOOKUP_AND_DELETE_BATCH")
    } else {
        ("cannot read", "BPF_MAP_LOOKUP_BATCH")
    };
    batch_error(name, fd, what, (command, flags), failure)
}

pub(super) fn batch_error(
    name: &str,
    fd: &MapFd,
    what: &str,
    (command, flags): (&'static str, u32),
    failure: &BatchFailure,
) -> Error {
    let error = refused(name, fd, what, command, flags, &failure.error);
    if failure.unsupported {
        return error
            .recode(Code::Unsupported)
            .text_by_default("feature", command);
    }
    error.number("completed", failure.completed)
}
