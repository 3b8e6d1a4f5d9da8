//! What the relocations of one object may cost together: types that contain themselves would have no end.

use std::cell::Cell;

/// How many members, values and pairs of types are looked at, and how many more for each relocation: the largest structs
/// of a kernel have some hundred members.
const FIRST: u32 = 1 << 21;
const EACH: u32 = 1 << 11;

/// What is left of it.
pub(super) struct Effort {
    left: Cell<u32>,
}

impl Effort {
    pub(super) fn new(relocations: usize) -> Self {
        let relocations = u32::try_from(relocations).unwrap_or(u32::MAX);
        Self {
            left: Cell::new(relocations.saturating_mul(EACH).saturating_add(FIRST)),
        }
    }

    /// Takes one of what is left; whether there was one.
    pub(super) fn spend(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}
