//! Loading a program on libuv's pool.

use napi::{Env, Task};

use super::CellRef;
use crate::{error::Result, guard::catch};

/// Runs the verifier off the JavaScript thread.
pub struct LoadTask {
    cell: CellRef,
}

impl LoadTask {
    pub(super) fn new(cell: CellRef) -> Self {
        Self { cell }
    }
}

impl Task for LoadTask {
    type Output = Result<()>;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<Self::Output> {
        // Upgraded only now: a load that has not begun does not keep a closed object alive.
        Ok(catch(|| self.cell.upgrade()?.load(true)))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map_err(|error| error.reject(env))
    }
}
