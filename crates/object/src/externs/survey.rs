//! What an object does not define itself, and where it says that it is to come from.

use std::collections::BTreeMap;

use object::{elf::STB_WEAK, read::elf::Sym as _};

use super::{Found, KernelType};
use crate::{
    btf::{Btf, Type, essential_name, kind, linkage},
    error::{Error, Kind, Result, shortened},
    symbols::Elf,
};

/// Far beyond what anybody takes from a kernel: what an object may make this module do.
const MAX_EXTERNS: usize = 4096;

/// A symbol that is defined elsewhere.
pub(super) struct Extern<'a> {
    pub(super) name: &'a str,
    /// Its number among the symbols.
    pub(super) symbol: usize,
    pub(super) is_weak: bool,
    pub(super) origin: Origin,
    /// The variable or function that declares it.
    pub(super) declared: Type,
    /// What it comes to, once that is known.
    pub(super) found: Option<Found>,
}

/// Where it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The configuration of the kernel (`__kconfig`).
    Config,
    /// The kernel's symbols: an address, of nothing that has a type.
    Symbol,
    /// The kernel's types.
    Type(KernelType),
}

impl<'a> Extern<'a> {
    /// What it is called in the kernel: functions may be declared in several versions, `bpf_task_release___old`.
    pub(super) fn wanted_name(&self) -> &'a str {
        match self.origin {
            Origin::Type(KernelType::Function) => essential_name(self.name),
            _ => self.name,
        }
    }

    /// What it comes to when the kernel has it of another type: a weak function is not there then, as in libbpf.
    pub(super) fn unlike(&self) -> Found {
        let name = shortened(self.name);
        match self.origin {
            Origin::Type(KernelType::Function) if self.is_weak => Found::Nothing,
            Origin::Type(KernelType::Function) => Found::Missing(format!(
                "it calls {name}, which takes or returns something else in this kernel"
            )),
            _ => Found::Missing(format!(
                "it wants the variable {name}, which is of another type in this kernel"
            )),
        }
    }

    /// What it comes to when there are several of that name.
    pub(super) fn ambiguous(&self) -> Found {
        let name = shortened(self.name);
        Found::Missing(format!(
            "it wants the address of {name}, of which this kernel has several"
        ))
    }

    /// What it comes to when it is not there.
    pub(super) fn absent(&self) -> Found {
        if self.is_weak {
            return Found::Nothing;
        }
        let name = shortened(self.name);
        Found::Missing(match self.origin {
            Origin::Config => format!(
                "it wants the option {name} of the kernel's configuration, which does not say or cannot be read; declare it __weak to have 0 then"
            ),
            Origin::Symbol => format!(
                "it wants the address of {name}, which this kernel does not have, or does not show (kernel.kptr_restrict); declare it __weak to have 0 then"
            ),
            Origin::Type(KernelType::Variable) => format!(
                "it wants the variable {name}, which is not among the types of this kernel; declare it __weak to have 0 then"
            ),
            Origin::Type(KernelType::Function) => format!(
                "it calls {name}, which is not among the functions of this kernel (those of modules cannot be called)"
            ),
        })
    }
}

/// The symbols of the object that are undefined, and that its BTF has in `.ksyms` or `.kconfig`.
pub(super) fn externs<'a>(elf: &Elf<'a>, btf: &Btf<'_>) -> Result<Vec<Extern<'a>>> {
    let mut declarations = BTreeMap::new();
    for id in btf.ids() {
        let Some(section) = btf.get(id).filter(|found| found.kind == kind::DATASEC) else {
            continue;
        };
        let is_config = match btf.name(section) {
            Some(".kconfig") => true,
            Some(".ksyms") => false,
            _ => continue,
        };
        for id in btf.variables(section) {
            if let Some((name, origin, declared)) = declaration(btf, id, is_config) {
                declarations.insert(name, (origin, declared));
            }
        }
    }
    if declarations.is_empty() {
        return Ok(Vec::new());
    }
    let undefined = elf.symbols.iter().enumerate().skip(1);
    let externs: Vec<_> = undefined
        .filter(|(_, symbol)| symbol.st_shndx(elf.endian) == 0)
        .filter_map(|(index, symbol)| {
            let name = elf.symbol_name(symbol)?;
            let (origin, declared) = *declarations.get(name)?;
            Some(Extern {
                name,
                symbol: index,
                is_weak: symbol.st_bind() == STB_WEAK,
                origin,
                declared,
                found: None,
            })
        })
        .take(MAX_EXTERNS + 1)
        .collect();
    if externs.len() > MAX_EXTERNS {
        let reason = format!("the object takes more than {MAX_EXTERNS} names from the kernel");
        return Err(Error::new(Kind::Parse, reason));
    }
    Ok(externs)
}

fn declaration<'a>(btf: &Btf<'a>, id: u32, is_config: bool) -> Option<(&'a str, Origin, Type)> {
    let declared = btf.get(id)?;
    if btf.linkage(declared)? != linkage::EXTERN {
        return None;
    }
    let origin = match declared.kind {
        kind::FUNC if !is_config => Origin::Type(KernelType::Function),
        kind::VAR if is_config => Origin::Config,
        // `extern const void name __ksym`: whatever it is, only its address is wanted.
        kind::VAR if btf.is_void(declared.payload) => Origin::Symbol,
        kind::VAR => Origin::Type(KernelType::Variable),
        _ => return None,
    };
    Some((btf.name(declared)?, origin, declared))
}
