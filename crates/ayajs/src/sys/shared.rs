//! Memory that JavaScript and the addon share.

use std::{
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, Ordering},
};

use napi::{
    Env,
    sys::{self as node, napi_env, napi_ref, napi_value},
};

use super::{Interrupted, ok};

/// Why memory cannot be used.
pub(crate) enum NotShared {
    Kind,
    Size { needed: usize, received: usize },
    Interrupted,
}

impl From<Interrupted> for NotShared {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// Memory of a `SharedArrayBuffer`. Unlike that of an `ArrayBuffer` it cannot be detached, transferred or shrunk, so it stays
/// where it is as long as a reference to it is held. Other threads may write to it meanwhile: nothing in it is trusted.
pub(super) struct Shared {
    env: napi_env,
    buffer: napi_ref,
    data: NonNull<u8>,
}

impl Shared {
    /// The memory of a `Uint8Array`, if it is shared and large enough.
    pub(super) fn of(env: &Env, memory: napi_value, needed: usize) -> Result<Self, NotShared> {
        let (mut kind, mut received, mut data) = (0, 0, ptr::null_mut());
        let (mut buffer, mut offset) = (ptr::null_mut(), 0);
        // SAFETY: Node-API looks at what the value is; all pointers are ours.
        let status = unsafe {
            node::napi_get_typedarray_info(
                env.raw(),
                memory,
                &raw mut kind,
                &raw mut received,
                &raw mut data,
                &raw mut buffer,
                &raw mut offset,
            )
        };
        if status != node::Status::napi_ok || kind != node::TypedarrayType::uint8_array {
            return Err(NotShared::Kind);
        }
        let mut is_private = true;
        // SAFETY: the buffer is of this environment, the flag ours.
        ok(unsafe { node::napi_is_arraybuffer(env.raw(), buffer, &raw mut is_private) })?;
        let data = NonNull::new(data.cast::<u8>()).ok_or(NotShared::Kind)?;
        if is_private || !data.cast::<u64>().is_aligned() {
            return Err(NotShared::Kind);
        }
        if received < needed {
            return Err(NotShared::Size { needed, received });
        }
        let mut reference = ptr::null_mut();
        // SAFETY: as above.
        ok(unsafe { node::napi_create_reference(env.raw(), buffer, 1, &raw mut reference) })?;
        Ok(Self {
            env: env.raw(),
            buffer: reference,
            data,
        })
    }

    pub(super) fn address(&self, offset: usize) -> u64 {
        (self.data.as_ptr().addr() + offset) as u64
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: made in `of`, deleted once, on the thread of its environment: by a finalizer, or by a call that failed.
        unsafe { node::napi_delete_reference(self.env, self.buffer) };
    }
}

/// What a call is about and what came of it: four words of 32 bits, as JavaScript writes and reads them. The processor would
/// have to wait for a word that has just been written if it were read as half of a longer one.
pub(super) struct Control {
    memory: Shared,
}

impl Control {
    pub(super) fn of(env: &Env, memory: napi_value) -> Result<Self, NotShared> {
        let memory = Shared::of(env, memory, size_of::<[AtomicU32; 4]>())?;
        Ok(Self { memory })
    }

    pub(super) fn element(&self) -> u32 {
        let [element, ..] = self.words();
        element.load(Ordering::Relaxed)
    }

    pub(super) fn set_status(&self, status: i32) {
        let [_, word, ..] = self.words();
        word.store(status.cast_unsigned(), Ordering::Relaxed);
    }

    pub(super) fn flags(&self) -> u64 {
        let [.., low, high] = self.words();
        u64::from(low.load(Ordering::Relaxed)) | u64::from(high.load(Ordering::Relaxed)) << 32
    }

    fn words(&self) -> &[AtomicU32; 4] {
        // SAFETY: aligned, large enough, and kept; atomic, because JavaScript may write on another thread.
        unsafe { self.memory.data.cast().as_ref() }
    }
}
