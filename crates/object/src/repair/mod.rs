//! A copy of an object that aya accepts and that means the same: sections renamed, symbols completed, sub-programs put
//! where aya links them, and programs that it cannot load set apart.

mod apply;
mod btf_ext;
mod copy;
mod layout;
mod old;
mod plan;
mod reason;
mod references;
mod sections;
mod survey;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::{plan::Plan, survey::Survey};
use crate::{error::Result, symbols::Elf};

/// A program that is listed, but that cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedProgram {
    /// The function's name.
    pub name: String,
    /// The section that it stands in, as the object names it.
    pub section: String,
    /// The kind, in the manner of aya's names: `StructOps`, `Usdt`, …; `Unknown` where the section says nothing.
    pub kind: &'static str,
    /// The kernel's type, in aya's names: `StructOps`, `KProbe`, …; `Unspecified` where the section says nothing.
    pub program_type: &'static str,
    /// Why not, in words that continue "program … cannot be loaded: ".
    pub reason: String,
}

/// An instruction that cannot be carried over: whatever program reaches it, by itself or by a call, cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// The number of the section with the instruction, in the object as it is before the repair.
    pub(crate) section: usize,
    /// Where in that section, in bytes: what a relocation has as its offset.
    pub(crate) offset: u64,
    /// Why not, in words that continue "program … cannot be loaded: ".
    pub(crate) reason: String,
}

/// What a repair comes to.
pub(crate) struct Repaired<'a> {
    /// The object itself when nothing was wrong.
    pub(crate) data: Cow<'a, [u8]>,
    /// What aya will not list.
    pub(crate) unsupported: Vec<UnsupportedProgram>,
}

/// Repairs `data`, which `elf` has been read from, and sets apart what reaches an obstacle.
pub(crate) fn repair<'a>(
    data: &'a [u8],
    elf: &Elf<'_>,
    obstacles: &[Obstacle],
) -> Result<Repaired<'a>> {
    let survey = Survey::of(data, elf)?;
    let plan = Plan::of(&survey, obstacles)?;
    let copy = if plan.is_empty() {
        Cow::Borrowed(data)
    } else {
        Cow::Owned(apply::apply(&plan)?)
    };
    Ok(Repaired {
        data: copy,
        unsupported: plan.unsupported,
    })
}
