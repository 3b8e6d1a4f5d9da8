//! The texts of an object that the kernel prints into its logs: names of types, and lines of C. aya 0.14 panics at a log
//! that is no UTF-8 (`retry_with_verifier_logs`).

use std::{borrow::Cow, ops::Range};

use object::{Endian as _, read::elf::SectionHeader as _};

use crate::{
    error::{Result, malformed},
    symbols::Elf,
    to_usize,
};

/// What stands for a byte of something else: a letter of names, as the bytes above 0xbf are to the kernel (lib/ctype.c).
const REPLACEMENT: u8 = b'_';

/// The kernel cuts what it prints at 1,023 bytes (`BPF_VERIFIER_TMP_LOG_SIZE`), within letters as well; other things stand
/// beside a text.
const LONGEST: usize = 900;

/// The object with texts that can be read.
pub(crate) fn readable<'a>(data: &'a [u8], elf: &Elf<'a>) -> Result<Cow<'a, [u8]>> {
    let mut data = Cow::Borrowed(data);
    let Some((_, header)) = elf.section(b".BTF") else {
        return Ok(data);
    };
    let section = header.data(elf.endian, &*data).map_err(malformed)?;
    let Some(place) = strings_of(section, elf, to_usize(header.sh_offset(elf.endian))) else {
        return Ok(data); // aya says what is wrong with it.
    };
    let all_are = |texts: &[u8]| texts.split(|byte| *byte == 0).all(is_readable);
    if data.get(place.clone()).is_none_or(all_are) {
        return Ok(data);
    }
    if let Some(texts) = data.to_mut().get_mut(place) {
        texts
            .split_mut(|byte| *byte == 0)
            .filter(|text| !is_readable(text))
            .for_each(replace);
    }
    Ok(data)
}

/// Where the strings of BTF are in the file, which it begins at `start` of.
fn strings_of(section: &[u8], elf: &Elf<'_>, start: usize) -> Option<Range<usize>> {
    let word = |at: usize| {
        let bytes = section.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(elf.endian.read_u32(bytes)).ok()
    };
    let start = start.checked_add(word(4)?)?.checked_add(word(16)?)?;
    Some(start..start.checked_add(word(20)?)?)
}

fn is_readable(text: &[u8]) -> bool {
    text.is_ascii() || (text.len() <= LONGEST && str::from_utf8(text).is_ok())
}

/// Replaces what cannot be read, byte by byte: everything else stays in its place.
fn replace(text: &mut [u8]) {
    let keeps_letters = text.len() <= LONGEST;
    let mut wanted = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        let letters = chunk.valid().bytes();
        wanted.extend(letters.map(|byte| {
            if byte.is_ascii() || keeps_letters {
                byte
            } else {
                REPLACEMENT
            }
        }));
        wanted.resize(wanted.len() + chunk.invalid().len(), REPLACEMENT);
    }
    text.copy_from_slice(&wanted);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{EXTERNS, section};

    /// The object with one of its texts overwritten from the start.
    fn with(text: &[u8], by: &[u8]) -> Vec<u8> {
        let mut data = EXTERNS.to_vec();
        let btf = section(EXTERNS, ".BTF");
        let start = data
            .windows(btf.len())
            .position(|bytes| bytes == btf)
            .unwrap();
        let place = btf
            .windows(text.len())
            .position(|bytes| bytes == text)
            .unwrap();
        data[start + place..][..by.len()].copy_from_slice(by);
        data
    }

    fn readable_of(data: &[u8]) -> Vec<u8> {
        let elf = Elf::parse(data).unwrap();
        readable(data, &elf).unwrap().into_owned()
    }

    #[test]
    fn bytes_that_are_no_utf8_are_replaced_and_nothing_else_changes() {
        let line = b"version = LINUX_KERNEL_VERSION;";
        let given = with(line, b"v\xe9rs\xc3\xa9n");
        assert_eq!(readable_of(&given), with(line, b"v_rs\xc3\xa9n"));
    }

    #[test]
    fn objects_that_can_be_read_are_left_alone() {
        let utf8 = with(b"version = LINUX", b"v\xc3\xa9rsi");
        assert_eq!(readable_of(EXTERNS), EXTERNS);
        assert_eq!(readable_of(&utf8), utf8);
    }

    #[test]
    fn long_texts_become_ascii_as_the_kernel_cuts_them_anywhere() {
        let mut text = "é".repeat(500).into_bytes();
        assert!(!is_readable(&text));
        replace(&mut text);
        assert_eq!(text, vec![b'_'; 1000]);
        assert!(is_readable(&vec![b'x'; 1000]));
        assert!(is_readable("é".repeat(450).as_bytes()));
    }
}
