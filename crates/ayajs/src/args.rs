//! Checks of what JavaScript hands over. napi truncates numbers silently, and aya panics at NUL bytes.

use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, path::PathBuf};

use napi::bindgen_prelude::{BigInt, Either, Uint8Array};

use crate::error::{Code, Error, Result};

/// A path as JavaScript gives it: Linux paths are bytes, so a `Buffer` does as well as a string.
pub(crate) type PathArg = Either<String, Uint8Array>;

/// A path that the kernel can take.
pub(crate) fn path(name: &str, path: &PathArg) -> Result<PathBuf> {
    let bytes = match path {
        Either::A(text) => text.as_bytes(),
        Either::B(bytes) => bytes.as_ref(),
    };
    if bytes.is_empty() {
        return Err(invalid_value(name, "must not be empty"));
    }
    if bytes.contains(&0) {
        return Err(invalid_value(name, "must not contain a NUL byte"));
    }
    Ok(PathBuf::from(OsString::from_vec(bytes.to_vec())))
}

/// A name without NUL bytes.
pub(crate) fn name(name: &str, value: String) -> Result<String> {
    if value.contains('\0') {
        return Err(invalid_value(name, "must not contain a NUL byte"));
    }
    Ok(value)
}

/// A whole number from `minimum` to `maximum`.
pub(crate) fn integer(name: &str, value: f64, minimum: u32, maximum: u32) -> Result<u32> {
    if value.fract() != 0.0 || !(f64::from(minimum)..=f64::from(maximum)).contains(&value) {
        return Err(Error::new(
            Code::OutOfRange,
            format!(
                "The value of \"{name}\" is out of range. It must be an integer >= {minimum} && <= {maximum}. Received {value}"
            ),
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and in range, as checked above"
    )]
    Ok(value as u32)
}

/// A file descriptor's number. Whether it is open, the kernel says.
pub(crate) fn fd(name: &str, value: f64) -> Result<i32> {
    integer(name, value, 0, i32::MAX.cast_unsigned()).map(u32::cast_signed)
}

/// An unsigned 64-bit number.
pub(crate) fn unsigned(name: &str, value: &BigInt) -> Result<u64> {
    match value.get_u64() {
        (false, number, true) => Ok(number),
        (negative, number, _) => Err(Error::new(
            Code::OutOfRange,
            format!(
                "The value of \"{name}\" is out of range. It must be >= 0n && < 2n ** 64n. Received {}{number}…n",
                if negative { "-" } else { "" }
            ),
        )),
    }
}

fn invalid_value(name: &str, rule: &str) -> Error {
    Error::new(Code::ArgValue, format!("The argument \"{name}\" {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_takes_whole_numbers_in_range_only() {
        assert_eq!(integer("n", 0.0, 0, 10).unwrap(), 0);
        assert_eq!(
            integer("n", 4_294_967_295.0, 0, u32::MAX).unwrap(),
            u32::MAX
        );
        for bad in [
            -1.0,
            11.0,
            3.9,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            4_294_967_299.0,
        ] {
            assert_eq!(
                integer("n", bad, 0, 10).unwrap_err().code(),
                Code::OutOfRange,
                "{bad}"
            );
        }
    }

    #[test]
    fn path_refuses_nul_and_emptiness() {
        assert_eq!(
            path("p", &Either::A(String::from("/a\0b")))
                .unwrap_err()
                .code(),
            Code::ArgValue
        );
        assert_eq!(
            path("p", &Either::A(String::new())).unwrap_err().code(),
            Code::ArgValue
        );
        assert_eq!(
            path("p", &Either::A(String::from("/a"))).unwrap(),
            PathBuf::from("/a")
        );
    }
}
