//! The state of one program: its descriptor, its pin and the links that it owns, apart from aya's slow parts.

use std::{
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use aya::programs::{CgroupSkbAttachType, Program as AyaProgram};
use ayajs_object::UnsupportedProgram;

use super::table;
use crate::{
    error::{Code, Error, Result},
    failure,
    links::{Link, pin_error, program_id, remove_pin},
    open::Object,
    registry,
    sys::{self, ObjectKind},
};

/// One program: of an open object, or opened from a pin or an id.
///
/// The descriptor is a duplicate of aya's, made when the program is loaded: attaching and asking never wait for
/// the verifier that another program of the same object keeps busy.
pub(crate) struct ProgramCell {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) program_type: String,
    pub(crate) expected_attach_type: Option<CgroupSkbAttachType>,
    /// What of the kernel it is for, as its section says: the kinds that the kernel's BTF describes are loaded for it.
    hook: Option<String>,
    origin: Origin,
    state: Mutex<State>,
}

const CAME_LOADED: &str =
    "Use it as it is: it can be attached and run. Code is loaded from an object: Ebpf.load(data).";

enum Origin {
    Object(Weak<Object>),
    /// It is listed, and no more.
    Unsupported {
        object: Weak<Object>,
        section: String,
        reason: String,
    },
    /// It came loaded: there is no code to load again. The registry owns it.
    Kernel,
}

#[derive(Default)]
struct State {
    fd: Option<Arc<OwnedFd>>,
    links: Vec<Arc<Link>>,
    pin: Option<PathBuf>,
}

impl ProgramCell {
    pub(crate) fn of_object(
        name: &str,
        program: &AyaProgram,
        hook: Option<String>,
        object: Weak<Object>,
    ) -> Self {
        let expected_attach_type = match program {
            AyaProgram::CgroupSkb(program) => *program.expected_attach_type(),
            _ => None,
        };
        Self {
            name: name.to_owned(),
            kind: table::kind(program),
            program_type: table::program_type_of(program),
            expected_attach_type,
            hook,
            origin: Origin::Object(object),
            state: Mutex::default(),
        }
    }

    /// A program that aya did not get to see.
    pub(crate) fn unsupported(program: UnsupportedProgram, object: Weak<Object>) -> Self {
        let UnsupportedProgram {
            name,
            section,
            kind,
            program_type,
            reason,
        } = program;
        Self {
            name,
            kind,
            program_type: program_type.to_owned(),
            expected_attach_type: None,
            hook: None,
            origin: Origin::Unsupported {
                object,
                section,
                reason,
            },
            state: Mutex::default(),
        }
    }

    /// A program that is loaded already. `kind` is what the caller has found it to be.
    pub(crate) fn of_kernel(
        name: String,
        kind: &'static str,
        expected_attach_type: Option<CgroupSkbAttachType>,
        fd: OwnedFd,
        pin: Option<PathBuf>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            kind,
            program_type: kind.to_owned(),
            expected_attach_type,
            hook: None,
            origin: Origin::Kernel,
            state: Mutex::new(State {
                fd: Some(Arc::new(fd)),
                links: Vec::new(),
                pin,
            }),
        })
    }

    /// Whether it came from a pin or an id, and so from no object.
    pub(crate) fn is_of_kernel(&self) -> bool {
        matches!(self.origin, Origin::Kernel)
    }

    /// Loads the program. Waits for other loads of the object only where `wait` says so: on a pool thread.
    pub(crate) fn load(&self, wait: bool) -> Result<()> {
        let Some(object) = self.object()? else {
            let message = format!(
                "program \"{}\" came loaded from the kernel, there is no code to load",
                self.name
            );
            return Err(Error::new(Code::AlreadyLoaded, message)
                .text("program", &self.name)
                .text("remedy", CAME_LOADED));
        };
        self.supported()?;
        let mut ebpf = if wait {
            object.lock()?
        } else {
            object.try_lock()?
        };
        object.open()?;
        let program = ebpf
            .program_mut(&self.name)
            .ok_or_else(|| Error::closed("the object"))?;
        if let Err(refusal) = table::load(program, self.hook.as_deref()) {
            let error = failure::load(&self.name, program, self.hook.as_deref(), &refusal);
            return Err(object.refusals().explain(&self.name, &refusal, error));
        }
        let fd = program
            .fd()
            .map_err(|error| failure::program(&self.name, self.kind, &error))?
            .as_fd()
            .try_clone_to_owned()
            .map_err(|error| self.failed("cannot duplicate the descriptor", "fcntl", &error))?;
        object.open()?;
        if let Err(error) = object.hold_program(&self.name, fd.as_fd()) {
            table::unload(program)
                .map_err(|error| failure::program(&self.name, self.kind, &error))?;
            return Err(error);
        }
        self.state().fd = Some(Arc::new(fd));
        Ok(())
    }

    /// Detaches the links that the program owns, then unloads it. Links that were taken stay, and so do pins.
    pub(crate) fn unload(self: &Arc<Self>) -> Result<()> {
        let Some(object) = self.object()? else {
            self.fd()?;
            self.release();
            registry::release(self);
            return Ok(());
        };
        if self.supported().is_err() {
            return self.fd().map(drop); // It never was loaded.
        }
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
        // A link that somebody else has replaced has nothing left to detach.
        drop(state);
    }

    /// Pins the program to a file of a bpf file system.
    pub(crate) fn pin(&self, path: &Path) -> Result<()> {
        let fd = self.fd()?;
        let mut state = self.state();
        if let Some(pin) = &state.pin {
            let message = format!(
                "program \"{}\" is pinned at {} already",
                self.name,
                pin.display()
            );
            return Err(Error::new(Code::Pin, message).text("path", pin.to_string_lossy()));
        }
        sys::object_pin(&*fd, path).map_err(|error| pin_error("program", path, &error))?;
        state.pin = Some(path.to_owned());
        Ok(())
    }

    /// Removes the file that the program was pinned to, or came from, if it is still this program's.
    pub(crate) fn unpin(&self) -> Result<()> {
        let fd = self.fd()?;
        let mut state = self.state();
        let Some(path) = &state.pin else {
            return Err(Error::new(
                Code::Pin,
                format!("program \"{}\" is not pinned", self.name),
            ));
        };
        remove_pin(ObjectKind::Program, path, |pinned| {
            Ok(program_id(pinned.as_fd())? == program_id(fd.as_fd())?)
        })?;
        state.pin = None;
        Ok(())
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

    /// The open object that it is of, or `None` when it came from the kernel; `ERR_EBPF_CLOSED` when that is closed.
    fn object(&self) -> Result<Option<Arc<Object>>> {
        match &self.origin {
            Origin::Kernel => Ok(None),
            Origin::Object(object) | Origin::Unsupported { object, .. } => {
                let object = object
                    .upgrade()
                    .ok_or_else(|| Error::closed("the object of this program"))?;
                object.open()?;
                Ok(Some(object))
            }
        }
    }

    /// `ERR_EBPF_UNSUPPORTED` for a program that aya did not get to see.
    fn supported(&self) -> Result<()> {
        let Origin::Unsupported {
            section, reason, ..
        } = &self.origin
        else {
            return Ok(());
        };
        let message = format!(
            "program \"{}\" (section \"{section}\") cannot be loaded: {reason}",
            self.name
        );
        Err(Error::new(Code::Unsupported, message)
            .text("program", &self.name)
            .text("feature", format!("load a program of kind {}", self.kind)))
    }

    /// Held for moments only, and never across a call that can panic: a poisoned state is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
