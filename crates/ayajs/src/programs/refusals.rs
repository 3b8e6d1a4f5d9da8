//! What an object knows about why the kernel refuses its programs.

use aya::programs::ProgramError;
use ayajs_object::Unresolved;

use super::table::LoadError;
use crate::error::Error;

/// Kept with the object: aya, which loads its programs, knows none of it.
pub(crate) struct Refusals {
    /// Weak functions that the kernel does not have, and the helpers that are called in their place.
    pub(crate) absent: Vec<(u32, String)>,
    /// What CO-RE relocations want, and the kernel does not have; each with the helper that is called instead.
    pub(crate) unresolved: Vec<Unresolved>,
}

/// How the verifier names a helper that it does not know.
const NO_HELPER: &str = "invalid func unknown#";

impl Refusals {
    /// Adds what the object knows to what is said of the refusal of a program.
    pub(crate) fn explain(&self, program: &str, refusal: &LoadError, error: Error) -> Error {
        let LoadError::Aya(ProgramError::LoadError { verifier_log, .. }) = refusal else {
            return error;
        };
        let Some(helper) = last_helper(&verifier_log.to_string()) else {
            return error;
        };
        if let Some((_, function)) = self.absent.iter().find(|(absent, _)| *absent == helper) {
            return error.text("absentFunction", function);
        }
        match self.unresolved.iter().find(|one| one.call == helper) {
            Some(unresolved) => name_unresolved(error, program, unresolved),
            None => error,
        }
    }
}

/// The helper that the verifier has come to, and does not know.
fn last_helper(log: &str) -> Option<u32> {
    let (_, after) = log.rsplit_once(NO_HELPER)?;
    after.split_whitespace().next()?.parse().ok()
}

fn name_unresolved(refused: Error, program: &str, unresolved: &Unresolved) -> Error {
    let Unresolved {
        what,
        reason,
        remedy,
        function,
        line,
        ..
    } = unresolved;
    let function = function.as_deref().filter(|function| *function != program);
    let within = function.map_or(String::new(), |function| format!(" in {function}()"));
    let reason = format!("{what}{within} cannot be resolved by CO-RE: {reason}");
    let refused = refused
        .text("reason", reason)
        .text("feature", what)
        .text("remedy", *remedy);
    match line {
        Some(line) => refused.text("sourceLine", line),
        None => refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_is_the_one_that_the_log_ends_with() {
        let log = "0: (85) call unknown#7\ninvalid func unknown#7\n1: (85) call unknown#8\ninvalid func unknown#8\nprocessed 1 insns\n";
        assert_eq!(last_helper(log), Some(8));
        assert_eq!(last_helper("0: (85) call unknown#8\n"), None);
        assert_eq!(last_helper("invalid func unknown#"), None);
    }
}
