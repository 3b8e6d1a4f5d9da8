//! An attachment of `BPF_PROG_ATTACH`: a program, a cgroup and a mode, and no descriptor that would tell them apart.

use std::{
    io,
    os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
    sync::Arc,
};

use aya_obj::generated::{BPF_F_ALLOW_MULTI, bpf_attach_type, bpf_prog_info};

use crate::{
    error::{Code, Error, Result},
    failure, sys,
};

/// How often a change is tried anew when somebody else changes the same cgroup at the same time.
const ATTEMPTS: usize = 16;

pub(crate) struct ProgramAttachment {
    pub(crate) program: Arc<OwnedFd>,
    pub(crate) program_id: u32,
    pub(crate) cgroup: OwnedFd,
    pub(crate) attach_type: bpf_attach_type,
    /// 0, `BPF_F_ALLOW_OVERRIDE` or `BPF_F_ALLOW_MULTI`.
    pub(crate) mode: u32,
    pub(crate) preorder: bool,
}

impl ProgramAttachment {
    /// Detaches our program, and nobody else's.
    ///
    /// Where the cgroup is not `BPF_F_ALLOW_MULTI` *now*, however it was when we came, the kernel detaches whichever
    /// program is there. So the state is looked at first and, where the kernel counts revisions, the detachment is bound
    /// to what was seen.
    pub(crate) fn detach(&self) -> Result<()> {
        self.while_ours(|revision| {
            sys::program_detach(&*self.program, &self.cgroup, self.attach_type, revision)
        })?
        .map_err(|error| self.failed("detach", "BPF_PROG_DETACH", &error))
    }

    pub(crate) fn is_attached(&self) -> Result<bool> {
        Ok(self.query()?.is_some_and(|query| self.is_ours(&query)))
    }

    /// The id of the cgroup; 0 when it has been removed.
    pub(crate) fn cgroup_id(&self) -> Result<u64> {
        Ok(self
            .query()?
            .map_or(0, |_| sys::inode(self.cgroup.as_raw_fd())))
    }

    /// Puts `program` in our place, if we, or `expected`, are still there.
    pub(crate) fn replace_by(
        &mut self,
        program: Arc<OwnedFd>,
        expected: Option<&OwnedFd>,
    ) -> Result<()> {
        let id = program_id(program.as_fd())?;
        if let Some(expected) = expected
            && program_id(expected.as_fd())? != self.program_id
        {
            return Err(Error::new(
                Code::Conflict,
                format!(
                    "cannot replace program {}: it is another program than the expected one",
                    self.program_id
                ),
            ));
        }
        let replace = self.is_multi().then(|| self.program.as_raw_fd());
        self.while_ours(|expected_revision| {
            let placement = sys::Placement {
                preorder: self.preorder,
                expected_revision,
                ..sys::Placement::default()
            };
            sys::program_attach(
                &*program,
                self.cgroup.as_raw_fd(),
                self.attach_type,
                self.mode,
                replace,
                placement,
            )
        })?
        .map_err(|error| self.failed("replace", "BPF_PROG_ATTACH", &error))?;
        self.program = program;
        self.program_id = id;
        Ok(())
    }

    /// Makes a change as long as the attachment is ours, again and again while others make changes too.
    fn while_ours(&self, change: impl Fn(u64) -> io::Result<()>) -> Result<io::Result<()>> {
        let mut result = Ok(());
        for _ in 0..ATTEMPTS {
            let query = self
                .query()?
                .ok_or_else(|| self.ended("its cgroup has been removed"))?;
            if !self.is_ours(&query) {
                return Err(self.ended(&attached_now(&query.program_ids)));
            }
            result = change(query.revision);
            match &result {
                Err(error) if error.raw_os_error() == Some(libc::ESTALE) => {}
                _ => break,
            }
        }
        Ok(result)
    }

    /// Whether what is attached is what we have attached, as far as the kernel can tell.
    fn is_ours(&self, query: &sys::Query) -> bool {
        query.attach_flags == self.mode && query.program_ids.contains(&self.program_id)
    }

    /// What is attached to the cgroup; `None` when that has been removed.
    fn query(&self) -> Result<Option<sys::Query>> {
        match sys::program_query(self.cgroup.as_raw_fd(), self.attach_type, false) {
            Ok(query) => Ok(Some(query)),
            Err(error) if has_gone(&error) => Ok(None),
            Err(error) => Err(self.failed("query", "BPF_PROG_QUERY", &error)),
        }
    }

    fn is_multi(&self) -> bool {
        self.mode == BPF_F_ALLOW_MULTI
    }

    fn ended(&self, reason: &str) -> Error {
        let message = format!(
            "program {} is not attached any more: {reason}",
            self.program_id
        );
        Error::new(Code::NotAttached, message).syscall("BPF_PROG_QUERY")
    }

    fn failed(&self, what: &str, command: &'static str, error: &io::Error) -> Error {
        let message = format!("cannot {what} program {}: {error}", self.program_id);
        let code = match error.raw_os_error() {
            Some(libc::ESTALE) => Code::Conflict,
            _ if has_gone(error) => Code::NotAttached,
            _ => Code::Attach,
        };
        failure::permission(Error::command(code, message, command, error))
    }
}

fn attached_now(ids: &[u32]) -> String {
    match ids {
        [] => String::from("nothing is attached there now"),
        [id] => format!("program {id} is attached there now, and is left alone"),
        ids => format!("programs {ids:?} are attached there now, and are left alone"),
    }
}

/// The program is not among those attached, or the cgroup has been removed.
fn has_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENODEV))
}

/// The id of a loaded program.
pub(crate) fn program_id(program: BorrowedFd<'_>) -> Result<u32> {
    let info: bpf_prog_info = sys::object_info(program).map_err(|error| {
        let message = format!("cannot get the information of a program: {error}");
        failure::permission(Error::command(
            Code::Syscall,
            message,
            "BPF_OBJ_GET_INFO_BY_FD",
            &error,
        ))
    })?;
    Ok(info.id)
}
