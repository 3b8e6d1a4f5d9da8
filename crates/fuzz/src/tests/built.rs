//! Objects that no compiler makes: what is large about them is how much of it there is.

/// `SHT_PROGBITS`, `SHT_SYMTAB`, `SHT_STRTAB`, `SHT_REL`
const CODE: u32 = 1;
const SYMBOLS: u32 = 2;
const NAMES: u32 = 3;
const RELOCATIONS: u32 = 9;
/// `SHF_ALLOC | SHF_EXECINSTR`
const EXECUTABLE: u64 = 6;

const EXIT: [u8; 8] = [0x95, 0, 0, 0, 0, 0, 0, 0];
/// A call of the function at so many instructions behind the next one.
const fn call(distance: i32) -> [u8; 8] {
    let [one, two, three, four] = distance.to_le_bytes();
    [0x85, 0x10, 0, 0, one, two, three, four]
}

/// A program that calls the first one of so many functions, each of which calls the next one.
pub(super) fn chain(functions: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for function in 0..functions {
        let is_last = function + 1 == functions;
        text.extend(if is_last { EXIT } else { call(1) });
        text.extend(EXIT);
    }
    let mut symbols = vec![symbol(0, 0, 0, 0, 0)];
    symbols.extend((0..functions).map(|number| symbol(1, 0x12, 2, 16 * number as u64, 16)));
    symbols.push(symbol(1, 0x12, 3, 0, 16));
    object(&text, &[call(-1), EXIT].concat(), &symbols.concat())
}

/// So many programs in a section, one instruction each, and a function of so many instructions that each is linked with.
pub(super) fn crowd(programs: usize, instructions: usize) -> Vec<u8> {
    let text = EXIT.repeat(instructions);
    let mut symbols = vec![symbol(0, 0, 0, 0, 0)];
    symbols.push(symbol(1, 0x12, 2, 0, text.len() as u64));
    let names = |number: usize| u32::try_from(1 + number).unwrap();
    symbols
        .extend((0..programs).map(|number| symbol(names(number), 0x12, 3, 8 * number as u64, 8)));
    let code = EXIT.repeat(programs.max(2));
    object(&text, &[&call(-1), &code[8..]].concat(), &symbols.concat())
}

/// `Elf64_Shdr`: name, type, flags, link and info, size of an entry; and the contents.
type Section<'a> = (u32, u32, u64, [u32; 2], u64, &'a [u8]);

/// An object with functions, a section of programs whose first instruction calls the first function, and symbols.
fn object(text: &[u8], programs: &[u8], symbols: &[u8]) -> Vec<u8> {
    // Every end of it is a name.
    let mut names = vec![0];
    names.extend(std::iter::repeat_n(b'f', 4096));
    names.extend(b"\0.text\0socket\0");
    let (in_text, in_programs) = (4098, 4104);
    let relocation = [
        &0_u64.to_le_bytes()[..],
        &10_u32.to_le_bytes(),
        &1_u32.to_le_bytes(),
    ]
    .concat();
    let sections: [Section<'_>; 6] = [
        (0, 0, 0, [0, 0], 0, &[]),
        (0, NAMES, 0, [0, 0], 0, &names),
        (in_text, CODE, EXECUTABLE, [0, 0], 0, text),
        (in_programs, CODE, EXECUTABLE, [0, 0], 0, programs),
        (0, RELOCATIONS, 0, [5, 3], 16, &relocation),
        (0, SYMBOLS, 0, [1, 1], 24, symbols),
    ];
    let mut data = vec![0; 64];
    let mut headers = Vec::new();
    for (name, kind, flags, [link, info], entry, contents) in sections {
        data.resize(data.len().next_multiple_of(8), 0);
        headers.extend([name.to_le_bytes(), kind.to_le_bytes()].concat());
        let (offset, size) = (data.len() as u64, contents.len() as u64);
        headers.extend([flags, 0, offset, size].map(u64::to_le_bytes).concat());
        headers.extend([link.to_le_bytes(), info.to_le_bytes()].concat());
        headers.extend([8, entry].map(u64::to_le_bytes).concat());
        data.extend(contents);
    }
    data.resize(data.len().next_multiple_of(8), 0);
    let start = data.len() as u64;
    data.extend(headers);
    data[..16].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    data[16..24].copy_from_slice(&[1, 0, 247, 0, 1, 0, 0, 0]);
    data[40..48].copy_from_slice(&start.to_le_bytes());
    data[52..64].copy_from_slice(&[64, 0, 0, 0, 0, 0, 64, 0, 6, 0, 1, 0]);
    data
}

/// `Elf64_Sym`
fn symbol(name: u32, info: u8, section: u16, value: u64, size: u64) -> Vec<u8> {
    let mut symbol = name.to_le_bytes().to_vec();
    symbol.extend([info, 0]);
    symbol.extend(section.to_le_bytes());
    symbol.extend([value, size].map(u64::to_le_bytes).concat());
    symbol
}
