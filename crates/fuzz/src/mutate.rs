//! One mutated object per number: fields with values that trip readers, records and sections of other objects, cuts.

use crate::{corpus::Seed, layout::Records, random::Random};

/// A copy of `seed` with some edits.
pub(crate) fn mutate(seed: &Seed, all: &[Seed], random: &mut Random) -> Vec<u8> {
    let mut data = seed.data.clone();
    // Few edits: after the second or third one, somebody has refused the object.
    let edits = match random.below(16) {
        0..8 => 1,
        8..12 => 2,
        12..14 => 3,
        14 => 5,
        _ => 9,
    };
    for _ in 0..edits {
        edit(&mut data, seed, all, random);
    }
    data
}

fn edit(data: &mut Vec<u8>, seed: &Seed, all: &[Seed], random: &mut Random) {
    match random.below(64) {
        0 => resize(data, random),
        1..5 => blind(data, random),
        5..8 => {
            if let Some(other) = random.pick(all) {
                splice(data, seed, other, random);
            }
        }
        8..12 => swap(data, seed, random),
        _ => field(data, seed, random),
    }
}

fn pick_records<'a>(seed: &'a Seed, random: &mut Random) -> Option<&'a Records> {
    let of_kind = random.pick(&seed.records)?;
    random.pick(of_kind)
}

/// Another value for one field of one record.
fn field(data: &mut [u8], seed: &Seed, random: &mut Random) {
    let Some(records) = pick_records(seed, random) else {
        return;
    };
    let Some((offset, width)) = random.pick(records.fields).copied() else {
        return;
    };
    let record = random.below(records.count);
    let at = records.start + record * records.size + offset;
    let file = data.len() as u64;
    let elsewhere = records.start + random.below(records.count) * records.size + offset;
    let neighbour = read(data, elsewhere, width);
    let old = read(data, at, width);
    let value = value(old, neighbour, file, random);
    write(data, at, width, value);
}

fn value(old: u64, neighbour: u64, file: u64, random: &mut Random) -> u64 {
    const ODD: &[u64] = &[
        0,
        1,
        2,
        3,
        4,
        8,
        12,
        16,
        24,
        32,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0xffff,
        0xff00,
        0x00ff_ffff,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1000_0000,
        0x7fff_ffff_ffff_ffff,
        u64::MAX,
    ];
    match random.below(12) {
        0..3 => random.pick(ODD).copied().unwrap_or(0),
        3 => old.wrapping_add(1),
        4 => old.wrapping_sub(1),
        5 => old.wrapping_add([8, 4, 16, 12].get(random.below(4)).copied().unwrap_or(0)),
        6 => old.wrapping_sub([8, 4, 16, 12].get(random.below(4)).copied().unwrap_or(0)),
        7 => old ^ (1 << random.below(64)),
        8 => neighbour,
        9 => random.next() % 64,
        10 => file.wrapping_sub(random.next() % 16),
        _ => random.next() >> random.below(64),
    }
}

/// One to four bytes anywhere.
fn blind(data: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        if let (Some(byte), [new, ..]) = (data.get_mut(at), random.next().to_le_bytes()) {
            *byte = new;
        }
    }
}

/// Exchanges two records of a kind.
fn swap(data: &mut [u8], seed: &Seed, random: &mut Random) {
    let Some(records) = pick_records(seed, random) else {
        return;
    };
    let place = |random: &mut Random| records.start + random.below(records.count) * records.size;
    let (one, other) = (place(random), place(random));
    for offset in 0..records.size {
        if one.max(other) + offset < data.len() {
            data.swap(one + offset, other + offset);
        }
    }
}

/// Records of another object over those of the same kind; or behind the end, with a section that points to them.
fn splice(data: &mut Vec<u8>, seed: &Seed, other: &Seed, random: &mut Random) {
    let Some(from) = pick_records(other, random) else {
        return;
    };
    let Some(into) = seed
        .records
        .iter()
        .flatten()
        .find(|records| records.kind == from.kind)
    else {
        return;
    };
    let first = random.below(from.count);
    let count = 1 + random.below((from.count - first).min(64));
    let start = from.start + first * from.size;
    let Some(bytes) = other.data.get(start..start + count * from.size) else {
        return;
    };
    if random.one_in(4) {
        append_section(data, seed, bytes, random);
        return;
    }
    let at = into.start + random.below(into.count) * into.size;
    for (offset, byte) in bytes.iter().enumerate() {
        if let Some(target) = data.get_mut(at + offset) {
            *target = *byte;
        }
    }
}

/// Some section's contents become those of before and `more`, behind the end of the file.
fn append_section(data: &mut Vec<u8>, seed: &Seed, more: &[u8], random: &mut Random) {
    let headers = seed.records.iter().flatten();
    let Some(headers) = headers
        .into_iter()
        .find(|found| found.kind == "section headers")
    else {
        return;
    };
    let header = headers.start + random.below(headers.count) * headers.size;
    let start = usize::try_from(read(data, header + 24, 8)).unwrap_or(usize::MAX);
    let size = usize::try_from(read(data, header + 32, 8)).unwrap_or(usize::MAX);
    let Some(old) = data.get(start..start.saturating_add(size)) else {
        return;
    };
    let mut contents = old.to_vec();
    contents.extend_from_slice(more);
    let offset = data.len() as u64;
    data.extend_from_slice(&contents);
    write(data, header + 24, 8, offset);
    write(data, header + 32, 8, contents.len() as u64);
}

fn resize(data: &mut Vec<u8>, random: &mut Random) {
    if random.one_in(2) {
        data.truncate(random.below(data.len()));
    } else {
        let more = random.below(256);
        data.resize(data.len() + more, 0);
    }
}

fn read(data: &[u8], at: usize, width: usize) -> u64 {
    let mut bytes = [0; 8];
    for (offset, byte) in bytes.iter_mut().enumerate().take(width) {
        *byte = data.get(at + offset).copied().unwrap_or(0);
    }
    u64::from_le_bytes(bytes)
}

fn write(data: &mut [u8], at: usize, width: usize, value: u64) {
    for (offset, byte) in value.to_le_bytes().iter().enumerate().take(width) {
        if let Some(target) = data.get_mut(at.saturating_add(offset)) {
            *target = *byte;
        }
    }
}
