//! What is written into instructions (`bpf_core_patch_insn` of libbpf).

use super::{Missing, value::Value};

const INSTRUCTION: usize = 8;

/// The classes of instructions, in the lowest bits of the first byte (`linux/bpf_common.h`).
const CLASS: u8 = 0x07;
const LD: u8 = 0x00;
const LDX: u8 = 0x01;
const ST: u8 = 0x02;
const STX: u8 = 0x03;
const ALU: u8 = 0x04;
const ALU64: u8 = 0x07;

/// A load of 64 bits takes two instructions.
const LOAD_IMMEDIATE: u8 = 0x18;
/// Whether the second operand is a register.
const FROM_REGISTER: u8 = 0x08;
/// How many bytes a load or store has.
const SIZE: u8 = 0x18;

/// The bits of the source register, which tells a map from a number (linux/bpf.h: `BPF_PSEUDO_MAP_FD`).
const SOURCE: u8 = if cfg!(target_endian = "little") {
    0xf0
} else {
    0x0f
};

const CALL: u8 = 0x85;

/// Where in an instruction offset and number are.
const OFFSET: usize = 2;
const NUMBER: usize = 4;

/// Has the instruction at `at` of `code` say the value. It is another one if it does not say what the compiler has written.
pub(super) fn write(
    code: &mut [u8],
    at: usize,
    value: &Value,
    written: Option<u64>,
) -> Result<(), Missing> {
    let first = code.get(at).copied().ok_or(Missing::Instruction)?;
    if written.is_some_and(|written| says(code, at) != Some(written)) {
        return Err(Missing::Instruction);
    }
    match first & CLASS {
        ALU | ALU64 if first & FROM_REGISTER == 0 => {
            // What does not fit into 32 bits is cut, as in C.
            set(code, at + NUMBER, &low(value.number))
        }
        LDX | ST | STX => write_access(code, at, value),
        LD if first == LOAD_IMMEDIATE => {
            set(code, at + NUMBER, &low(value.number))?;
            set(code, at + INSTRUCTION + NUMBER, &low(value.number >> 32))
        }
        _ => Err(Missing::Instruction),
    }
}

/// What the instruction says; `None` for what no relocation is for.
fn says(code: &[u8], at: usize) -> Option<u64> {
    let bytes = code.get(at..)?;
    let number = |at: usize| Some(i32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
    let first = *bytes.first()?;
    let value = match first & CLASS {
        ALU | ALU64 => number(NUMBER)?.into(),
        LDX | ST | STX => i16::from_ne_bytes(*bytes.get(OFFSET..)?.first_chunk()?).into(),
        LD => {
            // Neither a map nor an address: those have something else besides the number.
            let is_plain = (bytes.get(1)? & SOURCE) == 0
                && bytes.get(OFFSET..NUMBER)? == [0; 2]
                && bytes.get(INSTRUCTION..INSTRUCTION + NUMBER)? == [0; 4];
            let (low, high) = (number(NUMBER)?, number(INSTRUCTION + NUMBER)?);
            let high = i64::from(high) << 32;
            return is_plain.then_some((high | i64::from(low.cast_unsigned())).cast_unsigned());
        }
        _ => return None,
    };
    Some(i64::cast_unsigned(value))
}

/// Has the instruction call a function that no kernel has: the verifier refuses the program that reaches it, and says the
/// number.
pub(super) fn poison(code: &mut [u8], at: usize, number: u32) {
    let [first, second, third, fourth] = number.to_ne_bytes();
    let call = [CALL, 0, 0, 0, first, second, third, fourth];
    let is_wide = code.get(at) == Some(&LOAD_IMMEDIATE);
    for half in 0..=usize::from(is_wide) {
        // The second half may be missing: the verifier tells it.
        let _is_there = set(code, at.saturating_add(half * INSTRUCTION), &call);
    }
}

fn write_access(code: &mut [u8], at: usize, value: &Value) -> Result<(), Missing> {
    let offset = i16::try_from(value.number).map_err(|_error| Missing::TooFar(value.number))?;
    if let Some(sizes) = value.sizes {
        let first = code.get_mut(at).ok_or(Missing::Instruction)?;
        let size = size_code(sizes.target).filter(|_| sizes.can_differ);
        let (Some(size), true) = (size, size_code(sizes.local) == Some(*first & SIZE)) else {
            return Err(Missing::Size(sizes.local, sizes.target));
        };
        *first = *first & !SIZE | size;
    }
    set(code, at + OFFSET, &offset.to_ne_bytes())
}

/// `BPF_W`, `BPF_H`, `BPF_B` and `BPF_DW`.
fn size_code(bytes: u32) -> Option<u8> {
    match bytes {
        4 => Some(0x00),
        2 => Some(0x08),
        1 => Some(0x10),
        8 => Some(0x18),
        _ => None,
    }
}

fn low(number: u64) -> [u8; 4] {
    u32::try_from(number & u64::from(u32::MAX))
        .unwrap_or(0)
        .to_ne_bytes()
}

fn set(code: &mut [u8], at: usize, bytes: &[u8]) -> Result<(), Missing> {
    let end = at.checked_add(bytes.len()).ok_or(Missing::Instruction)?;
    let place = code.get_mut(at..end).ok_or(Missing::Instruction)?;
    place.copy_from_slice(bytes);
    Ok(())
}
