//! What an environment owns: everything open that no other object of ours owns, released when the environment ends.

use std::{
    cell::RefCell,
    collections::HashMap,
    mem::ManuallyDrop,
    os::fd::OwnedFd,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Once},
};

use napi::Env;
use napi_derive::napi;

use crate::{error, links::Link, maps::Map, open::Object, programs::ProgramCell, sys};

/// Something that lives until it is released, or until its environment ends.
pub(crate) enum Owned {
    Object(Arc<Object>),
    Link(Arc<Link>),
    Map(Arc<Map>),
    Program(Arc<ProgramCell>),
    Stats(Arc<OwnedFd>),
}

/// Makes the current environment the owner of `owned`.
pub(crate) fn own(owned: Owned) {
    REGISTRY.with(|registry| registry.borrow_mut().insert(owned.key(), owned));
}

/// Takes `resource` out of the registry, and tells whether it was there. It ends with its last holder: the caller, or
/// the task that is using it.
pub(crate) fn release<T>(resource: &Arc<T>) -> bool {
    REGISTRY
        .with(|registry| registry.borrow_mut().remove(&key(resource)))
        .is_some()
}

impl Owned {
    fn key(&self) -> usize {
        match self {
            Self::Object(object) => key(object),
            Self::Link(link) => key(link),
            Self::Map(map) => key(map),
            Self::Program(program) => key(program),
            Self::Stats(fd) => key(fd),
        }
    }
}

/// An allocation's address names it as long as somebody holds it, and the registry does.
fn key<T>(resource: &Arc<T>) -> usize {
    Arc::as_ptr(resource).addr()
}

thread_local! {
    // An environment has a thread of its own (the main thread, or a worker's). Without a destructor: glibc would run that of
    // the main thread when the process exits, before `drain`, and musl would not.
    static REGISTRY: ManuallyDrop<RefCell<HashMap<usize, Owned>>> =
        ManuallyDrop::new(RefCell::default());
}

/// Called once per environment, when the addon is loaded into it.
#[napi(module_exports)]
pub fn initialize(_exports: napi::bindgen_prelude::Object, env: Env) -> napi::Result<()> {
    static AT_EXIT: Once = Once::new();

    AT_EXIT.call_once(|| sys::at_exit(drain));
    env.add_env_cleanup_hook((), |()| {
        error::forget_factory();
        drain();
    })?;
    Ok(())
}

/// When an environment ends; and when the main thread exits, which ends its environment without a word to us
/// (`process.exit()`, exceptions that nobody catches).
extern "C" fn drain() {
    let owned = REGISTRY.with(|registry| registry.take());
    let (links, others): (Vec<_>, Vec<_>) = owned
        .into_values()
        .partition(|owned| matches!(owned, Owned::Link(_)));
    // A panic must not leave this hook: it would abort the process. What one drop leaves behind, the kernel frees.
    for owned in links.into_iter().chain(others) {
        drop(catch_unwind(AssertUnwindSafe(|| drop(owned))));
    }
}
