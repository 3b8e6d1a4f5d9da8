//! What aya believes the kernel can do, asked once in a process and never again: it had better be right.

use std::sync::{Mutex, PoisonError};

use crate::{
    error::{Code, Error, Result},
    failure,
    sys::{self, Refusal},
};

/// Has aya ask the kernel, before the first object is opened. `what` names that object.
///
/// aya remembers the first answer for good, and takes every error for a no: a signal that interrupts the verifier, a lack
/// of descriptors or of privileges at that moment, and it leaves global variables out of every object (`Ebpf::load`
/// of aya's bpf.rs) as long as the process lives. So it is asked where no signal arrives, and only after the kernel has
/// given us the right answer.
pub(crate) fn detect(what: &str) -> Result<()> {
    static DETECTED: Mutex<bool> = Mutex::new(false);
    let mut detected = DETECTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*detected {
        sys::without_signals(|| ask(what))?;
        *detected = true;
    }
    Ok(())
}

fn ask(what: &str) -> Result<()> {
    sys::probe_global_data().map_err(|refusal| refused(what, refusal))?;
    let features = aya::features();
    if !features.bpf_global_data() {
        return Err(mistaken(what, "global variables"));
    }
    if features.btf().is_none() && sys::probe_btf().is_ok() {
        return Err(mistaken(what, "BTF"));
    }
    Ok(())
}

fn refused(what: &str, (command, error): Refusal) -> Error {
    let message = format!(
        "cannot open {what}: the kernel makes neither maps nor programs for this process: {error}"
    );
    failure::permission(Error::command(Code::Syscall, message, command, &error))
}

fn mistaken(what: &str, feature: &str) -> Error {
    let message = format!(
        "cannot open {what}: aya was interrupted when it asked whether the kernel knows {feature}, and takes the answer for a no in this process"
    );
    Error::new(Code::Internal, message)
}
