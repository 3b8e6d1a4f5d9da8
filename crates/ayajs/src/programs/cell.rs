//! The state of one program: its descriptor and the links that it owns, apart from aya's slow parts.

use std::{
    os::fd::{AsFd as _, OwnedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use aya::programs::{CgroupSkbAttachType, Program as AyaProgram};

use super::table::{self, Loaded};
use crate::{
    error::{Code, Error, Result},
    failure,
    links::Link,
    open::Object,
};

/// One program of an open object.
///
/// The descriptor is a duplicate of aya's, made when the program is loaded: attaching and asking never wait for
/// the verifier that another program of the same object keeps busy.
pub(crate) struct ProgramCell {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) program_type: String,
    pub(crate) expected_attach_type: Option<CgroupSkbAttachType>,
    object: Weak<Object>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    fd: Option<Arc<OwnedFd>>,
    links: Vec<Arc<Link>>,
}

impl ProgramCell {
    pub(crate) fn new(name: &str, program: &AyaProgram, object: Weak<Object>) -> Self {
        let expected_attach_type = match program {
            AyaProgram::CgroupSkb(program) => *program.expected_attach_type(),
            _ => None,
        };
        Self {
            name: name.to_owned(),
            kind: table::kind(program),
            program_type: table::program_type_of(program),
            expected_attach_type,
            object,
            state: Mutex::default(),
        }
    }

    /// Loads the program. Waits for other loads of the object only where `wait` says so: on a pool thread.
    pub(crate) fn load(&self, wait: bool) -> Result<()> {
        let object = self.object()?;
        let mut ebpf = if wait {
            object.lock()?
        } else {
            object.try_lock()?
        };
        object.open()?;
        let program = ebpf
            .program_mut(&self.name)
            .ok_or_else(|| Error::closed("the object"))?;
        match table::load(program) {
            Loaded::Done(result) => {
                result.map_err(|error| failure::program(&self.name, self.kind, &error))?;
            }
            Loaded::Needs(argument) => return Err(self.needs(argument)),
        }
        let fd = program
            .fd()
            .map_err(|error| failure::program(&self.name, self.kind, &error))?
            .as_fd()
            .try_clone_to_owned()
            .map_err(|error| self.failed("cannot duplicate the descriptor", "fcntl", &error))?;
        object.open()?;
        self.state().fd = Some(Arc::new(fd));
        Ok(())
    }

    /// Detaches the links that the program owns, then unloads it. Links that were taken stay.
    pub(crate) fn unload(&self) -> Result<()> {
        let object = self.object()?;
        let mut ebpf = object.try_lock()?;
        let program = ebpf
            .program_mut(&self.name)
            .ok_or_else(|| Error::closed("the object"))?;
        self.fd()?;
        self.release();
        table::unload(program).map_err(|error| failure::program(&self.name, self.kind, &error))
    }

    /// Detaches the links and closes the descriptor; aya's own descriptor is not touched.
    pub(crate) fn release(&self) {
        let state = std::mem::take(&mut *self.state());
        for link in &state.links {
            link.close();
        }
    }

    /// The descriptor; `ERR_EBPF_NOT_LOADED` without one.
    pub(crate) fn fd(&self) -> Result<Arc<OwnedFd>> {
        self.fd_if_loaded()?.ok_or_else(|| {
            Error::new(
                Code::NotLoaded,
                format!("program \"{}\" is not loaded", self.name),
            )
            .text("program", &self.name)
        })
    }

    pub(crate) fn fd_if_loaded(&self) -> Result<Option<Arc<OwnedFd>>> {
        self.object()?;
        Ok(self.state().fd.clone())
    }

    pub(crate) fn add_link(&self, link: Arc<Link>) {
        self.state().links.push(link);
    }

    /// Takes the link out of the program; `ERR_EBPF_NOT_ATTACHED` when the program does not own it.
    pub(crate) fn take_link(&self, link: &Weak<Link>) -> Result<Arc<Link>> {
        self.object()?;
        let mut state = self.state();
        let position = state
            .links
            .iter()
            .position(|owned| std::ptr::eq(Arc::as_ptr(owned), link.as_ptr()));
        match position {
            Some(position) => Ok(state.links.swap_remove(position)),
            None => Err(Error::new(
                Code::NotAttached,
                format!(
                    "this link id is not one of program \"{}\": it has been detached or taken, or belongs to another program",
                    self.name
                ),
            )
            .text("program", &self.name)),
        }
    }

    pub(crate) fn link_count(&self) -> Result<u32> {
        self.object()?;
        Ok(u32::try_from(self.state().links.len()).unwrap_or(u32::MAX))
    }

    /// A command on this program that failed.
    pub(crate) fn failed(
        &self,
        what: &str,
        command: &'static str,
        error: &std::io::Error,
    ) -> Error {
        let message = format!("{what} of program \"{}\": {error}", self.name);
        failure::permission(
            Error::command(Code::Syscall, message, command, error).text("program", &self.name),
        )
    }

    fn object(&self) -> Result<Arc<Object>> {
        let object = self
            .object
            .upgrade()
            .ok_or_else(|| Error::closed("the object of this program"))?;
        object.open()?;
        Ok(object)
    }

    fn needs(&self, argument: &str) -> Error {
        Error::new(
            Code::Unsupported,
            format!(
                "a program of kind {} cannot be loaded yet: it needs {argument}",
                self.kind
            ),
        )
        .text("feature", format!("load a program of kind {}", self.kind))
    }

    /// Held for moments only, and never across a call that can panic: a poisoned state is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
