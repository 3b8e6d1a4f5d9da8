//! gzip (RFC 1952) and what is inside (RFC 1951): the configuration of a kernel comes as `/proc/config.gz`.

/// Configurations have some 300 kB.
const MAX_BYTES: usize = 16 << 20;

const MAX_CODE_BITS: usize = 15;

/// `FHCRC`, `FEXTRA`, `FNAME` and `FCOMMENT`: what may stand between the head and the data.
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// The contents of a gzip file; `None` for what is none, or is damaged, or is larger than any configuration.
#[must_use]
pub fn gunzip(data: &[u8]) -> Option<Vec<u8>> {
    let [0x1f, 0x8b, 8, flags, ..] = *data else {
        return None;
    };
    let mut rest = data.get(10..)?;
    if flags & EXTRA != 0 {
        let [low, high, ..] = *rest else {
            return None;
        };
        rest = rest.get(2 + usize::from(u16::from_le_bytes([low, high]))..)?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & HEADER_CRC != 0 {
        rest = rest.get(2..)?;
    }
    inflate(rest)
}

fn inflate(data: &[u8]) -> Option<Vec<u8>> {
    let mut bits = Bits { data, place: 0 };
    let mut output = Vec::new();
    loop {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => copy_stored(&mut bits, &mut output)?,
            1 => {
                let (lengths, distances) = fixed_codes()?;
                decode(&mut bits, &mut output, &lengths, &distances)?;
            }
            2 => {
                let (lengths, distances) = read_codes(&mut bits)?;
                decode(&mut bits, &mut output, &lengths, &distances)?;
            }
            _ => return None,
        }
        if is_last {
            return Some(output);
        }
    }
}

/// Bits from the lowest one of each byte on.
struct Bits<'a> {
    data: &'a [u8],
    place: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<usize> {
        let mut value = 0;
        for bit in 0..count {
            let byte = *self.data.get(self.place / 8)?;
            value |= usize::from(byte >> (self.place % 8) & 1) << bit;
            self.place += 1;
        }
        Some(value)
    }
}

fn copy_stored(bits: &mut Bits<'_>, output: &mut Vec<u8>) -> Option<()> {
    bits.place = bits.place.next_multiple_of(8);
    let length = bits.take(16)?;
    if length != !bits.take(16)? & 0xffff {
        return None;
    }
    let start = bits.place / 8;
    output.extend_from_slice(bits.data.get(start..start + length)?);
    bits.place += length * 8;
    (output.len() <= MAX_BYTES).then_some(())
}

/// A canonical Huffman code: how many symbols have codes of each length, and the symbols in the order of their codes.
struct Code {
    counts: [usize; MAX_CODE_BITS + 1],
    symbols: Vec<usize>,
}

impl Code {
    fn of(lengths: &[usize]) -> Option<Self> {
        let mut counts = [0; MAX_CODE_BITS + 1];
        for length in lengths {
            *counts.get_mut(*length)? += 1;
        }
        let [none, ..] = &mut counts;
        *none = 0;
        let mut symbols: Vec<usize> = (0..lengths.len()).collect();
        let length_of = |symbol: &usize| lengths.get(*symbol).copied().unwrap_or(0);
        symbols.retain(|symbol| length_of(symbol) > 0);
        symbols.sort_by_key(length_of); // Stable: by number among equals.
        Some(Self { counts, symbols })
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (mut code, mut first, mut index) = (0_usize, 0_usize, 0_usize);
        for count in self.counts.iter().skip(1) {
            code |= bits.take(1)?;
            if let Some(position) = code.checked_sub(first).filter(|position| position < count) {
                return self.symbols.get(index + position).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

fn fixed_codes() -> Option<(Code, Code)> {
    let mut lengths = [8; 288];
    for (symbol, length) in lengths.iter_mut().enumerate() {
        *length = match symbol {
            144..=255 => 9,
            256..=279 => 7,
            _ => 8,
        };
    }
    Some((Code::of(&lengths)?, Code::of(&[5; 30])?))
}

fn read_codes(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let (literals, distances) = (bits.take(5)? + 257, bits.take(5)? + 1);
    let count = bits.take(4)? + 4;
    let mut lengths = [0; 19];
    for symbol in ORDER.iter().take(count) {
        *lengths.get_mut(*symbol)? = bits.take(3)?;
    }
    let code = Code::of(&lengths)?;
    let mut lengths: Vec<usize> = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match code.read(bits)? {
            16 => (*lengths.last()?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length, 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    if lengths.len() > literals + distances {
        return None;
    }
    let (literals, distances) = lengths.split_at(literals);
    Some((Code::of(literals)?, Code::of(distances)?))
}

/// Where the lengths and distances of copies begin, and how many bits say more.
const LENGTHS: [(usize, usize); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
const DISTANCES: [(usize, usize); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

fn decode(
    bits: &mut Bits<'_>,
    output: &mut Vec<u8>,
    literals: &Code,
    distances: &Code,
) -> Option<()> {
    let number = |bits: &mut Bits<'_>, table: &[(usize, usize)], symbol: usize| {
        let (start, more) = *table.get(symbol)?;
        Some(start + bits.take(more)?)
    };
    while output.len() <= MAX_BYTES {
        match literals.read(bits)? {
            256 => return Some(()),
            symbol @ 257.. => {
                let length = number(bits, &LENGTHS, symbol - 257)?;
                let symbol = distances.read(bits)?;
                let distance = number(bits, &DISTANCES, symbol)?;
                let start = output.len().checked_sub(distance)?;
                // It may go on with what it has just written.
                for index in start..start + length {
                    output.push(*output.get(index)?);
                }
            }
            literal => output.push(u8::try_from(literal).ok()?),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::mutants;

    /// [`text`], packed by `gzip -n9`.
    const DYNAMIC: &[u8] = include_bytes!("../../../__test__/fixtures/config.gz");

    fn text() -> String {
        let line = |number: u32| format!("CONFIG_OPTION_{number}={}\n", number * 37);
        (0..400).map(line).collect::<Vec<_>>().concat()
    }

    #[test]
    fn what_gzip_has_packed_comes_back() {
        assert_eq!(gunzip(DYNAMIC).unwrap(), text().as_bytes());
        let empty = [
            0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(gunzip(&empty).unwrap(), b"");
        let stored = [
            0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, b'n', 0, 1, 2, 0, 0xfd, 0xff, b'h', b'i',
        ];
        assert_eq!(gunzip(&stored).unwrap(), b"hi");
    }

    #[test]
    fn what_is_damaged_is_refused_or_survived() {
        for length in 0..DYNAMIC.len() - 8 {
            assert_eq!(gunzip(&DYNAMIC[..length]), None, "{length}");
        }
        for mutant in mutants(DYNAMIC, 2_000) {
            assert!(gunzip(&mutant).unwrap_or_default().len() <= 2 * MAX_BYTES);
        }
    }
}
