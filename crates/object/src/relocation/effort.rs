//! What the relocations of one object may cost together: types that contain themselves would have no end.

use std::cell::Cell;

/// How many members, values and pairs of types are looked at: a hundred times what large objects need.
const LIMIT: u32 = 1 << 23;

/// What is left of it.
pub(super) struct Effort {
    left: Cell<u32>,
}

impl Effort {
    pub(super) fn new() -> Self {
        Self {
            left: Cell::new(LIMIT),
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
