//! What an object knows about why the kernel refuses its programs.

use aya::programs::ProgramError;

use super::table::LoadError;
use crate::error::Error;

/// Kept with the object: aya, which loads its programs, knows none of it.
pub(crate) struct Refusals {
    /// Weak functions that the kernel does not have, and the helpers that are called in their place.
    pub(crate) absent: Vec<(u32, String)>,
}

/// How the verifier names a helper that it does not know.
const NO_HELPER: &str = "invalid func unknown#";

impl Refusals {
    /// Adds what the object knows to what is said of a refusal.
    pub(crate) fn explain(&self, refusal: &LoadError, error: Error) -> Error {
        let LoadError::Aya(ProgramError::LoadError { verifier_log, .. }) = refusal else {
            return error;
        };
        match self.absent_function(&verifier_log.to_string()) {
            Some(name) => error.text("absentFunction", name),
            None => error,
        }
    }

    /// The function that the verifier has come to.
    fn absent_function(&self, log: &str) -> Option<&str> {
        let (_, after) = log.rsplit_once(NO_HELPER)?;
        let number: u32 = after.lines().next()?.trim().parse().ok()?;
        let found = self.absent.iter().find(|(helper, _)| *helper == number);
        found.map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_that_of_the_helper_that_the_log_ends_with() {
        let refusals = Refusals {
            absent: vec![(7, String::from("one")), (8, String::from("other"))],
        };
        let log = "0: (85) call unknown#8\ninvalid func unknown#8\nprocessed 1 insns\n";
        assert_eq!(refusals.absent_function(log), Some("other"));
        assert_eq!(refusals.absent_function("invalid func unknown#9\n"), None);
        assert_eq!(refusals.absent_function("invalid func unknown#"), None);
    }
}
