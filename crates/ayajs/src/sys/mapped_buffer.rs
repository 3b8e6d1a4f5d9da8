//! Memory of maps as JavaScript sees it.

use std::{ffi::c_void, ptr, sync::Arc};

use napi::{
    Env,
    sys::{self as node, napi_env, napi_value},
};

use super::{Interrupted, Mapping, ok};

/// The memory as an `ArrayBuffer`, which has a share in the mapping: it is there until that is collected, or detached.
/// `None` where the engine allows no memory but its own. To be called once: no two may be over the same memory.
pub(crate) fn mapped_buffer(
    env: &Env,
    mapping: &Arc<Mapping>,
) -> Result<Option<napi_value>, Interrupted> {
    let share = Arc::into_raw(Arc::clone(mapping)).cast_mut();
    let mut value = ptr::null_mut();
    // SAFETY: the memory is there until the share is dropped, which Node-API has done by `drop_share`, once, when nobody can
    // reach the buffer any more.
    let status = unsafe {
        node::napi_create_external_arraybuffer(
            env.raw(),
            mapping.start().as_ptr().cast(),
            mapping.length(),
            Some(drop_share),
            share.cast(),
            &raw mut value,
        )
    };
    if status == node::Status::napi_no_external_buffers_allowed {
        // SAFETY: refused before anything else, so that nobody else has this share.
        drop(unsafe { Arc::from_raw(share.cast_const()) });
        return Ok(None);
    }
    // After any other failure the share may be somebody's: better never drop it than twice.
    ok(status)?;
    Ok(Some(value))
}

extern "C" fn drop_share(_env: napi_env, _data: *mut c_void, share: *mut c_void) {
    // SAFETY: the share that `mapped_buffer` gave to the buffer.
    drop(unsafe { Arc::from_raw(share.cast::<Mapping>().cast_const()) });
}
