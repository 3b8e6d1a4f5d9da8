//! A kernel that has some of what objects ask it for, and not the rest.

use ayajs_object::{Address, Kernel, KernelType};

/// What it has depends on the names alone.
pub(crate) struct SomeKernel;

impl Kernel for SomeKernel {
    fn type_ids(&self, wanted: &[(&str, KernelType)]) -> Vec<Option<u32>> {
        let ids = wanted.iter().map(|(name, _)| of_length(name).map(|_| 7));
        ids.collect()
    }

    fn addresses(&self, names: &[&str]) -> Vec<Address> {
        let address = |name: &&str| match (of_length(name), name.len().is_multiple_of(5)) {
            (None, _) => Address::Absent,
            (Some(_), true) => Address::Ambiguous,
            (Some(_), false) => Address::At(u64::MAX - 4095),
        };
        names.iter().map(address).collect()
    }

    fn config(&self, option: &str) -> Option<String> {
        let values = [
            "y",
            "m",
            "250",
            "-1",
            "0xffffffffffffffff",
            "\"text\"",
            "\"",
        ];
        of_length(option).and_then(|length| Some((*values.get(length % values.len())?).to_owned()))
    }

    fn version(&self) -> u32 {
        0x0006_1200
    }

    fn types(&self) -> Option<&[u8]> {
        None
    }
}

/// The length of names of two thirds of lengths.
fn of_length(name: &str) -> Option<usize> {
    (!name.len().is_multiple_of(3)).then_some(name.len())
}
