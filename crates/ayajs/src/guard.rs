//! The one guard that everything exported runs in: failures become JavaScript errors, panics too.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Once,
};

use napi::Env;

use crate::error::{Error, Result};

/// Runs an exported function's body on the JavaScript thread.
pub(crate) fn guard<T>(env: Env, run: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    catch(run).map_err(|error| error.throw(env))
}

/// Runs work on whatever thread; a panic comes back as `ERR_EBPF_INTERNAL`.
pub(crate) fn catch<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_panic(run).unwrap_or_else(|panic| Err(Error::internal(panic)))
}

/// Runs what may panic because of what it is given, and gives the panic's text. What it was working on must not be used
/// again.
pub(crate) fn catch_panic<T>(run: impl FnOnce() -> T) -> std::result::Result<T, String> {
    install_hook();
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(run));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|_payload| LAST_PANIC.take().unwrap_or_default())
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps a panic's text for the error, instead of printing it into the user's terminal. The hook is that of the Rust
/// runtime inside this addon: other addons have their own.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if DEPTH.get() > 0 {
                LAST_PANIC.set(Some(panic.to_string()));
            } else {
                previous(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn a_panic_becomes_an_internal_error_with_its_text_and_place() {
        let error = catch::<()>(|| {
            panic!("on purpose");
        })
        .unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(
            error.message().contains("on purpose"),
            "{}",
            error.message()
        );
        assert!(error.message().contains("guard.rs"), "{}", error.message());
    }

    #[test]
    fn a_panic_that_is_expected_gives_its_text_and_leaves_the_next_call_alone() {
        let text = catch_panic(|| -> u8 { panic!("in aya") }).unwrap_err();
        assert!(text.contains("in aya"), "{text}");
        assert_eq!(catch_panic(|| 7), Ok(7));
    }

    #[test]
    fn a_guarded_call_inside_a_guarded_call_keeps_its_own_result() {
        let outer = catch(|| {
            let inner = catch::<()>(|| Err(Error::closed("the inner one")));
            assert!(inner.is_err());
            Ok(7)
        });
        assert_eq!(outer.unwrap(), 7);
    }
}
