//! Sections: which may have no bytes, how large those may be, and that none lies in another one.

use object::{elf::SHT_NULL, read::elf::SectionHeader as _};

use super::file::{ENDIAN, File, Section};
use crate::{error::Result, to_usize};

/// The largest `.bss`, and all of them together. They are allocated at once, more than one time, and an allocation that
/// fails aborts the process.
const MAX_ZERO_BYTES: u64 = 64 << 20;

/// Sections that aya reads bytes of. It looks at the beginning of names only.
const WITH_BYTES: &[&str] = &[
    ".BTF", ".data", ".maps", ".rodata", ".text", "license", "maps", "version",
];

pub(super) fn check(file: &File<'_>) -> Result<()> {
    let mut zero_bytes = 0_u64;
    for section in &file.sections {
        if section.has_code() && section.header.sh_addr(ENDIAN) != 0 {
            return Err(section.refuse(0_u64, "it has an address: the object has been linked"));
        }
        if section.has_no_bytes() {
            zero_bytes = zero_bytes.saturating_add(section.size());
            check_zeroes(section, zero_bytes)?;
        }
    }
    check_overlaps(file)
}

fn check_zeroes(section: &Section<'_>, total: u64) -> Result<()> {
    let size = section.size();
    if total > MAX_ZERO_BYTES {
        return Err(section.refuse(
            0_u64,
            format!("it is {size} bytes large; the limit for all without bytes in the file is {MAX_ZERO_BYTES}"),
        ));
    }
    let has_none = WITH_BYTES.iter().any(|name| section.name.starts_with(name));
    if has_none || (section.has_code() && size > 0) {
        return Err(section.refuse(0_u64, "it has no bytes in the file (SHT_NOBITS)"));
    }
    Ok(())
}

/// Of two sections in one place, one is not what it says.
fn check_overlaps(file: &File<'_>) -> Result<()> {
    let mut places: Vec<(u64, &Section<'_>)> = file
        .sections
        .iter()
        .filter(|section| !section.data.is_empty() && section.header.sh_type(ENDIAN) != SHT_NULL)
        .map(|section| (section.header.sh_offset(ENDIAN), section))
        .collect();
    places.sort_unstable_by_key(|(start, section)| (*start, section.index));
    for ((start, one), (next, other)) in places.iter().zip(places.iter().skip(1)) {
        let end = start.saturating_add(one.data.len() as u64);
        if end > *next {
            return Err(other.refuse(
                0_u64,
                format!(
                    "it begins at byte {next} of the file, inside of section {}, which ends at byte {}",
                    one.name,
                    to_usize(end)
                ),
            ));
        }
    }
    Ok(())
}
