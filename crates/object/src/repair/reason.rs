//! Why a program cannot be carried over, and the words for it.

use super::survey::Survey;

/// Why; sections of code by their number in the survey.
#[derive(Clone, Copy)]
pub(super) enum Reason<'a> {
    Given(&'a str),
    RefersTo(usize),
    NoFunction(usize, u64),
    CallsForeign(usize),
    SameOffset,
}

impl Reason<'_> {
    /// In words that continue "program … cannot be loaded: ".
    pub(super) fn words(self, survey: &Survey<'_>) -> String {
        let endian = survey.elf.endian;
        let section = |code: usize| survey.codes.get(code).map_or("", |code| code.name);
        match self {
            Self::Given(reason) => reason.to_owned(),
            Self::RefersTo(section) => {
                let header = survey.header(section).ok();
                let name =
                    header.and_then(|header| survey.elf.sections.section_name(endian, header).ok());
                let name = String::from_utf8_lossy(name.unwrap_or_default());
                format!("it refers to section \"{name}\", which holds neither variables nor maps")
            }
            Self::NoFunction(code, offset) => {
                let (section, offset) = (section(code), offset.cast_signed());
                format!(
                    "it calls offset {offset} of section \"{section}\", where no function begins"
                )
            }
            Self::CallsForeign(code) => {
                format!(
                    "it calls a function in section \"{}\", which cannot be loaded",
                    section(code)
                )
            }
            Self::SameOffset => String::from(
                "functions that it calls lie at the same offset of different sections, and aya would take one for the other",
            ),
        }
    }
}
