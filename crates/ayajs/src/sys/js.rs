//! Making and throwing JavaScript errors without running JavaScript more than must be.

use napi::{
    Env, Unknown,
    sys::{self as node, napi_status, napi_value},
};

/// A property of the record from which an error is made.
pub(crate) enum Property<'a> {
    Text(&'a str),
    Number(i32),
    Texts(&'a [String]),
}

/// Node-API could not do it: the environment ends, or an exception is pending, such as that of a full stack.
pub(crate) struct Interrupted;

/// An object with these properties.
///
/// Raw calls, because napi's own turn a pending exception into an error by running JavaScript, over and over when the
/// stack is full.
pub(crate) fn js_object(
    env: &Env,
    properties: &[(&str, Property)],
) -> Result<napi_value, Interrupted> {
    let object = js(|value| {
        // SAFETY: the environment is the caller's, `value` is ours.
        unsafe { node::napi_create_object(env.raw(), value) }
    })?;
    for (name, property) in properties {
        let value = match property {
            Property::Text(text) => js_string(env, text)?,
            Property::Number(number) => js(|value| {
                // SAFETY: as above.
                unsafe { node::napi_create_int32(env.raw(), *number, value) }
            })?,
            Property::Texts(texts) => js_strings(env, texts)?,
        };
        set(env, object, name, value)?;
    }
    Ok(object)
}

/// An error of JavaScript's own, with these properties added.
pub(crate) fn js_error(
    env: &Env,
    class: ErrorClass,
    message: &str,
    properties: &[(&str, Property)],
) -> Result<napi_value, Interrupted> {
    let message = js_string(env, message)?;
    let make = match class {
        ErrorClass::Error => node::napi_create_error,
        ErrorClass::TypeError => node::napi_create_type_error,
        ErrorClass::RangeError => node::napi_create_range_error,
    };
    let error = js(|value| {
        // SAFETY: the code may be null, the message is a string of this environment.
        unsafe { make(env.raw(), std::ptr::null_mut(), message, value) }
    })?;
    let added = js_object(env, properties)?;
    for (name, _) in properties {
        let name = js_string(env, name)?;
        let value = js(|value| {
            // SAFETY: all values are of this environment.
            unsafe { node::napi_get_property(env.raw(), added, name, value) }
        })?;
        // SAFETY: as above.
        ok(unsafe { node::napi_set_property(env.raw(), error, name, value) })?;
    }
    Ok(error)
}

/// The classes that [`js_error`] can make.
#[derive(Clone, Copy)]
pub(crate) enum ErrorClass {
    Error,
    TypeError,
    RangeError,
}

/// Calls `function` with one argument. What it throws stays pending.
pub(crate) fn js_call(
    env: &Env,
    function: napi_value,
    argument: napi_value,
) -> Result<napi_value, Interrupted> {
    let this = js(|value| {
        // SAFETY: as above.
        unsafe { node::napi_get_undefined(env.raw(), value) }
    })?;
    let result = js(|value| {
        // SAFETY: all values are of this environment, and there is one argument.
        unsafe {
            node::napi_call_function(env.raw(), this, function, 1, &raw const argument, value)
        }
    })?;
    let mut kind = 0;
    // SAFETY: `kind` is ours.
    ok(unsafe { node::napi_typeof(env.raw(), result, &raw mut kind) })?;
    if kind == node::ValueType::napi_object {
        Ok(result)
    } else {
        Err(Interrupted)
    }
}

/// Throws a value.
pub(crate) fn js_throw(env: &Env, value: napi_value) -> Result<(), Interrupted> {
    // SAFETY: the value is of this environment.
    ok(unsafe { node::napi_throw(env.raw(), value) })
}

/// Whether an exception is on its way to JavaScript.
pub(crate) fn js_exception_is_pending(env: &Env) -> bool {
    let mut pending = false;
    // SAFETY: `pending` is ours.
    let status = unsafe { node::napi_is_exception_pending(env.raw(), &raw mut pending) };
    status == node::Status::napi_ok && pending
}

/// The value in napi's terms.
pub(crate) fn js_unknown(env: &Env, value: napi_value) -> Unknown<'_> {
    // SAFETY: the value is of this environment.
    unsafe { Unknown::from_raw_unchecked(env.raw(), value) }
}

fn js_strings(env: &Env, texts: &[String]) -> Result<napi_value, Interrupted> {
    let array = js(|value| {
        // SAFETY: as in `js_object`.
        unsafe { node::napi_create_array(env.raw(), value) }
    })?;
    for (index, text) in (0..).zip(texts) {
        let text = js_string(env, text)?;
        // SAFETY: as above.
        ok(unsafe { node::napi_set_element(env.raw(), array, index, text) })?;
    }
    Ok(array)
}

fn js_string(env: &Env, text: &str) -> Result<napi_value, Interrupted> {
    let length = isize::try_from(text.len()).map_err(|_error| Interrupted)?;
    js(|value| {
        // SAFETY: the text is alive and `length` bytes long.
        unsafe { node::napi_create_string_utf8(env.raw(), text.as_ptr().cast(), length, value) }
    })
}

pub(super) fn set(
    env: &Env,
    object: napi_value,
    name: &str,
    value: napi_value,
) -> Result<(), Interrupted> {
    let name = js_string(env, name)?;
    // SAFETY: all values are of this environment.
    ok(unsafe { node::napi_set_property(env.raw(), object, name, value) })
}

pub(super) fn js(
    make: impl FnOnce(*mut napi_value) -> napi_status,
) -> Result<napi_value, Interrupted> {
    let mut value = std::ptr::null_mut();
    ok(make(&raw mut value))?;
    Ok(value)
}

pub(super) fn ok(status: napi_status) -> Result<(), Interrupted> {
    if status == node::Status::napi_ok {
        Ok(())
    } else {
        Err(Interrupted)
    }
}
