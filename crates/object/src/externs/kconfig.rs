//! `extern … __kconfig`: constants of the object, whose values are in the configuration of the kernel.

use super::{
    Found, Kernel,
    survey::{Extern, Origin},
};
use crate::{
    btf::{Btf, MAX_DEPTH, Type, kind},
    error::{Error, Kind, Result},
};

/// Strings of the configuration are short, and an object has few.
const MAX_BYTES: u32 = 1 << 20;

/// `BTF_INT_SIGNED`, `_CHAR` and `_BOOL` (linux/btf.h), where `btf_int` has them.
const SIGNED: u32 = 1 << 24;
const CHAR: u32 = 2 << 24;
const BOOL: u32 = 4 << 24;

/// The constants, and where they lie.
#[derive(Default)]
pub(super) struct Config {
    pub(super) contents: Vec<u8>,
    /// By the position of the declaration among the externs: where, and how large.
    pub(super) places: Vec<Option<(u32, u32)>>,
}

/// What a value can be, by the type of the variable.
#[derive(Clone, Copy)]
enum Shape {
    Bool,
    /// `enum libbpf_tristate`: no, yes, module.
    Tristate,
    Char,
    Number {
        size: u32,
        is_signed: bool,
    },
    Text {
        size: u32,
    },
}

/// Gives every option a place, and the value that it has in `kernel`.
pub(super) fn lay_out(
    btf: &Btf<'_>,
    externs: &mut [Extern<'_>],
    kernel: Option<&dyn Kernel>,
) -> Result<Config> {
    let mut config = Config::default();
    for wanted in externs.iter_mut() {
        if wanted.origin != Origin::Config {
            config.places.push(None);
            continue;
        }
        let name = wanted.name;
        let shape = Shape::of(btf, wanted.declared.payload).ok_or_else(|| {
            let reason = "only bool, char, integers, enum libbpf_tristate and arrays of char can";
            Error::new(
                Kind::Btf,
                format!("the option {name} is of a type that no option has: {reason}"),
            )
        })?;
        let start = u32::try_from(config.contents.len()).unwrap_or(MAX_BYTES);
        let start = start.next_multiple_of(shape.alignment());
        let end = start.saturating_add(shape.size());
        if end > MAX_BYTES {
            let reason = format!(
                "the options of the kernel's configuration take more than {MAX_BYTES} bytes"
            );
            return Err(Error::new(Kind::Btf, reason));
        }
        config.contents.resize(end as usize, 0);
        config.places.push(Some((start, shape.size())));
        let value = kernel.map(|kernel| value_of(name, kernel));
        wanted.found = Some(match value {
            None => Found::Config,
            Some(None) if wanted.is_weak => Found::Config,
            Some(None) => wanted.absent(),
            Some(Some(text)) => match shape.encode(&text) {
                Some(bytes) => {
                    let place = config.contents.get_mut(start as usize..end as usize);
                    for (byte, value) in place.into_iter().flatten().zip(bytes) {
                        *byte = value;
                    }
                    Found::Config
                }
                None => Found::Missing(format!(
                    "its option {name} is {text} in this kernel, which its type does not hold"
                )),
            },
        });
    }
    Ok(config)
}

/// Options, and what libbpf tells of the kernel under names of its own.
fn value_of(name: &str, kernel: &dyn Kernel) -> Option<String> {
    let since = |major: u32, minor: u32| {
        let is_there = kernel.version() >= major << 16 | minor << 8;
        Some(String::from(if is_there { "1" } else { "0" }))
    };
    match name {
        "LINUX_KERNEL_VERSION" => Some(kernel.version().to_string()),
        "LINUX_HAS_BPF_COOKIE" => since(5, 15),
        // On the machines that ayajs is for.
        "LINUX_HAS_SYSCALL_WRAPPER" => since(4, 19),
        _ if name.starts_with("CONFIG_") => kernel.config(name),
        _ => None,
    }
}

impl Shape {
    fn of(btf: &Btf<'_>, mut id: u32) -> Option<Self> {
        for _ in 0..MAX_DEPTH {
            let found = btf.resolve(id)?;
            match btf.array(found) {
                Some(array) => {
                    let element = btf.resolve(array.element)?;
                    let is_text =
                        element.kind == kind::INT && element.payload == 1 && array.length > 0;
                    return is_text.then_some(Self::Text { size: array.length });
                }
                None if found.kind == kind::INT => return Self::of_integer(btf, found),
                None if found.kind == kind::ENUM && btf.name(found) == Some("libbpf_tristate") => {
                    return (found.payload == 4).then_some(Self::Tristate);
                }
                None => id = found.payload,
            }
            if !matches!(found.kind, kind::TYPEDEF) {
                return None;
            }
        }
        None
    }

    fn of_integer(btf: &Btf<'_>, integer: Type) -> Option<Self> {
        let encoding = btf.encoding(integer)?;
        let size = integer.payload;
        match size {
            1 if encoding & BOOL != 0 => Some(Self::Bool),
            // As libbpf has it: what is one byte large can hold a letter.
            1 => Some(Self::Char),
            2 | 4 | 8 => Some(Self::Number {
                size,
                is_signed: encoding & (SIGNED | CHAR) == SIGNED,
            }),
            _ => None,
        }
    }

    fn size(self) -> u32 {
        match self {
            Self::Bool | Self::Char => 1,
            Self::Tristate => 4,
            Self::Number { size, .. } | Self::Text { size } => size,
        }
    }

    fn alignment(self) -> u32 {
        match self {
            Self::Text { .. } => 1,
            shape => shape.size(),
        }
    }

    /// The bytes of a value as `.config` has it; `None` when the type does not hold it.
    fn encode(self, text: &str) -> Option<Vec<u8>> {
        if let Some(text) = text.strip_prefix('"') {
            let Self::Text { size } = self else {
                return None;
            };
            let text = text.strip_suffix('"')?.as_bytes();
            // What is too long is cut, as libbpf does; an end it has always.
            let length = text.len().min((size - 1) as usize);
            return Some(text.get(..length)?.to_vec());
        }
        match (self, text) {
            (Self::Bool, "y" | "1") => Some(vec![1]),
            (Self::Bool, "n" | "0") => Some(vec![0]),
            (Self::Tristate, _) => {
                let value: u32 = match text {
                    "n" => 0,
                    "y" => 1,
                    "m" => 2,
                    _ => return None,
                };
                Some(value.to_ne_bytes().to_vec())
            }
            (Self::Char, "y" | "n" | "m") => Some(text.as_bytes().to_vec()),
            (Self::Char, _) => Some(vec![u8::try_from(number(text)?).ok()?]),
            (Self::Number { size, is_signed }, _) => encode_number(number(text)?, size, is_signed),
            _ => None,
        }
    }
}

fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let value = match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    Some(sign * i128::from(value.ok()?))
}

fn encode_number(value: i128, size: u32, is_signed: bool) -> Option<Vec<u8>> {
    match (size, is_signed) {
        (2, true) => Some(i16::try_from(value).ok()?.to_ne_bytes().to_vec()),
        (2, false) => Some(u16::try_from(value).ok()?.to_ne_bytes().to_vec()),
        (4, true) => Some(i32::try_from(value).ok()?.to_ne_bytes().to_vec()),
        (4, false) => Some(u32::try_from(value).ok()?.to_ne_bytes().to_vec()),
        // All of 64 bits fits, as in libbpf: addresses are declared `long`.
        (8, _) => Some(
            u64::try_from(value & i128::from(u64::MAX))
                .ok()?
                .to_ne_bytes()
                .to_vec(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_into_what_they_are_declared_as_and_all_into_64_bits() {
        let cases = [
            (
                "0xdead000000000000",
                8,
                true,
                Some(0xdead_0000_0000_0000_u64),
            ),
            ("-1", 8, false, Some(u64::MAX)),
            ("2147483648", 4, true, None),
            ("-1", 4, false, None),
        ];
        for (text, size, is_signed, wanted) in cases {
            let found = encode_number(number(text).unwrap(), size, is_signed);
            assert_eq!(
                found,
                wanted.map(|value| value.to_ne_bytes().to_vec()),
                "{text}"
            );
        }
    }
}
