//! aya's errors, unfolded: errno, command, verifier log and detail sit in `source()`, behind messages that hide them.

use std::{error::Error as StdError, io};

use aya::{
    BtfError, EbpfError,
    maps::MapError,
    programs::{Program, ProgramError},
    sys::SyscallError,
};
use aya_obj::ParseError;

use crate::{
    error::{Code, Error},
    programs::table::{self, LoadError},
    sys,
};

/// Those that bpf(2) asks for, by their numbers in linux/capability.h.
const CAPABILITIES: [(u32, &str); 4] = [
    (12, "CAP_NET_ADMIN"),
    (21, "CAP_SYS_ADMIN"),
    (38, "CAP_PERFMON"),
    (39, "CAP_BPF"),
];

/// What aya says about an object that it could not open. `what` names the object.
pub(crate) fn open(what: &str, error: &EbpfError) -> Error {
    let prefix = format!("cannot open {what}");
    match error {
        EbpfError::ParseError(ParseError::InvalidGlobalData {
            name,
            sym_size,
            data_size,
        }) => Error::new(
            Code::OutOfRange,
            format!("The value of global \"{name}\" must be {sym_size} bytes large. Received {data_size} bytes"),
        ),
        EbpfError::MapError(MapError::Unsupported { name, map_type }) => Error::new(
            Code::Unsupported,
            format!("{prefix}: map \"{name}\" is of a type that aya does not know ({map_type:?}); the option allowUnsupportedMaps opens the object all the same"),
        )
        .text("map", name)
        .text("feature", format!("{map_type:?}")),
        EbpfError::BtfError(BtfError::LoadError {
            io_error,
            verifier_log,
        }) => {
            let message = format!("{prefix}: the kernel refused its types");
            let refused = Error::command(Code::Btf, message, "BPF_BTF_LOAD", io_error)
                .causes(vec![io_error.to_string()]);
            permission(refused.text("verifierLog", verifier_log.to_string()))
        }
        EbpfError::MapError(MapError::CreateError { name, .. }) => {
            let mut chain = Chain::of(error);
            chain.syscall = Some("BPF_MAP_CREATE");
            permission(chain.into_error(Code::Map, &prefix).text("map", name))
        }
        _ => permission(Chain::of(error).into_error(open_code(error), &prefix)),
    }
}

fn open_code(error: &EbpfError) -> Code {
    match error {
        EbpfError::FileError { .. } => Code::File,
        EbpfError::ParseError(ParseError::NoBTF | ParseError::BtfError(_))
        | EbpfError::BtfError(_)
        | EbpfError::BtfRelocationError(_)
        | EbpfError::NoBTF => Code::Btf,
        EbpfError::ParseError(_) | EbpfError::UnexpectedPinningType { .. } => Code::Parse,
        EbpfError::RelocationError(_) => Code::Relocation,
        EbpfError::MapError(_) => Code::Map,
        EbpfError::ProgramError(_) => Code::Load,
    }
}

/// Why a program could not be loaded. `hook` is what its section says that it is for.
pub(crate) fn load(name: &str, program: &Program, hook: Option<&str>, error: &LoadError) -> Error {
    let kind = table::kind(program);
    let error = match error {
        LoadError::NoHook(what) => {
            let message = format!(
                "program \"{name}\" of kind {kind} cannot be loaded: the name of its section does not tell the {what}"
            );
            Error::new(Code::Unsupported, message)
                .text("feature", format!("{kind} without a {what}"))
        }
        LoadError::Never(reason) => {
            let message = format!("program \"{name}\" of kind {kind} cannot be loaded: {reason}");
            Error::new(Code::Unsupported, message)
                .text("feature", format!("load a program of kind {kind}"))
        }
        LoadError::Aya(ProgramError::Btf(BtfError::UnknownBtfTypeName { .. })) => {
            let what = table::hook(program).unwrap_or("hook");
            let hook = hook.unwrap_or_default();
            let message = format!(
                "program \"{name}\" of kind {kind} cannot be loaded: the BTF of this kernel has no {what} \"{hook}\" (modules are not searched)"
            );
            Error::new(Code::Unsupported, message).text("feature", format!("{what} {hook}"))
        }
        LoadError::Aya(ProgramError::LoadError {
            io_error,
            verifier_log,
        }) if io_error.raw_os_error() == Some(libc::EINVAL)
            && table::is_unknown(program, !verifier_log.to_string().trim().is_empty()) =>
        {
            let message = format!(
                "program \"{name}\" of kind {kind} cannot be loaded: this kernel has no programs of this kind"
            );
            Error::command(Code::Unsupported, message, "BPF_PROG_LOAD", io_error)
                .text("feature", format!("programs of kind {kind}"))
        }
        LoadError::Aya(error) => describe_program(name, kind, error),
    };
    error.text("program", name)
}

/// What aya says about a program that it could not unload.
pub(crate) fn program(name: &str, kind: &str, error: &ProgramError) -> Error {
    describe_program(name, kind, error).text("program", name)
}

fn describe_program(name: &str, kind: &str, error: &ProgramError) -> Error {
    let needed = ["CAP_BPF", table::capability(kind)];
    match error {
        ProgramError::AlreadyLoaded => Error::new(
            Code::AlreadyLoaded,
            format!("program \"{name}\" is already loaded"),
        ),
        ProgramError::NotLoaded => {
            Error::new(Code::NotLoaded, format!("program \"{name}\" is not loaded"))
        }
        ProgramError::LoadError {
            io_error,
            verifier_log,
        } => {
            let log = verifier_log.to_string();
            let refused = Error::command(
                Code::Load,
                format!("the kernel refused program \"{name}\""),
                "BPF_PROG_LOAD",
                io_error,
            )
            .causes(vec![io_error.to_string()]);
            if log.trim().is_empty() {
                permission_for(&needed, refused)
            } else {
                refused.text("verifierLog", log)
            }
        }
        other => permission_for(
            &needed,
            Chain::of(other).into_error(Code::Load, &format!("cannot load program \"{name}\"")),
        ),
    }
}

/// EPERM means many things. It is called a lack of privilege when a capability is in fact missing, and they are named.
pub(crate) fn permission(error: Error) -> Error {
    permission_for(&["CAP_BPF", "CAP_NET_ADMIN"], error)
}

/// [`permission`], for what needs other capabilities.
pub(crate) fn permission_for(needed: &[&'static str], error: Error) -> Error {
    if !matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES)) {
        return error;
    }
    unless_privileged(needed, error)
}

/// [`permission_for`] whatever the number is: where the kernel has no EPERM for a lack of privilege.
pub(crate) fn unless_privileged(needed: &[&'static str], error: Error) -> Error {
    match missing_capabilities(needed) {
        Some(missing) if !missing.is_empty() => error
            .recode(Code::Permission)
            .texts("missingCapabilities", missing),
        _ => error,
    }
}

/// `CAP_SYS_ADMIN` stands for the others, as it does in the kernel.
fn missing_capabilities(needed: &[&'static str]) -> Option<Vec<String>> {
    let effective = sys::effective_capabilities().ok()?;
    let has = |name: &str| {
        CAPABILITIES
            .iter()
            .any(|(bit, cap)| *cap == name && effective & (1 << bit) != 0)
    };
    Some(
        needed
            .iter()
            .filter(|name| !has(name) && !has("CAP_SYS_ADMIN"))
            .map(|name| (*name).to_owned())
            .collect(),
    )
}

/// What an error and its sources say, each once.
struct Chain {
    messages: Vec<String>,
    syscall: Option<&'static str>,
    errno: Option<i32>,
}

impl Chain {
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut chain = Self {
            messages: Vec::new(),
            syscall: None,
            errno: None,
        };
        let mut next = Some(error);
        while let Some(error) = next {
            chain.add(error);
            next = error.source();
        }
        chain
    }

    fn add(&mut self, error: &(dyn StdError + 'static)) {
        if let Some(error) = error.downcast_ref::<SyscallError>() {
            self.syscall = Some(command(error.call));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            self.errno = self.errno.or(error.raw_os_error());
        }
        let message = error.to_string();
        // Wrappers repeat what they wrap: the longer one of the two is enough.
        match self.messages.last_mut() {
            Some(last) if last.contains(&message) => {}
            Some(last) if message.contains(last.as_str()) => *last = message,
            _ => self.messages.push(message),
        }
    }

    fn into_error(self, code: Code, prefix: &str) -> Error {
        let message = std::iter::once(prefix)
            .chain(self.messages.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(": ");
        let error = Error::new(code, message)
            .errno(self.errno)
            .causes(self.messages);
        match self.syscall {
            Some(syscall) => error.syscall(syscall),
            None => error,
        }
    }
}

/// aya names some commands in lower case.
fn command(call: &'static str) -> &'static str {
    match call {
        "bpf_map_create" => "BPF_MAP_CREATE",
        "bpf_map_update_elem" => "BPF_MAP_UPDATE_ELEM",
        "bpf_map_freeze" => "BPF_MAP_FREEZE",
        "bpf_obj_get_info_by_fd" => "BPF_OBJ_GET_INFO_BY_FD",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_and_command_are_found_behind_the_wrappers() {
        let error = EbpfError::MapError(MapError::SyscallError(SyscallError {
            call: "bpf_map_freeze",
            io_error: io::Error::from_raw_os_error(libc::EINVAL),
        }));
        let error = open("an object", &error);
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
        assert_eq!(error.code(), Code::Map);
        assert!(
            error.message().contains("Invalid argument"),
            "{}",
            error.message()
        );
    }

    #[test]
    fn a_message_that_wraps_another_is_said_once() {
        let error = EbpfError::NoBTF;
        assert_eq!(
            open("x", &error).message(),
            "cannot open x: no BTF parsed for object"
        );
    }
}
