//! Rings in a file that stands in for the kernel's.

use std::{fs::File, os::fd::FromRawFd as _, os::unix::fs::FileExt as _};

use super::{super::drain::plain, *};

const SIZE: u32 = 4096;

/// A file in memory that looks like a ring: the data stands there twice as well, but is not the same memory.
struct Fake {
    file: File,
    produced: u64,
}

impl Fake {
    fn new() -> Self {
        // SAFETY: the name ends in NUL.
        let fd = unsafe { libc::memfd_create(c"ring".as_ptr(), 0) };
        assert!(fd >= 0);
        // SAFETY: just made.
        let file = unsafe { File::from_raw_fd(fd) };
        file.set_len(u64::from(2 * page_size() + 2 * SIZE)).unwrap();
        Self { file, produced: 0 }
    }

    fn ring(&self) -> Ring {
        Ring::map(&self.file, SIZE).unwrap()
    }

    fn write(&mut self, header: u32, record: &[u8]) {
        let data = u64::from(2 * page_size());
        let place = data + self.produced % u64::from(SIZE);
        self.file
            .write_all_at(&header.to_ne_bytes(), place)
            .unwrap();
        self.file.write_all_at(record, place + HEADER).unwrap();
        self.produced += (record.len() as u64 + HEADER).next_multiple_of(HEADER);
        self.produce(self.produced);
    }

    fn produce(&self, position: u64) {
        let place = u64::from(page_size());
        self.file
            .write_all_at(&position.to_ne_bytes(), place)
            .unwrap();
    }

    fn consumed(&self) -> u64 {
        let mut position = [0; 8];
        self.file.read_exact_at(&mut position, 0).unwrap();
        u64::from_ne_bytes(position)
    }
}

#[test]
fn records_are_copied_with_their_headers_and_without_the_discarded_ones() {
    let mut fake = Fake::new();
    fake.write(3, b"abc");
    fake.write(DISCARDED | 9, b"discarded");
    fake.write(8, b"12345678");
    let (mut ring, mut bytes) = (fake.ring(), [0; 64]);
    let drained = ring.drain(plain(&mut bytes, 10)).unwrap();
    assert_eq!(
        (
            drained.records,
            drained.bytes,
            drained.discarded,
            drained.end
        ),
        (2, 32, 1, End::Empty)
    );
    assert_eq!(bytes[8..11], *b"abc");
    assert_eq!(bytes[24..32], *b"12345678");
    assert_eq!(fake.consumed(), fake.produced);
    assert_eq!(ring.pending(), 0);
}

#[test]
fn the_index_tells_where_each_record_begins_and_bounds_a_drain() {
    let mut fake = Fake::new();
    for number in 0..80 {
        fake.write(40, &[number; 40]);
    }
    let (mut ring, mut bytes, mut index) = (fake.ring(), [0; 8192], [0; 79]);
    let target = Target {
        index: Some(&mut index),
        ..plain(&mut bytes, 100)
    };
    let drained = ring.drain(target).unwrap();
    assert_eq!((drained.records, drained.end), (79, End::More));
    for (number, place) in (0..79).zip(index) {
        assert_eq!(bytes[place as usize..][..40], [number; 40]);
    }
}

#[test]
fn a_record_that_is_being_written_stops_the_drain_before_it() {
    let mut fake = Fake::new();
    fake.write(1, b"a");
    fake.write(BUSY | 1, b"b");
    let (mut ring, mut bytes) = (fake.ring(), [0; 64]);
    let drained = ring.drain(plain(&mut bytes, 10)).unwrap();
    assert_eq!((drained.records, drained.end), (1, End::Busy));
    assert_eq!(ring.drain(plain(&mut bytes, 10)).unwrap().end, End::Busy);
    assert_eq!(fake.consumed(), 16);
}

#[test]
fn the_limit_and_the_buffer_bound_a_drain() {
    let mut fake = Fake::new();
    for _ in 0..3 {
        fake.write(8, b"12345678");
    }
    let (mut ring, mut bytes) = (fake.ring(), [0; 20]);
    assert_eq!(ring.drain(plain(&mut bytes, 0)).unwrap().end, End::More);
    assert_eq!(ring.drain(plain(&mut bytes, 10)).unwrap().records, 1);
    assert_eq!(
        ring.drain(plain(&mut bytes[..15], 10)).unwrap().end,
        End::TooLarge(16)
    );
    assert_eq!(fake.consumed(), 16);
}

#[test]
fn a_length_beyond_the_writer_is_an_error_once_and_is_skipped() {
    for length in [9, 4096, DISCARDED - 1] {
        let mut fake = Fake::new();
        fake.write(2, b"ok");
        fake.write(length, b"12345678");
        let (mut ring, mut bytes) = (fake.ring(), [0; 8192]);
        assert_eq!(ring.drain(plain(&mut bytes, 10)).unwrap().records, 1);
        assert_eq!(ring.drain(plain(&mut bytes, 10)), Err(Corrupt { length }));
        assert_eq!(fake.consumed(), fake.produced);
        assert_eq!(
            ring.drain(plain(&mut bytes, 10)).unwrap(),
            Drained::default()
        );
    }
}

#[test]
fn positions_that_cannot_be_are_an_error() {
    for (consumed, produced) in [(0, 8192), (4, 16), (16, 0), (u64::MAX - 7, 4096)] {
        let fake = Fake::new();
        fake.file
            .write_all_at(&u64::to_ne_bytes(consumed), 0)
            .unwrap();
        fake.produce(produced);
        let (mut ring, mut bytes) = (fake.ring(), [0; 64]);
        assert!(
            ring.drain(plain(&mut bytes, 10)).is_err(),
            "{consumed} {produced}"
        );
        assert_eq!(fake.consumed(), produced);
    }
}

#[test]
fn a_position_that_somebody_else_has_written_is_an_error_once() {
    for moved in [0, 8, 24, 4096, u64::MAX] {
        let mut fake = Fake::new();
        fake.write(8, b"12345678");
        let (mut ring, mut into) = (fake.ring(), [0; 64]);
        assert_eq!(ring.drain(plain(&mut into, 10)).unwrap().records, 1);
        fake.file.write_all_at(&u64::to_ne_bytes(moved), 0).unwrap();
        assert_eq!(ring.drain(plain(&mut into, 10)), Err(Corrupt { length: 0 }));
        assert_eq!(fake.consumed(), 16, "the programs have their room again");
        assert_eq!(
            ring.drain(plain(&mut into, 10)).unwrap(),
            Drained::default()
        );
    }
}
