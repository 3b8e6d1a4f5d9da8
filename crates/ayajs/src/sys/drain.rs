//! What draining a ring buffer or a perf buffer takes, and what it gives.

/// Where records are drained to.
pub(crate) struct Target<'a> {
    /// Takes the records, one after the other: 8 bytes whose first 4 hold the length, the record, filled up to a multiple
    /// of 8.
    pub(crate) bytes: &'a mut [u8],
    /// Takes where each record begins in `bytes`, headers not counted, for whoever does not want to walk once more. There
    /// are no more records than it has room for.
    pub(crate) index: Option<&'a mut [u32]>,
    /// How many records at most.
    pub(crate) limit: u32,
    /// What is added to what goes into the index.
    pub(crate) base: usize,
}

/// What one drain did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Records that were copied.
    pub(crate) records: u32,
    /// Bytes that were written, headers and filling included.
    pub(crate) bytes: usize,
    /// Records that the program had discarded.
    pub(crate) discarded: u32,
    /// Why it ended.
    pub(crate) end: End,
}

/// Why a drain ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// The ring is empty.
    #[default]
    Empty,
    /// The next record is still being written.
    Busy,
    /// There may be more: the limit of this drain was reached, or the target is full.
    More,
    /// The target is too small even for the next record, which needs this many bytes.
    TooLarge(u64),
}

/// A header that no kernel writes, or a position that is not ours. The rest of the ring has been skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt {
    /// The length that the header states; 0 when it is about the position.
    pub(crate) length: u32,
}

impl Target<'_> {
    /// How many records there is room for in the index, and that were asked for.
    pub(crate) fn records(&self) -> u32 {
        let room = self
            .index
            .as_ref()
            .map_or(u32::MAX, |index| index.len().try_into().unwrap_or(u32::MAX));
        self.limit.min(room)
    }

    /// Notes where a record begins.
    pub(super) fn note(&mut self, record: u32, place: u64) {
        if let Some(index) = &mut self.index
            && let Some(slot) = index.get_mut(record as usize)
        {
            *slot = u32::try_from(self.base as u64 + place).unwrap_or(u32::MAX);
        }
    }

    /// What is left of it after a drain.
    pub(crate) fn rest(&mut self, drained: &Drained) -> Target<'_> {
        Target {
            bytes: self.bytes.get_mut(drained.bytes..).unwrap_or_default(),
            index: self.index.as_mut().map(|index| {
                index
                    .get_mut(drained.records as usize..)
                    .unwrap_or_default()
            }),
            limit: self.limit.saturating_sub(drained.records),
            base: self.base + drained.bytes,
        }
    }
}

/// A target without an index.
#[cfg(test)]
pub(super) fn plain(bytes: &mut [u8], limit: u32) -> Target<'_> {
    Target {
        bytes,
        index: None,
        limit,
        base: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_bounds_the_records_and_goes_on_where_a_drain_has_ended() {
        let (mut bytes, mut index) = ([0; 64], [0; 3]);
        let mut target = Target {
            index: Some(&mut index),
            ..plain(&mut bytes, 10)
        };
        assert_eq!(target.records(), 3);
        target.note(0, 8);
        let drained = Drained {
            records: 1,
            bytes: 24,
            ..Drained::default()
        };
        let mut rest = target.rest(&drained);
        assert_eq!((rest.records(), rest.bytes.len()), (2, 40));
        rest.note(0, 8);
        rest.note(2, 8); // There is no room for it.
        assert_eq!(index, [8, 32, 0]);
    }
}
