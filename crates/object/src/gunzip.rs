//! The configuration of a kernel comes as `/proc/config.gz`.

use std::io::Read as _;

use flate2::read::GzDecoder;

/// Configurations have some 300 kB.
const MAX_BYTES: usize = 16 << 20;

/// The contents of a gzip file; `None` for what is none, or is damaged, or is larger than any configuration.
#[must_use]
pub fn gunzip(data: &[u8]) -> Option<Vec<u8>> {
    let mut contents = Vec::new();
    let mut reader = GzDecoder::new(data).take(MAX_BYTES as u64 + 1);
    reader.read_to_end(&mut contents).ok()?;
    (contents.len() <= MAX_BYTES).then_some(contents)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::tests::mutants;

    /// [`text`], packed by `gzip -n9`.
    const PACKED: &[u8] = include_bytes!("../../../__test__/fixtures/config.gz");

    fn text() -> String {
        let line = |number: u32| format!("CONFIG_OPTION_{number}={}\n", number * 37);
        (0..400).map(line).collect::<Vec<_>>().concat()
    }

    fn zeros(count: usize) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![0; count]).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_gzip_has_packed_comes_back() {
        assert_eq!(gunzip(PACKED).unwrap(), text().as_bytes());
    }

    #[test]
    fn what_is_damaged_is_refused() {
        for length in 0..PACKED.len() {
            assert_eq!(gunzip(&PACKED[..length]), None, "{length}");
        }
        for mutant in mutants(PACKED, 2_000) {
            let contents = gunzip(&mutant);
            assert!(contents.is_none_or(|contents| contents == text().as_bytes()));
        }
    }

    #[test]
    fn what_is_larger_than_any_configuration_is_refused() {
        assert_eq!(gunzip(&zeros(MAX_BYTES)).unwrap().len(), MAX_BYTES);
        assert_eq!(gunzip(&zeros(MAX_BYTES + 1)), None);
    }
}
