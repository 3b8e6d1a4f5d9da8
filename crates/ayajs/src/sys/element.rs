//! One element of a map at a time, at the speed of the system call: functions of raw Node-API, without arguments or results,
//! on memory that JavaScript shares. napi's own methods cost a lock and two look-ups a call, a third of the system call.
//!
//! All maps of an environment have the same functions: V8 calls a function faster where it knows which one it is.

use std::{
    cell::RefCell,
    ffi::c_void,
    io, ptr,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

use aya_obj::generated::bpf_cmd;
use napi::{
    Env,
    sys::{self as node, napi_callback, napi_callback_info, napi_env, napi_value},
};

use super::{Control, Interrupted, MapFd, NotShared, Property, Shared, js, js_object, ok, set};

/// The status of a call once the map is closed; errors of the kernel are positive.
const CLOSED: i32 = -1;

/// Where the parts of an element are in its memory.
pub(crate) struct ElementLayout {
    pub(crate) key: usize,
    pub(crate) value: usize,
    pub(crate) next_key: usize,
    pub(crate) size: usize,
}

impl ElementLayout {
    pub(crate) fn of(map: &MapFd) -> Self {
        let key_room = whole_words(map.key_size());
        let value = key_room;
        let next_key = value + whole_words(map.value_bytes());
        Self {
            key: 0,
            value,
            next_key,
            // Maps without keys and values (ring buffers) have an element all the same, which the kernel refuses.
            size: (next_key + key_room).max(size_of::<u64>()),
        }
    }
}

/// An object with one function for each command, on the element that `control` names.
pub(crate) fn element_functions(env: &Env, control: napi_value) -> Result<napi_value, NotShared> {
    let commands = Rc::new(Commands {
        control: Control::of(env, control)?,
        elements: Elements::here(),
    });
    let functions = js_object(env, &[])?;
    for (name, callback) in FUNCTIONS {
        let data = Rc::into_raw(Rc::clone(&commands));
        let function = js(|value| {
            let data = data.cast_mut().cast::<c_void>();
            // SAFETY: the callback reads the data as what it is.
            unsafe { node::napi_create_function(env.raw(), ptr::null(), 0, callback, data, value) }
        });
        // SAFETY: the pointer is a share in `commands`, and nobody else's.
        let function = unsafe { keep::<Commands>(env, function, data) }?;
        set(env, functions, name, function)?;
    }
    Ok(functions)
}

/// An object that stands for an element in `memory`: its `index` is what `control` names it by, as long as the object lives.
pub(crate) fn element(env: &Env, map: &MapFd, memory: napi_value) -> Result<napi_value, NotShared> {
    let layout = ElementLayout::of(map);
    let memory = Shared::of(env, memory, layout.size)?;
    let place = Place::take(Element {
        fd: Arc::clone(map.number()),
        // Maps without keys (queues, stacks, Bloom filters) want a null pointer.
        key: match map.key_size() {
            0 => 0,
            _ => memory.address(layout.key),
        },
        value: memory.address(layout.value),
        next_key: memory.address(layout.next_key),
        _memory: memory,
    })?;
    let object = js_object(
        env,
        &[("index", Property::Number(place.index.cast_signed()))],
    );
    // SAFETY: the pointer is the only share in the place.
    let object = unsafe { keep::<Place>(env, object, Rc::into_raw(Rc::new(place))) }?;
    Ok(object)
}

/// What the functions of one call of `element_functions` work on. Only the thread of their environment uses it.
struct Commands {
    control: Control,
    elements: Rc<Elements>,
}

/// One element's memory, for one map.
struct Element {
    /// The map's, or -1 once that has closed it.
    fd: Arc<AtomicI32>,
    key: u64,
    value: u64,
    next_key: u64,
    /// Where these three lie.
    _memory: Shared,
}

impl Element {
    fn run(&self, command: bpf_cmd, key: u64, value: u64, flags: u64) -> i32 {
        let fd = self.fd.load(Ordering::Relaxed);
        if fd < 0 {
            return CLOSED;
        }
        let attr = ElementAttr {
            map_fd: fd.cast_unsigned(),
            padding: 0,
            key,
            value,
            flags,
        };
        // SAFETY: `attr` is alive and as large as stated. Its addresses lie in memory that `_memory` keeps, and what they
        // point to is as large as what the kernel reads and writes for this map: `ElementLayout` has seen to it.
        let result = unsafe {
            libc::syscall(
                libc::SYS_bpf,
                command as libc::c_long,
                &raw const attr,
                size_of::<ElementAttr>(),
            )
        };
        if result < 0 {
            // The system call has just set it.
            return io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EIO);
        }
        0
    }
}

/// The arm of `union bpf_attr` for elements: the kernel takes attributes that end where the last one used does.
#[repr(C)]
struct ElementAttr {
    map_fd: u32,
    padding: u32,
    key: u64,
    /// Or the next key.
    value: u64,
    flags: u64,
}

const FUNCTIONS: [(&str, napi_callback); 6] = [
    ("lookup", Some(lookup)),
    ("update", Some(update)),
    ("delete", Some(delete)),
    ("lookupAndDelete", Some(lookup_and_delete)),
    ("nextKey", Some(next_key)),
    ("firstKey", Some(first_key)),
];

extern "C" fn lookup(env: napi_env, info: napi_callback_info) -> napi_value {
    call(env, info, |element, flags| {
        element.run(
            bpf_cmd::BPF_MAP_LOOKUP_ELEM,
            element.key,
            element.value,
            flags,
        )
    })
}

extern "C" fn update(env: napi_env, info: napi_callback_info) -> napi_value {
    call(env, info, |element, flags| {
        element.run(
            bpf_cmd::BPF_MAP_UPDATE_ELEM,
            element.key,
            element.value,
            flags,
        )
    })
}

extern "C" fn delete(env: napi_env, info: napi_callback_info) -> napi_value {
    call(env, info, |element, _flags| {
        element.run(bpf_cmd::BPF_MAP_DELETE_ELEM, element.key, 0, 0)
    })
}

extern "C" fn lookup_and_delete(env: napi_env, info: napi_callback_info) -> napi_value {
    call(env, info, |element, flags| {
        let command = bpf_cmd::BPF_MAP_LOOKUP_AND_DELETE_ELEM;
        element.run(command, element.key, element.value, flags)
    })
}

extern "C" fn next_key(env: napi_env, info: napi_callback_info) -> napi_value {
    call(env, info, |element, _flags| {
        element.run(
            bpf_cmd::BPF_MAP_GET_NEXT_KEY,
            element.key,
            element.next_key,
            0,
        )
    })
}

extern "C" fn first_key(env: napi_env, info: napi_callback_info) -> napi_value {
    call(env, info, |element, _flags| {
        element.run(bpf_cmd::BPF_MAP_GET_NEXT_KEY, 0, element.next_key, 0)
    })
}

/// Nothing in here can panic: there is no guard on this way. Returns null, which is `undefined`.
fn call(
    env: napi_env,
    info: napi_callback_info,
    run: impl FnOnce(&Element, u64) -> i32,
) -> napi_value {
    let mut data = ptr::null_mut();
    // SAFETY: `info` is that of the running call; null for what is not asked for.
    unsafe {
        node::napi_get_cb_info(
            env,
            info,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut data,
        )
    };
    // SAFETY: the data of these functions is the pointer that `element_functions` made of its `Rc`, or still null.
    if let Some(Commands { control, elements }) = unsafe { data.cast::<Commands>().as_ref() } {
        let flags = control.flags();
        let status = elements.with(control.element(), |element| run(element, flags));
        control.set_status(status.unwrap_or(CLOSED));
    }
    ptr::null_mut()
}

/// The elements of a thread's environment by their indexes. An index from JavaScript may be anything.
#[derive(Default)]
struct Elements {
    places: RefCell<Vec<Option<Element>>>,
    free: RefCell<Vec<u32>>,
}

impl Elements {
    /// Of this thread. An environment has a thread of its own; elements last as long as the objects that stand for them.
    fn here() -> Rc<Self> {
        thread_local! {
            static HERE: Rc<Elements> = Rc::default();
        }
        HERE.with(Rc::clone)
    }

    /// Nothing that `run` does may come back here.
    fn with<T>(&self, index: u32, run: impl FnOnce(&Element) -> T) -> Option<T> {
        let places = self.places.try_borrow().ok()?;
        let element = places.get(index as usize)?.as_ref()?;
        Some(run(element))
    }
}

/// The place of an element among the others, until this is dropped.
struct Place {
    elements: Rc<Elements>,
    index: u32,
}

impl Place {
    fn take(element: Element) -> Result<Self, Interrupted> {
        let elements = Elements::here();
        let mut places = elements.places.borrow_mut();
        let index = if let Some(index) = elements.free.borrow_mut().pop() {
            index
        } else {
            places.push(None);
            u32::try_from(places.len() - 1).map_err(|_error| Interrupted)?
        };
        *places.get_mut(index as usize).ok_or(Interrupted)? = Some(element);
        drop(places);
        Ok(Self { elements, index })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let element = self
            .elements
            .places
            .borrow_mut()
            .get_mut(self.index as usize)
            .and_then(Option::take);
        self.elements.free.borrow_mut().push(self.index);
        // What comes with its end does not find the places borrowed.
        drop(element);
    }
}

/// Has a new object or function of JavaScript keep what `data` points to, until it is collected.
///
/// # Safety
///
/// `data` is from `Rc::into_raw`, and nobody else drops that share.
unsafe fn keep<T>(
    env: &Env,
    value: Result<napi_value, Interrupted>,
    data: *const T,
) -> Result<napi_value, Interrupted> {
    let kept = value.and_then(|value| {
        // SAFETY: Node-API calls the finalizer once, after the last call of a function.
        ok(unsafe {
            node::napi_add_finalizer(
                env.raw(),
                value,
                data.cast_mut().cast::<c_void>(),
                Some(release::<T>),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        })?;
        Ok(value)
    });
    if kept.is_err() {
        // SAFETY: the caller's promise; the value, if there is one, is never given to JavaScript.
        drop(unsafe { Rc::from_raw(data) });
    }
    kept
}

extern "C" fn release<T>(_env: napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the share that `keep` was given for a value that has been collected.
    drop(unsafe { Rc::from_raw(data.cast_const().cast::<T>()) });
}

fn whole_words(size: usize) -> usize {
    size.next_multiple_of(size_of::<u64>())
}
