//! A look at an object before aya parses it: what aya would misread, or die of, is refused with its place and a reason.
//!
//! aya 0.14 takes offsets, counts and kinds in an object for what they say; a wrong one is a panic, an abort, an
//! allocation of gigabytes, or a program that does something else than what its author wrote. What aya refuses by itself,
//! with a reason that helps, is left to it.

mod btf;
mod btf_ext;
mod file;
mod functions;
mod kinds;
mod legacy_maps;
mod links;
mod relocations;
mod sections;
mod symbols;
mod target;

use std::borrow::Cow;

use self::file::File;
use crate::{
    error::{Error, Kind, Result},
    patch::Prepared,
    repair::Obstacle,
};

/// Refuses what is no eBPF object of this machine's byte order, or does not hold together: everything in it that points
/// somewhere points to something.
pub fn check(data: &[u8]) -> Result<()> {
    structure(data).map(|_file| ())
}

/// Refuses an object that holds together and does not mean what aya makes of it. It comes last: what
/// [`prepare`](crate::prepare) repairs is no reason.
pub fn check_prepared(prepared: &Prepared<'_>) -> Result<()> {
    let file = match &prepared.data {
        Cow::Borrowed(data) => File::parse(data)?,
        Cow::Owned(data) => structure(data)?, // What has been written into it must hold together too.
    };
    legacy_maps::check(&file)?;
    links::check(&file)
}

/// Refuses type information that aya would take for what it says, and which a program could be relocated against.
pub fn check_btf(btf: &[u8]) -> Result<()> {
    target::check(btf).map_err(|error| Error {
        message: error.message.replacen("section .BTF, ", "", 1),
        section: None, // It need not come from a section.
        ..error
    })
}

/// What refers to something that nobody defines: a program that reaches it cannot be loaded, and the others can. `data` has
/// been checked.
pub(crate) fn obstacles(data: &[u8]) -> Result<Vec<Obstacle>> {
    let file = File::parse(data)?;
    let missing = links::missing(&file).into_iter();
    Ok(missing
        .map(|missing| Obstacle {
            section: missing.section,
            offset: missing.offset,
            reason: format!("it {}", missing.reason),
        })
        .collect())
}

fn structure(data: &[u8]) -> Result<File<'_>> {
    let file = File::parse(data)?;
    sections::check(&file)?;
    symbols::check(&file)?;
    relocations::check(&file)?;
    let types = match file.section_named(".BTF") {
        Some(section) => Some(btf::Types::check_own(section.data)?),
        None => None,
    };
    let infos = match (file.section_named(".BTF.ext"), &types) {
        (Some(section), Some(types)) => btf_ext::check(section.data, types)?,
        _ => btf_ext::Infos::default(),
    };
    functions::check(&file, &infos)?;
    Ok(file)
}

fn refuse(reason: impl Into<String>) -> Error {
    Error::new(Kind::Parse, reason)
}

#[cfg(test)]
mod tests;
