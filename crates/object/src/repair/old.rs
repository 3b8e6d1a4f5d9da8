//! What compilers did not write yet: LLVM before 3.9 knew no number for the machine, and some tools no kinds of relocations.

use object::elf::{EM_NONE, R_BPF_64_32, R_BPF_64_64, R_BPF_NONE};

use super::{
    references::{At, CALL, each_relocation},
    survey::Survey,
};
use crate::error::Result;

/// What has to be filled in.
#[derive(Default)]
pub(super) struct Missing {
    pub(super) machine: bool,
    /// Relocations, and the kinds that their instructions tell.
    pub(super) kinds: Vec<(At, u32)>,
}

impl Missing {
    pub(super) fn of(survey: &Survey<'_>) -> Result<Self> {
        let mut missing = Self {
            machine: survey.elf.header.e_machine.get(survey.elf.endian) == EM_NONE,
            kinds: Vec::new(),
        };
        for code in &survey.codes {
            for section in &code.relocations {
                each_relocation(survey, *section, |number, relocation| {
                    if relocation.kind != R_BPF_NONE {
                        return;
                    }
                    let start = usize::try_from(relocation.offset).unwrap_or(usize::MAX);
                    let is_call = code.bytes.get(start) == Some(&CALL);
                    let kind = if is_call { R_BPF_64_32 } else { R_BPF_64_64 };
                    let section = *section;
                    missing.kinds.push((At { section, number }, kind));
                })?;
            }
        }
        Ok(missing)
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.machine && self.kinds.is_empty()
    }
}
