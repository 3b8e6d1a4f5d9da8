//! The bytes of an object, before aya reads them: what it would misread or die of is refused, what it gets wrong is
//! corrected in a copy, and settings are written into that copy as well.
//!
//! A loader of aya's never forgets a setting, and a new one parses the BTF of the kernel: some 13 ms and 13 MB.
//! So that objects with initial values and numbers of entries need none, they become part of the object. Pure: nothing
//! here knows the kernel.

mod btf;
mod btf_ext;
mod check;
mod error;
mod externs;
mod gunzip;
mod maps;
mod patch;
mod programs;
mod relocation;
mod repair;
mod symbols;
mod texts;
mod values;

pub use self::{
    check::{check, check_btf, check_prepared},
    error::{Error, Kind, Result},
    externs::{Address, Kernel, KernelType, find_types},
    gunzip::gunzip,
    maps::{Held, MapOfMaps, MapPlan, PinPaths, Slot, Untyped},
    patch::{Global, LateValue, Prepared, Settings, prepare},
    programs::program_sections,
    relocation::{Types, Unresolved},
    repair::UnsupportedProgram,
};

/// A number of an object as an index: one that is too large for this machine is the end of no file.
fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use object::read::elf::ElfFile64;
    use object::{Object as _, ObjectSection as _};

    pub(super) const NESTED_ARRAYS: &[u8] =
        include_bytes!("../../../__test__/fixtures/nested_arrays.bpf.o");
    pub(super) const MAP_DEFAULTS: &[u8] =
        include_bytes!("../../../__test__/fixtures/map_defaults.bpf.o");
    pub(super) const MAP_INITIAL: &[u8] =
        include_bytes!("../../../__test__/fixtures/map_initial.bpf.o");
    pub(super) const LEGACY_MAPS: &[u8] =
        include_bytes!("../../../__test__/fixtures/legacy_maps.bpf.o");
    pub(super) const LEGACY_IPROUTE2: &[u8] =
        include_bytes!("../../../__test__/fixtures/legacy_iproute2.bpf.o");
    pub(super) const EXTERNS: &[u8] = include_bytes!("../../../__test__/fixtures/externs.bpf.o");
    pub(super) const MAPS: &[u8] = include_bytes!("../../../__test__/fixtures/maps.bpf.o");
    pub(super) const USER_RING: &[u8] =
        include_bytes!("../../../__test__/fixtures/unsupported_map.bpf.o");

    /// The contents of a section.
    pub(super) fn section<'a>(data: &'a [u8], name: &str) -> &'a [u8] {
        let file = ElfFile64::<object::Endianness>::parse(data).unwrap();
        file.section_by_name(name).unwrap().data().unwrap()
    }

    /// Copies with one to six bytes changed, the same ones in every run.
    pub(super) fn mutants(data: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 8).unwrap()
        };
        (0..count).map(move |_| {
            let mut mutant = data.to_vec();
            for _ in 0..=random() % 6 {
                let index = random() % mutant.len();
                mutant[index] = u8::try_from(random() % 256).unwrap();
            }
            mutant
        })
    }
}
