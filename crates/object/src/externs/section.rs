//! One more section for an object.

use object::{
    Endianness,
    elf::{SHF_ALLOC, SHN_LORESERVE, SHT_PROGBITS, SectionHeader64},
    read::elf::{FileHeader as _, SectionHeader as _},
};

use crate::{
    error::{Result, malformed},
    symbols::{Elf, replace_section},
};

const HEADER_BYTES: usize = size_of::<SectionHeader64<Endianness>>();

/// Where the head of the file says where section headers lie, and how many there are (`Elf64_Ehdr`).
const E_SHOFF: usize = 40;
const E_SHNUM: usize = 60;

/// Appends a section of constants to `copy`, whose other sections `elf` knows, and tells its number.
pub(super) fn add_section(
    elf: &Elf<'_>,
    name: &str,
    contents: &[u8],
    copy: &mut Vec<u8>,
) -> Result<u16> {
    let add = || {
        let number = u16::try_from(elf.sections.len()).ok()?;
        (number < SHN_LORESERVE - 1).then_some(number)
    };
    let number = add().ok_or_else(|| malformed("it has too many sections"))?;
    let strings = elf
        .header
        .section_strings_index(elf.endian, &**copy)
        .map_err(|_error| malformed("its sections have no names"))?;
    let header = elf.sections.section(strings);
    let header = header.map_err(|_error| malformed("its sections have no names"))?;
    let (start, size) = (header.sh_offset(elf.endian), header.sh_size(elf.endian));
    let range = usize::try_from(start).ok().zip(usize::try_from(size).ok());
    let names = range.and_then(|(start, size)| copy.get(start..start.checked_add(size)?));
    let mut names = names
        .ok_or_else(|| malformed("its sections have no names"))?
        .to_vec();
    let name_offset = u32::try_from(names.len()).map_err(|_error| malformed("it is too large"))?;
    names.extend(name.bytes().chain([0]));
    replace_section(elf, strings, &names, copy)?;

    let headers = usize::try_from(elf.header.e_shoff.get(elf.endian)).ok();
    let length = usize::from(number) * HEADER_BYTES;
    let headers = headers.and_then(|start| copy.get(start..start.checked_add(length)?));
    let mut headers = headers
        .ok_or_else(|| malformed("no section header"))?
        .to_vec();
    align(copy);
    let contents_offset = copy.len() as u64;
    copy.extend_from_slice(contents);
    align(copy);
    let headers_offset = copy.len() as u64;
    headers.extend(section_header(
        name_offset,
        contents_offset,
        contents.len() as u64,
    ));
    copy.extend(headers);
    write(copy, E_SHOFF, &headers_offset.to_ne_bytes())?;
    write(copy, E_SHNUM, &(number + 1).to_ne_bytes())?;
    Ok(number)
}

/// `Elf64_Shdr`.
fn section_header(name: u32, offset: u64, size: u64) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend(name.to_ne_bytes());
    header.extend(SHT_PROGBITS.to_ne_bytes());
    header.extend(u64::from(SHF_ALLOC).to_ne_bytes());
    header.extend(0_u64.to_ne_bytes()); // address
    header.extend(offset.to_ne_bytes());
    header.extend(size.to_ne_bytes());
    header.extend([0; 8]); // link and info
    header.extend(8_u64.to_ne_bytes()); // alignment
    header.extend(0_u64.to_ne_bytes()); // size of entries
    header
}

fn align(data: &mut Vec<u8>) {
    data.resize(data.len().next_multiple_of(8), 0);
}

fn write(data: &mut [u8], offset: usize, bytes: &[u8]) -> Result<()> {
    let place = data.get_mut(offset..offset + bytes.len());
    let place = place.ok_or_else(|| malformed("it has no header"))?;
    place.copy_from_slice(bytes);
    Ok(())
}
