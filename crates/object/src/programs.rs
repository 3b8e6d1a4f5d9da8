//! Where the programs of an object lie.

use object::{
    SectionIndex,
    elf::{SHF_EXECINSTR, STT_FUNC, STT_NOTYPE},
    read::elf::{SectionHeader as _, Sym as _},
};

use crate::symbols::Elf;

/// The names of the programs of an object, each with that of its section, which tells its kind and what it is for:
/// `fentry/do_unlinkat`. Nothing of an object that cannot be read.
#[must_use]
pub fn program_sections(data: &[u8]) -> Vec<(String, String)> {
    let Ok(elf) = Elf::parse(data) else {
        return Vec::new();
    };
    elf.symbols
        .iter()
        .filter(|symbol| matches!(symbol.st_type(), STT_FUNC | STT_NOTYPE))
        .filter_map(|symbol| {
            let index = SectionIndex(symbol.st_shndx(elf.endian).into());
            let section = elf.sections.section(index).ok()?;
            if section.sh_flags(elf.endian) & u64::from(SHF_EXECINSTR) == 0 {
                return None;
            }
            let names = (elf.symbol_name(symbol)?, elf.section_name(index.0)?);
            let is_named = !names.0.is_empty() && !names.1.is_empty();
            is_named.then(|| (names.0.to_owned(), names.1.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{MAPS, mutants};

    const KINDS: &[u8] = include_bytes!("../../../__test__/fixtures/kinds.bpf.o");

    #[test]
    fn each_program_has_the_whole_name_of_its_section() {
        let sections = program_sections(KINDS);
        let of = |name: &str| {
            let found = sections.iter().find(|(program, _)| program == name);
            found.map(|(_, section)| section.as_str())
        };
        assert_eq!(of("fentry_prog"), Some("fentry/do_nanosleep"));
        assert_eq!(of("xdp_pass"), Some("xdp"));
        assert_eq!(of("_license"), None);
    }

    #[test]
    fn an_object_that_cannot_be_read_has_none() {
        assert_eq!(program_sections(b"no object"), []);
        for mutant in mutants(MAPS, 2000) {
            std::hint::black_box(program_sections(&mutant));
        }
    }
}
