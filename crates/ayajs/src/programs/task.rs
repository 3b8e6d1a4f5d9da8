//! Loading a program on libuv's pool.

use std::sync::Weak;

use napi::{Env, Task};

use super::{ProgramCell, upgrade};
use crate::{error::Result, guard::catch};

/// Runs the verifier off the JavaScript thread.
pub struct LoadTask {
    cell: Weak<ProgramCell>,
}

impl LoadTask {
    pub(super) fn new(cell: Weak<ProgramCell>) -> Self {
        Self { cell }
    }
}

impl Task for LoadTask {
    type Output = Result<()>;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<Self::Output> {
        // Upgraded only now: a load that has not begun does not keep a closed object alive.
        Ok(catch(|| upgrade(&self.cell)?.load(true)))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map_err(|error| error.reject(env))
    }
}
